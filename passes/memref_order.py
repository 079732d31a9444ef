"""Moves the operations of an entry block so that its steps run in a planned order."""

from __future__ import annotations

from collections.abc import Sequence

from l2opt.mlir import func, ir
from l2opt.passes.memref_objects import operations

__all__ = ["reorder"]


def reorder(fn: func.FuncOp, steps: Sequence[ir.Operation]) -> None:
    """`steps` are all the operations that matter, in a legal order; each of the rest goes before its first user.

    What nobody uses goes last, in its former order: deallocations among them. O(operations).
    """
    block = fn.entry_block
    every = [view.operation for view in block]
    terminator = every[-1]
    placed: set[ir.Operation] = set()

    for wanted in (*steps, *every[:-1]):
        open_ = [wanted]
        while open_:
            missing = [op for op in _makers(open_[-1], block) if op not in placed]
            open_ += missing
            if not missing:
                op = open_.pop()
                if op not in placed:
                    placed.add(op)
                    op.move_before(terminator)


def _makers(op: ir.Operation, block: ir.Block) -> list[ir.Operation]:
    """Operations of `block` whose results `op` or its regions use, in the order of use."""
    found: dict[ir.Operation, None] = {}
    for inner in (op, *operations(op)):
        for value in inner.operands:
            owner = None if isinstance(value.owner, ir.Block) else value.owner.operation
            if owner is not None and owner.block == block:
                found[owner] = None
    return list(found)
