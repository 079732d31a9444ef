"""A kernel computed part by part: what each operation inside computes in each step, and what it reads for that.

The result is cut into equal parts that lie behind one another in memory (rows, say), and step i computes part i. From
there each operation's reach says which boxes of its operands a step needs, back to the kernel's arguments. A value that
several operations read is computed once a step, as the hull of what they need. What may be read anywhere, at any
time, is `loose`: it is computed before the first step, and says nothing of an order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.ops.boxes import Boxes, Ints
from l2opt.passes.ops.reach import boxes_read, shape_of

__all__ = ["Iteration", "Run", "parts_of"]

MOST_STEPS = 1 << 14
_PADS = ("tensor.pad", "tosa.pad")


@dataclass(frozen=True, slots=True)
class Run:
    """Steps [start, end) that differ only in where their boxes start: by the same distance from each to the next."""

    start: int
    end: int


@dataclass
class Iteration:
    """The boxes of one straight-line body, for one way to cut its result."""

    boxes: dict[ir.Value, Boxes]  # of each value that is computed part by part
    reads: dict[tuple[ir.Operation, int], Boxes] = field(default_factory=dict)  # by operation and operand
    loose: set[ir.Value] = field(default_factory=set)

    @classmethod
    def of(cls, body: Sequence[ir.Operation], result: ir.Value, steps: int) -> Iteration | None:
        """What computing `result` in `steps` parts needs; None if it has no such parts."""
        shape = shape_of(result)
        parts = None if shape is None else _parts(shape, steps)
        if parts is None:
            return None
        made = cls({result: parts})
        for op in reversed(body):
            made._visit(op)
        return made

    def _visit(self, op: ir.Operation) -> None:
        """Pass on to the operands of `op` what its results need."""
        for value in _captured(op):
            self.loose.add(value)
        wanted = [value for value in op.results if value in self.boxes or value in self.loose]
        if not wanted:
            return
        strict = len(op.results) == 1 and wanted[0] not in self.loose
        found = boxes_read(op, self.boxes[wanted[0]]) if strict else None
        for k, value in enumerate(op.operands):
            if not isinstance(value.type, ir.RankedTensorType):
                continue
            if found is None or k not in found:
                self.loose.add(value)
                continue
            self.reads[op, k] = found[k]
            self.boxes[value] = self.boxes[value].hull(found[k]) if value in self.boxes else found[k]
        if found is None:
            self.loose.update(wanted)

    def strict(self, value: ir.Value) -> Boxes | None:
        """The boxes of `value`, if steps read nothing else of it."""
        return None if value in self.loose else self.boxes.get(value)

    def computed(self) -> Iterator[tuple[ir.Operation, Boxes]]:
        """Operations that are run in each step on a part, with the part."""
        seen = dict.fromkeys(op for op, _ in self.reads)
        for op in seen:
            value = op.results[0]
            boxes = self.strict(value)
            if boxes is not None and not boxes.is_every(shape_of(value) or []):
                yield op, boxes

    def runs(self) -> list[Run]:
        """The steps as the fewest runs, in order."""
        parts = [*self.boxes.values(), *self.reads.values()]
        borders = [read.lo - self.boxes[op.results[0]].lo for (op, _), read in self.reads.items() if op.name in _PADS]
        sizes = np.concatenate([*(each.sizes for each in parts), *borders], axis=1)
        starts = np.concatenate([each.lo for each in parts], axis=1)
        same = (sizes[1:] == sizes[:-1]).all(axis=1)
        moved = starts[1:] - starts[:-1]
        steady = (moved[1:] == moved[:-1]).all(axis=1)
        found, start, steps = [], 0, len(sizes)
        while start < steps:
            end = start + 1
            while end < steps and same[end - 1] and (end - start < 2 or steady[end - 2]):
                end += 1
            found.append(Run(start, end))
            start = end
        return found


def parts_of(shape: Sequence[int]) -> list[int]:
    """The numbers of equal parts, more than one, that the outer dimensions of `shape` cut a tensor into."""
    found = [prod(shape[:depth]) for depth in range(1, len(shape))]
    return [steps for steps in dict.fromkeys(found) if 1 < steps <= MOST_STEPS]


def _parts(shape: Sequence[int], steps: int) -> Boxes | None:
    """`steps` equal parts of a tensor, one after the other in memory."""
    depth = next((d for d in range(1, len(shape) + 1) if prod(shape[:d]) == steps), None)
    if depth is None or 0 in shape:
        return None
    index: tuple[Ints, ...] = np.unravel_index(np.arange(steps, dtype=np.int64), shape[:depth])
    ranges = [(each, each + 1) for each in index]
    return Boxes.of([*ranges, *((0, size) for size in shape[depth:])], steps)


def _captured(op: ir.Operation) -> list[ir.Value]:
    """Tensors that the regions of `op` take from outside."""
    if not len(op.regions):
        return []
    found: list[ir.Value] = []
    inside: set[ir.Value] = set()

    def visit(inner: ir.Operation) -> ir.WalkResult:
        if inner != op:
            inside.update(inner.results)
            found.extend(value for value in inner.operands if isinstance(value.type, ir.RankedTensorType))
        for region in inner.regions:
            for block in region.blocks:
                inside.update(block.arguments)
        return ir.WalkResult.ADVANCE

    op.walk(visit)
    return [value for value in found if value not in inside]
