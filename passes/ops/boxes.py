"""Boxes of elements, one for each step of an iteration: what a step computes, and what it must read for that.

A step of an iteration computes a box of a tensor's elements: in each dimension a range. `Boxes` holds one box a step,
as two arrays of shape (steps, rank), so that a whole iteration is worked out at once. A box with an empty range has no
elements; it is kept as all zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import cast

import numpy as np
import numpy.typing as npt

__all__ = ["Boxes", "Ints", "every", "strides_of"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Half-open ranges [lo, hi) in each dimension, for each step."""

    lo: Ints
    hi: Ints

    @classmethod
    def of(cls, ranges: Sequence[tuple[Ints | int, Ints | int]], steps: int) -> Boxes:
        """Boxes from a pair (first, end) a dimension; a number stands for all steps. A box that is empty in one
        dimension is empty."""
        lo = np.zeros((steps, len(ranges)), np.int64)
        hi = np.zeros((steps, len(ranges)), np.int64)
        for d, (first, end) in enumerate(ranges):
            lo[:, d], hi[:, d] = first, end
        empty = (hi <= lo).any(axis=1)
        lo[empty], hi[empty] = 0, 0
        return cls(lo, hi)

    @property
    def steps(self) -> int:
        return len(self.lo)

    @property
    def rank(self) -> int:
        return int(self.lo.shape[1])

    @property
    def sizes(self) -> Ints:
        return self.hi - self.lo

    @property
    def volume(self) -> Ints:
        """Elements of each box."""
        return cast(Ints, np.prod(self.sizes, axis=1, dtype=np.int64))

    @property
    def empty(self) -> npt.NDArray[np.bool_]:
        return cast("npt.NDArray[np.bool_]", self.volume == 0)

    def dim(self, d: int) -> tuple[Ints, Ints]:
        return self.lo[:, d], self.hi[:, d]

    def ranges(self) -> list[tuple[Ints | int, Ints | int]]:
        return [self.dim(d) for d in range(self.rank)]

    def hull(self, other: Boxes) -> Boxes:
        """The smallest boxes around both; an empty box adds nothing."""
        mine, others = self.empty[:, None], other.empty[:, None]
        lo = np.where(mine, other.lo, np.where(others, self.lo, np.minimum(self.lo, other.lo)))
        hi = np.where(mine, other.hi, np.where(others, self.hi, np.maximum(self.hi, other.hi)))
        return Boxes(lo, hi)

    def is_every(self, shape: Sequence[int]) -> bool:
        """Whether each step's box is all of a tensor of `shape`."""
        return bool((self.sizes == np.array(shape, np.int64)).all())

    def first(self, shape: Sequence[int]) -> Ints:
        """Position of each box's first element in a tensor of `shape`; its end, where the box is empty."""
        return np.where(self.empty, prod(shape), self.lo @ strides_of(shape))

    def reshaped(self, shape: Sequence[int], other: Sequence[int]) -> Boxes | None:
        """The same elements of a tensor of `shape` as boxes of the same bytes seen as `other`; None if they are none.

        Dimensions that the two shapes have in common, or that one has split in the other, are taken on their own.
        """
        made: list[tuple[Ints | int, Ints | int]] = []
        for here, there in _groups(shape, other):
            group = Boxes(self.lo[:, here], self.hi[:, here])._regrouped(shape[here], other[there])
            if group is None:
                return None
            made += group.ranges()
        return Boxes.of(made, self.steps)

    def _regrouped(self, shape: Sequence[int], other: Sequence[int]) -> Boxes | None:
        """A box is around the positions from its first to its last element, so it holds these alone if it is no
        larger."""
        last = np.where(self.empty[:, None], 0, self.hi - 1)
        first = np.where(self.empty, 0, self.lo @ strides_of(shape))
        a, b = _indices(first, other), _indices(last @ strides_of(shape), other)
        open_ = np.cumsum(a != b, axis=1) - (a != b) > 0  # behind the first dimension in which the ends differ
        lo = np.where(open_, 0, a)
        hi = np.where(open_, np.array(other, np.int64), b + 1)
        made = Boxes.of([(lo[:, d], np.where(self.empty, 0, hi[:, d])) for d in range(len(other))], self.steps)
        return made if (made.volume == self.volume).all() else None


def _groups(shape: Sequence[int], other: Sequence[int]) -> Iterator[tuple[slice, slice]]:
    """The dimensions of two shapes with the same elements, in the smallest groups of equal sizes; ones at the end
    belong to the last."""
    if 0 in shape or 0 in other:
        yield slice(0, len(shape)), slice(0, len(other))
        return
    here = there = 0
    while here < len(shape) or there < len(other):
        i, j = here, there
        a = b = 1
        while a != b or i == here or j == there:
            if i < len(shape) and (a <= b or j == len(other)):
                a, i = a * shape[i], i + 1
            elif j < len(other):
                b, j = b * other[j], j + 1
            else:
                break
        if prod(shape[i:]) == prod(other[j:]) == 1:
            i, j = len(shape), len(other)
        yield slice(here, i), slice(there, j)
        here, there = i, j


def every(shape: Sequence[int], steps: int) -> Boxes:
    """All of a tensor of `shape`, in each step."""
    return Boxes.of([(0, size) for size in shape], steps)


def strides_of(shape: Sequence[int]) -> Ints:
    """Elements from one index to the next in each dimension, outermost first, of a contiguous tensor."""
    return np.array([prod(shape[d + 1 :]) for d in range(len(shape))], np.int64)


def _indices(position: Ints, shape: Sequence[int]) -> Ints:
    """The index, a row each, of elements at `position` in a tensor of `shape`."""
    strides, sizes = strides_of(shape), np.array(shape, np.int64)
    return position[:, None] // np.maximum(strides, 1) % np.maximum(sizes, 1)
