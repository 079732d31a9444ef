"""What packed IR may not contain: operations of the `l2` dialect, and storage in L2's memory space beside the arena."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_arenas import Arena
from l2opt.passes.check_ir_effects import is_memref
from l2opt.passes.diagnostics import LocatedError

__all__ = ["check_arguments", "check_contents"]

_NO_STORAGE = ("arith.", "linalg.", "math.", "scf.", "affine.", "func.", "tosa.", "vector.")


def check_contents(module: ir.Module, arenas: Sequence[Sequence[Arena]]) -> Iterator[LocatedError]:
    """Operations of the `l2` dialect, and memrefs in the space of an L2 arena that do not come from one.

    `arenas`: of each packed function, L2's first. The default memory space is everybody's: nothing is sought there.
    """
    spaces = {str(each[0].space): each[0].space for each in arenas if each[0].space is not None}
    own = {arena.value for each in arenas for arena in each}
    for op in _operations(module.operation):
        name = op.name
        if name.startswith("l2."):
            yield LocatedError(op, f"'{name}' is left: want upstream dialects only")
        elif name.startswith(_NO_STORAGE) or not spaces or any(is_memref(operand) for operand in op.operands):
            continue
        for result in op.results:
            if _space(result) in spaces and result not in own:
                yield LocatedError(op, f"'{name}' makes storage in L2's space {_space(result)}, outside of the arena")


def check_arguments(fn: func.FuncOp, arenas: Sequence[Arena]) -> None:
    """LocatedError if an argument of `fn` is in the space of its L2 arena and is none."""
    space = None if arenas[0].space is None else str(arenas[0].space)
    own = {arena.value for arena in arenas}
    for argument in fn.arguments:
        if space is not None and _space(argument) == space and argument not in own:
            message = (
                f"argument {argument.arg_number} is in L2's space {space}, and no arena: want L2's bytes in its arena"
            )
            raise LocatedError(fn, message)


def _space(value: ir.Value) -> str | None:
    """The memory space of a memref, as text; None for the default one and for other values."""
    own = value.type.memory_space if is_memref(value) else None
    return None if own is None else str(own)


def _operations(root: ir.Operation) -> Iterator[ir.Operation]:
    for region in root.regions:
        for block in region:
            for view in block:
                op = view.operation
                yield op
                yield from _operations(op)
