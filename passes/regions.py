"""Boxes of a tensor, and how tensors lie in memory as boxes of others. Elements, not bytes; no IR.

A layout with gaps is described by its breaks: the block lengths n (a product of the innermost dimensions) at which
blocks of n elements do not follow one another. A tensor can take another shape in place if every break is the length of
a block of the new shape too. Breaks only add up along a chain of parts, so what holds for all of them holds for any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

__all__ = ["Region", "blocks", "dense_strides", "reshape_strides", "subtract"]

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """In each dimension `sizes` elements from `starts`, every `steps`-th."""

    starts: Shape
    sizes: Shape
    steps: Shape

    @classmethod
    def box(cls, starts: Iterable[int], sizes: Iterable[int]) -> Region:
        sizes = tuple(sizes)
        return cls(tuple(starts), sizes, (1,) * len(sizes))

    @classmethod
    def all_of(cls, shape: Sequence[int]) -> Region:
        return cls.box([0] * len(shape), shape)

    def covers(self, shape: Sequence[int]) -> bool:
        return self == Region.all_of(shape)

    def inside(self, shape: Sequence[int]) -> bool:
        """Whether it has elements, and all of them are elements of a tensor of `shape`."""
        return len(self.sizes) == len(shape) and all(
            start >= 0 and step >= 1 and size >= 1 and start + (size - 1) * step < extent
            for start, size, step, extent in zip(self.starts, self.sizes, self.steps, shape, strict=True)
        )

    def of(self, outer: Region) -> Region:
        """This region of the tensor that `outer` cuts out, as a region of what `outer` cuts from."""
        starts = tuple(o + s * k for o, s, k in zip(outer.starts, self.starts, outer.steps, strict=True))
        return Region(starts, self.sizes, tuple(s * k for s, k in zip(self.steps, outer.steps, strict=True)))

    def meets(self, other: Region) -> bool:
        """Whether two boxes share an element; steps are taken as 1."""
        pairs = zip(self.starts, self.sizes, other.starts, other.sizes, strict=True)
        return all(a < d + f and d < a + b for a, b, d, f in pairs)

    def start(self, strides: Sequence[int]) -> int:
        """Elements from the tensor's first to the region's."""
        return sum(start * stride for start, stride in zip(self.starts, strides, strict=True))

    def strides(self, strides: Sequence[int]) -> Shape:
        return tuple(stride * step for stride, step in zip(strides, self.steps, strict=True))

    def extent(self, strides: Sequence[int]) -> int:
        """Elements from the region's first to its last, both included."""
        return 1 + sum((size - 1) * each for size, each in zip(self.sizes, self.strides(strides), strict=True))

    def rows(self, shape: Sequence[int]) -> int:
        """How many equal rows of a tensor of `shape` it takes one run of elements each from; 0 if it is not so."""
        cut = [k for k, extent in enumerate(shape) if self.sizes[k] != extent]
        if len(cut) != 1 or any(step != 1 for step in self.steps):
            return 0
        return prod(shape[: cut[0]])

    def breaks(self, shape: Sequence[int], inherited: Iterable[int] = ()) -> frozenset[int]:
        """Breaks of the region in a tensor of `shape` that itself has the breaks `inherited`."""
        own = self._own_breaks(shape)
        lengths, mine = dense_strides(shape), dense_strides(self.sizes)
        moved = {mine[lengths.index(n)] for n in inherited}
        return frozenset(n for n in own | moved if n < prod(self.sizes))

    def _own_breaks(self, shape: Sequence[int]) -> set[int]:
        strides = self.strides(dense_strides(shape))
        kept = [(size, stride) for size, stride in zip(self.sizes, strides, strict=True) if size > 1]
        found, length, follows = set(), 1, 1
        for size, stride in reversed(kept):
            if stride != follows:
                found.add(length)
            length, follows = length * size, stride * size
        return found


def dense_strides(shape: Sequence[int]) -> Shape:
    return tuple(prod(shape[k + 1 :]) for k in range(len(shape)))


def blocks(shape: Sequence[int]) -> frozenset[int]:
    """Lengths of the blocks that a tensor of `shape` is made of: where it may have breaks."""
    return frozenset(dense_strides(shape))


def reshape_strides(shape: Sequence[int], strides: Sequence[int], new: Sequence[int]) -> Shape | None:
    """Strides under which the elements at `shape` and `strides` are a tensor of shape `new`; None if there are none.

    Both shapes have the same number of elements, at least one.
    """
    runs = _runs(shape, strides)
    size, follows = 1, 1  # what is left of the run; elements from one of its blocks to the next
    found = []
    for extent in reversed(new):
        if size == 1 and extent > 1:
            size, follows = runs.pop()
        if size % extent:
            return None
        found.append(follows)
        size, follows = size // extent, follows * extent
    return tuple(reversed(found))


def _runs(shape: Sequence[int], strides: Sequence[int]) -> list[tuple[int, int]]:
    """Dimensions that follow one another in memory joined: (elements, stride of the innermost), outermost first."""
    runs: list[tuple[int, int]] = []
    for size, stride in zip(shape, strides, strict=True):
        if size == 1:
            continue
        if runs and runs[-1][1] == size * stride:
            runs[-1] = (runs[-1][0] * size, stride)
        else:
            runs.append((size, stride))
    return runs


def subtract(box: Region, holes: Iterable[Region]) -> list[Region]:
    """Disjoint boxes that make up `box` without `holes`. All steps are 1."""
    left = [box]
    for hole in holes:
        left = [piece for each in left for piece in _without(each, hole)]
    return left


def _without(box: Region, hole: Region) -> list[Region]:
    if not box.meets(hole):
        return [box]
    found = []
    starts, sizes = list(box.starts), list(box.sizes)
    for k in range(len(sizes)):
        end = starts[k] + sizes[k]
        first = max(starts[k], hole.starts[k])
        last = min(end, hole.starts[k] + hole.sizes[k])
        for low, high in ((starts[k], first), (last, end)):
            if low < high:
                found.append(
                    Region.box([*starts[:k], low, *starts[k + 1 :]], [*sizes[:k], high - low, *sizes[k + 1 :]])
                )
        starts[k], sizes[k] = first, last - first
    return found
