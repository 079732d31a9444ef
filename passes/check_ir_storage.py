"""What packed IR may not contain: operations of the `l2` dialect, and storage in L2's memory space beside the arena."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_arenas import Arena
from l2opt.passes.check_ir_effects import is_memref
from l2opt.passes.diagnostics import LocatedError

__all__ = ["dialect_left", "storage_beside"]


def dialect_left(module: ir.Module) -> Iterator[LocatedError]:
    for op in _operations(module.operation):
        if op.name.startswith("l2."):
            yield LocatedError(op, f"'{op.name}' is left: want upstream dialects only")


def storage_beside(module: ir.Module, fn: func.FuncOp, arenas: Sequence[Arena]) -> Iterator[LocatedError]:
    """Memrefs in the L2 arena's space that do not come from it. None is sought if that is the default space."""
    space = arenas[0].space
    if space is None:
        return
    own = {arena.value for arena in arenas}
    for argument in fn.arguments:
        if argument not in own and _in_space(argument, space):
            message = (
                f"argument {argument.arg_number} is in L2's space {space}, and no arena: want L2's bytes in its arena"
            )
            raise LocatedError(fn, message)
    for op in _operations(module.operation):
        if len(op.regions) or any(is_memref(operand) for operand in op.operands):
            continue
        for result in op.results:
            if _in_space(result, space) and result not in own:
                yield LocatedError(op, f"'{op.name}' makes storage in L2's space {space}, outside of the arena")


def _in_space(value: ir.Value, space: ir.Attribute) -> bool:
    own = value.type.memory_space if is_memref(value) else None
    return own is not None and bool(own == space)


def _operations(root: ir.Operation) -> Iterator[ir.Operation]:
    for region in root.regions:
        for block in region:
            for view in block:
                op = view.operation
                yield op
                if len(op.regions):
                    yield from _operations(op)
