"""Where each buffer of a planned function is over time, and between which places its copies move it.

A buffer with several placements moves; where two of them hold a step, kernels use the one in L2, and the other is a
clean copy. Nothing here makes IR.
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
        """The placement that a kernel at `step` uses; None for a buffer without any. LocatedError if none holds it."""
        placements = self.placements.get(op.result)
        if placements is None:
            return None
        covering = [p for p in placements if p.start <= step < p.end]
        if not covering:
            raise LocatedError(op, f"no placement holds the buffer at step {step}, where it is used")
        return min(covering, key=lambda placement: placement.memory != "L2")

    def first(self, op: BufferOp) -> Placement | None:
        """Where the buffer is first."""
        return next(iter(self.placements.get(op.result, ())), None)

    def last(self, op: BufferOp) -> Placement | None:
        """Where the buffer is after the last step that it is placed for; in L2 if it is in both memories."""
        placements = self.placements.get(op.result)
        return None if not placements else self.at(op, max(p.end for p in placements) - 1)

    def moved(self, op: CopyOp, step: int) -> tuple[BufferOp, Placement | None, Placement]:
        """The buffer in which lies what `op`, just before the kernel at `step`, copies, from where and to where.

        None as the source is a constant's or input's own place. LocatedError for a copy without its placements.
        """
        buffer = root_buffer(op.operands[0])
        placements = self.placements.get(buffer.result, [])
        to, from_ = op.string("to"), op.string("from")
        targets = [p for p in placements if p.memory == to and p.start <= step < p.end]
        if not targets:
            raise LocatedError(op, f"'l2.copy' to {to} at step {step}: the buffer has no placement there then")
        sources = [p for p in placements if p.memory == from_ and p.start <= step <= p.end and p != targets[-1]]
        own = buffer.string("kind") in ("constant", "input") and from_ == "DDR"
        if not sources and not own:
            raise LocatedError(op, f"'l2.copy' from {from_} at step {step}: the buffer has no placement there so far")
        return buffer, sources[0] if sources else None, targets[-1]


def root_buffer(value: ir.Value) -> BufferOp:
    """The buffer itself, or the one in which a view lies."""
    declared = defining_op(value)
    while declared is not None and isinstance(declared.opview, ViewOp):
        declared = defining_op(declared.operands[0])
    assert declared is not None
    op = declared.opview
    assert isinstance(op, BufferOp), "views are of buffers"
    return op
