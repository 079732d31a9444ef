"""Asynchronous transfers of packed IR bound to copies, for a machine without DMA.

What is copied at the start must not change until the wait, and what is read before the wait must not be the target: run
both ways, `at_start` and at the wait, a program whose windows are right gives the same results.
"""

from __future__ import annotations

from collections.abc import Callable

from l2opt.mlir import func, ir, memref
from l2opt.passes.dma import DMA
from l2opt.passes.functions import functions

__all__ = ["bind_transfers", "has_transfers"]


def has_transfers(module: ir.Module) -> bool:
    """Whether a function that starts or ends transfers is declared."""
    return any(DMA in fn.attributes for fn in functions(module))


def bind_transfers(
    module: ir.Module, fn: func.FuncOp, *, at_start: bool, spoil: Callable[[ir.Value], None] | None = None
) -> int:
    """Replaces the transfers of `fn` by copies, at their start or at their wait. Returns how many.

    `spoil` is asked to make a target unreadable from the start to a copy at the wait.
    """
    kinds = {each.sym_name.value: each.attributes[DMA].value for each in functions(module) if DMA in each.attributes}
    flights: dict[int, list[ir.Value]] = {}
    count = 0
    for op in [view.operation for view in fn.entry_block]:
        kind = kinds.get(op.attributes["callee"].value, "") if op.name == "func.call" else ""
        if not kind:
            continue
        *ends, tag = op.operands
        number = tag.owner.attributes["value"].value
        with ir.InsertionPoint(op), op.location:
            if kind == "start":
                flights[number] = [value.owner.operands[0] for value in ends]
                count += 1
            if (kind == "start") == at_start:
                memref.CopyOp(*flights[number])
            elif kind == "start" and spoil is not None:
                spoil(flights[number][1])
        op.erase()
        for value in ends:
            value.owner.erase()
    for each in [each for each in functions(module) if DMA in each.attributes]:
        each.operation.erase()
    return count
