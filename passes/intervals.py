"""Where each buffer of a planned function is over time, and between which places its copies move it.

A buffer with several placements moves; where two of them hold a step, kernels use the one in L2, and the other is a
clean copy. One with the attribute `staged` is at home in DDR, in the program's or caller's own place or in one that it
has for all its life, which holds its value at the end. Nothing here makes IR.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from l2opt.dialect.l2 import BufferOp, CopyOp, PlacementOp, ViewOp
from l2opt.mlir import ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.ops import defining_op
from l2opt.plan import Placement

__all__ = ["Intervals", "root_buffer"]


@dataclass
class Intervals:
    """The placements of each `l2.buffer`, sorted by start, L2's first; a buffer without any is not in an arena."""

    placements: dict[ir.Value, list[Placement]] = field(default_factory=dict)

    @classmethod
    def of(cls, operations: Iterable[ir.Operation]) -> Intervals:
        """Those of all `l2.placement` among `operations`."""
        made = cls()
        for op in (each.opview for each in operations):
            if isinstance(op, PlacementOp):
                placed = Placement(op.string("memory"), op.integer("offset"), op.integer("start"), op.integer("end"))
                made.placements.setdefault(op.operands[0], []).append(placed)
        for found in made.placements.values():
            found.sort(key=lambda placement: (placement.start, placement.memory != "L2"))
        return made

    def at(self, op: BufferOp, step: int) -> Placement | None:
        """The placement that a kernel at `step` uses; None for its own place. LocatedError if none holds it."""
        placements = self.placements.get(op.result)
        if placements is None:
            return None
        covering = [p for p in placements if p.start <= step < p.end]
        if not covering and _is_staged(op) and op.string("kind") in _OWN:
            return None
        if not covering:
            raise LocatedError(op, f"no placement holds the buffer at step {step}, where it is used")
        return min(covering, key=lambda placement: placement.memory != "L2")

    def first(self, op: BufferOp) -> Placement | None:
        """Where the buffer is first; None for its own place."""
        if _is_staged(op) and op.string("kind") in _OWN:
            return None
        return next(iter(self.placements.get(op.result, ())), None)

    def last(self, op: BufferOp) -> Placement | None:
        """Where the buffer is after the last step that it is placed for; in L2 if it is in both memories, but at home
        if it is staged."""
        placements = self.placements.get(op.result)
        if _is_staged(op):
            return next((p for p in placements or () if p.memory == "DDR"), None)
        return None if not placements else self.at(op, max(p.end for p in placements) - 1)

    def moved(self, op: CopyOp, step: int) -> tuple[BufferOp, Placement | None, Placement]:
        """The buffer in which lies what `op`, just before the kernel at `step`, copies, from where and to where.

        None as the source is a constant's or input's own place. LocatedError for a copy without its placements.
        """
        buffer = root_buffer(op.operands[0])
        placements = self.placements.get(buffer.result, [])
        to, from_ = op.string("to"), op.string("from")
        last = max((p.end for p in placements), default=0) - 1
        targets = [p for p in placements if p.memory == to and p.start <= min(step, last) < p.end]
        if not targets:
            raise LocatedError(op, f"'l2.copy' to {to} at step {step}: the buffer has no placement there then")
        sources = [p for p in placements if p.memory == from_ and p.start <= step <= p.end and p != targets[-1]]
        own = buffer.string("kind") in _OWN and from_ == "DDR"
        if not sources and not own:
            raise LocatedError(op, f"'l2.copy' from {from_} at step {step}: the buffer has no placement there so far")
        return buffer, sources[0] if sources else None, targets[-1]


_OWN = ("constant", "input")  # what may have a place of the program's or the caller's own


def _is_staged(op: BufferOp) -> bool:
    return "staged" in op.attributes


def root_buffer(value: ir.Value) -> BufferOp:
    """The buffer itself, or the one in which a view lies."""
    declared = defining_op(value)
    while declared is not None and isinstance(declared.opview, ViewOp):
        declared = defining_op(declared.operands[0])
    assert declared is not None
    op = declared.opview
    assert isinstance(op, BufferOp), "views are of buffers"
    return op
