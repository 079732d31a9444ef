"""State between runs (`tosa.variable`) in a normal form: each variable is read as it was before the run and written once,
at the end, so that a planner may keep it in one buffer."""

from __future__ import annotations

from l2opt.mlir import func, ir
from l2opt.passes.diagnostics import LocatedError

__all__ = ["normalize_state"]

_READ, _WRITE = "tosa.variable_read", "tosa.variable_write"


def normalize_state(fn: func.FuncOp) -> None:
    """Forward what was written to later reads; drop all but the last write of each variable, and move it to the end."""
    _refuse_nested(fn)
    operations = [op.operation for op in fn.entry_block.operations]
    written: dict[str, ir.Operation] = {}
    for op in operations:
        if op.name not in (_READ, _WRITE):
            continue
        name = str(op.attributes["name"])
        if op.name == _READ and name in written:
            op.results[0].replace_all_uses_with(written[name].operands[0])
            op.erase()
        elif op.name == _WRITE:
            if name in written:
                written[name].erase()
            written[name] = op
    for op in written.values():
        op.move_before(operations[-1])


def _refuse_nested(fn: func.FuncOp) -> None:
    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in (_READ, _WRITE) and op.parent.operation != fn.operation:
            raise LocatedError(op, f"'{op.name}' inside a region: want state read and written by the function itself")
        return ir.WalkResult.ADVANCE

    fn.operation.walk(visit)
