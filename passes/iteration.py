"""A kernel computed part by part: what each operation inside computes in each step, and what it reads for that.

The result is cut into equal parts that lie behind one another in memory (rows, say), or along one of its inner
dimensions (a row of every channel), and step i computes part i. From there each operation's reach says which boxes of
its operands a step needs, back to the kernel's arguments. A value that
several operations read is computed once a step, as the hull of what they need. What may be read anywhere, at any
time, is `loose`: it is computed before the first step, and says nothing of an order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.ops.boxes import Boxes, Ints
from l2opt.passes.ops.reach import boxes_read, shape_of

__all__ = ["Cut", "Iteration", "Run", "cuts_of"]

Known = Callable[[ir.Operation, Boxes], "Mapping[int, Boxes] | None"]

MOST_STEPS = 1 << 14
_PADS = ("tensor.pad", "tosa.pad")


@dataclass(frozen=True, slots=True)
class Cut:
    """How a tensor is cut: into `parts` that lie behind one another, or along `dim`, one part an index."""

    parts: int
    dim: int | None = None

    @property
    def attribute(self) -> ir.Attribute:
        """As `l2.parts` holds it."""
        if self.dim is None:
            return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), self.parts)
        return ir.DenseI64ArrayAttr.get([self.parts, self.dim])

    @staticmethod
    def read(attribute: ir.Attribute) -> Cut:
        if isinstance(attribute, ir.IntegerAttr):
            return Cut(attribute.value)
        parts, dim = ir.DenseI64ArrayAttr(attribute)
        return Cut(parts, dim)


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
    def of(cls, body: Sequence[ir.Operation], result: ir.Value, cut: Cut) -> Iteration | None:
        """What computing `result` in the parts of `cut` needs; None if it has no such parts."""
        shape = shape_of(result)
        parts = None if shape is None else _parts(shape, cut)
        if parts is None:
            return None
        return cls.computing(body, result, parts)

    @classmethod
    def computing(
        cls, body: Sequence[ir.Operation], result: ir.Value, boxes: Boxes, reach: Known = boxes_read
    ) -> Iteration:
        """What computing `boxes` of `result` needs."""
        made = cls({result: boxes})
        for op in reversed(body):
            made._visit(op, reach)
        return made

    def _visit(self, op: ir.Operation, reach: Known) -> None:
        """Pass on to the operands of `op` what its results need."""
        for value in _captured(op):
            self.loose.add(value)
        wanted = [value for value in op.results if value in self.boxes or value in self.loose]
        if not wanted:
            return
        strict = len(op.results) == 1 and wanted[0] not in self.loose
        found = reach(op, self.boxes[wanted[0]]) if strict else None
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
        ends = [*(np.flatnonzero(~(same[1:] & steady)) + 2).tolist(), len(sizes)]  # where no third step can follow
        found, start = [], 0
        while start < len(sizes):
            pair = start + 1 < len(sizes) and same[start]
            end = ends[bisect_left(ends, start + 2)] if pair and start + 2 < len(sizes) else start + 1 + bool(pair)
            found.append(Run(start, end))
            start = end
        return found


def cuts_of(shape: Sequence[int]) -> list[Cut]:
    """The ways to cut a tensor into more than one part: equal parts by its outer dimensions, then along inner ones."""
    outer = dict.fromkeys(prod(shape[:depth]) for depth in range(1, len(shape)))
    found = [Cut(parts) for parts in outer if 1 < parts <= MOST_STEPS]
    inner = [dim for dim in range(1, len(shape)) if prod(shape[:dim]) > 1]
    return found + [Cut(shape[dim], dim) for dim in inner if 1 < shape[dim] <= MOST_STEPS]


def _parts(shape: Sequence[int], cut: Cut) -> Boxes | None:
    if 0 in shape:
        return None
    steps = np.arange(cut.parts, dtype=np.int64)
    if cut.dim is not None:
        if cut.dim >= len(shape) or shape[cut.dim] != cut.parts:
            return None
        each: list[tuple[Ints | int, Ints | int]] = [(0, size) for size in shape]
        each[cut.dim] = steps, steps + 1
        return Boxes.of(each, cut.parts)
    depth = next((d for d in range(1, len(shape) + 1) if prod(shape[:d]) == cut.parts), None)
    if depth is None:
        return None
    index: tuple[Ints, ...] = np.unravel_index(steps, shape[:depth])
    ranges = [(each, each + 1) for each in index]
    return Boxes.of([*ranges, *((0, size) for size in shape[depth:])], cut.parts)


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
