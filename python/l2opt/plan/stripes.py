"""A run of kernels computed stripe by stripe, so that what they exchange is never whole.

Definition. Kernels `first` to `end` of the program order are a segment. It is run in `count` steps; in each, every
kernel computes some rows of its result: indices [lo, hi) of one dimension. What the last kernel computes is cut into
equal stripes; what each kernel before must have computed by then follows from what its readers read. Of a value that
stays inside, the rows that later steps read again (a halo) are kept, and the rest is dropped: a step holds a window of
it. No row is computed twice. What comes into a segment, or is read behind it, is whole.

The load of a segment is what it holds at most in program order, with nothing in place. Not handled: kernels with
several results, and values inside that a step needs whole. MCUNetV2 (Lin et al. 2021) runs such stripes with halos
computed anew; Arm's Vela keeps them, as here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["Ranges", "Rows", "Segment", "StripeKernel", "StripeProblem", "StripeValue"]

Ints = npt.NDArray[np.int64]
Ranges = tuple[Ints, Ints]  # first and end of each step


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What each row of a result reads of an operand: its rows [first, end) along `dim`, neither ever falling."""

    dim: int
    first: Ints
    end: Ints
    moved: bool = False  # rows must be moved out of the whole before they can be read


@dataclass(frozen=True, slots=True)
class StripeValue:
    """What kernels exchange."""

    bytes: int
    shape: tuple[int, ...]  # elements
    outside: bool = False  # the caller reads it: live to the end


@dataclass(frozen=True, slots=True)
class StripeKernel:
    """One step of the program order.

    `cuts`: for each dimension along which the result can be computed in stripes, what a row reads of each operand; None
    of an operand that it reads whole.
    """

    reads: tuple[int, ...]  # values
    writes: tuple[int, ...]
    weights: int = 0  # bytes of constants that it reads
    cuts: Mapping[int, Mapping[int, Rows | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class StripeProblem:
    """Kernels in program order, and the values that they exchange."""

    kernels: tuple[StripeKernel, ...]
    values: tuple[StripeValue, ...]

    @cached_property
    def made(self) -> list[int]:
        """The kernel that makes each value; -1: the caller."""
        made = [-1] * len(self.values)
        for k, kernel in enumerate(self.kernels):
            for value in kernel.writes:
                made[value] = k
        return made

    @cached_property
    def last(self) -> list[int]:
        """The last kernel that needs each value; the number of kernels if the caller reads it."""
        ends = [max([made, *readers]) for made, readers in zip(self.made, self.readers, strict=True)]
        return [len(self.kernels) if value.outside else k for value, k in zip(self.values, ends, strict=True)]

    @cached_property
    def readers(self) -> list[list[int]]:
        """The kernels that read each value, in order."""
        found: list[list[int]] = [[] for _ in self.values]
        for k, kernel in enumerate(self.kernels):
            for value in dict.fromkeys(kernel.reads):
                found[value].append(k)
        return found

    def last_reader(self, value: int, first: int, end: int) -> int:
        """The last of kernels [first, end) that reads the value; -1: none."""
        readers = self.readers[value]
        k = bisect_left(readers, end)
        return readers[k - 1] if k and readers[k - 1] >= first else -1

    @cached_property
    def loads(self) -> list[int]:
        """Bytes live at each kernel."""
        return self._sums(0)

    @cached_property
    def between(self) -> list[int]:
        """Bytes live before each kernel, and after the last."""
        return self._sums(1)

    def passing(self, first: int, end: int) -> int:
        """Bytes of what is made before kernel `first` and read from kernel `end` on."""
        sizes, made, last = self._arrays
        return int(sizes[(made < first) & (last >= end)].sum())

    @cached_property
    def _arrays(self) -> tuple[Ints, Ints, Ints]:
        sizes = [value.bytes for value in self.values]
        return np.array(sizes, np.int64), np.array(self.made, np.int64), np.array(self.last, np.int64)

    @cached_property
    def _segments(self) -> dict[tuple[int, int, int, int], Segment | None]:
        return {}

    def segment(self, first: int, end: int, dim: int, count: int) -> Segment | None:
        """Kernels [first, end) in `count` stripes along `dim` of the last one's result; None if they cannot be cut."""
        key = first, end, dim, count
        if key not in self._segments:
            self._segments[key] = _segment(self, *key)
        return self._segments[key]

    def _sums(self, later: int) -> list[int]:
        """Of the values live from `later` steps after the one that makes them."""
        change = [0] * (len(self.kernels) + 2)
        for value, made, last in zip(self.values, self.made, self.last, strict=True):
            change[max(0, made + later)] += value.bytes
            change[min(last, len(self.kernels)) + 1] -= value.bytes
        return [int(each) for each in np.cumsum(change)[: len(self.kernels) + later]]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Kernels [first, end) in `count` steps."""

    first: int
    end: int
    count: int
    held: Ints  # bytes of windows, by kernel and step
    outer: tuple[int, ...]  # whole values that it reads or makes
    passing: int  # bytes of further values that are live throughout
    reread: int  # bytes of constants that are read again
    kept: int  # bytes of halos that are moved from one window to the next
    dims: Mapping[int, int]  # kernel -> dimension of its stripes
    computed: Mapping[int, Ranges]  # kernel -> rows that each step computes
    windows: Mapping[int, Ranges]  # value that it makes and reads -> rows that each step holds for that
    outer_bytes: int

    @property
    def load(self) -> int:
        """Bytes that it holds at most."""
        return self.passing + self.outer_bytes + int(self.held.max())


def _segment(problem: StripeProblem, first: int, end: int, dim: int, count: int) -> Segment | None:
    needs = _Needs(problem, first, end, dim, count)
    if not all(needs.visit(k) for k in range(end - 1, first - 1, -1)):
        return None
    made = {problem.kernels[k].writes[0] for k in range(first, end)}
    windows = {value: rows for value, rows in needs.rows.items() if value in made and needs.last_reader(value) >= 0}
    touched = made | {v for k in range(first, end) for v in problem.kernels[k].reads}
    outer = tuple(sorted(v for v in touched if not needs.is_inside(v)))
    through = (v for v in touched - made if problem.last[v] >= end)
    passing = problem.passing(first, end) - sum(problem.values[v].bytes for v in through)
    held, kept = _held(problem, needs, windows)
    return Segment(
        first,
        end,
        count,
        held,
        outer,
        passing,
        (count - 1) * sum(problem.kernels[k].weights for k in range(first, end)),
        kept,
        needs.dims,
        needs.computed,
        windows,
        sum(problem.values[v].bytes for v in outer),
    )


class _Needs:
    """What each step needs of each value, found from the last kernel to the first."""

    def __init__(self, problem: StripeProblem, first: int, end: int, dim: int, count: int) -> None:
        self.problem, self.first, self.end, self.dim, self.count = problem, first, end, dim, count
        self.rows: dict[int, Ranges] = {}  # of values
        self.along: dict[int, int] = {}  # the dimension of these
        self.dims: dict[int, int] = {}
        self.computed: dict[int, Ranges] = {}

    def is_inside(self, value: int) -> bool:
        """Whether the segment makes the value, and nobody else reads it."""
        return self.first <= self.problem.made[value] < self.end and self.problem.last[value] < self.end

    def last_reader(self, value: int) -> int:
        """The last of the segment's kernels that reads the value; -1: none."""
        return self.problem.last_reader(value, self.first, self.end)

    def visit(self, k: int) -> bool:
        """Pass on what kernel `k` must compute to what it reads; False if it cannot be cut like that."""
        kernel = self.problem.kernels[k]
        if len(kernel.writes) != 1:
            return False
        value = kernel.writes[0]
        dim = self.along.get(value, self.dim)
        if dim not in kernel.cuts or self.problem.values[value].shape[dim] < self.count:
            return False
        whole = not self.is_inside(value)
        found = self._windows(value, dim, whole)
        if found is None:
            return False
        lo, hi = self.rows[value] = found
        before = np.concatenate([[0 if whole else lo[0]], hi[:-1]])
        self.dims[k], self.computed[k] = dim, (np.maximum(before, 0 if whole else lo), hi)
        return all(self._read(u, rows, self.computed[k]) for u, rows in kernel.cuts[dim].items())

    def _windows(self, value: int, dim: int, whole: bool) -> Ranges | None:
        """Rows of a value that are there in each step: nothing comes back once it was dropped."""
        size = self.problem.values[value].shape[dim]
        if not whole and value not in self.rows:
            return None
        lo, hi = self.rows.get(value, (np.full(self.count, size), np.zeros(self.count, np.int64)))
        if whole:
            hi = np.maximum(hi, -(-size * np.arange(1, self.count + 1) // self.count))
        hi = np.maximum.accumulate(hi)
        return np.minimum(np.minimum.accumulate(lo[::-1])[::-1], hi), hi

    def _read(self, value: int, rows: Rows | None, computed: Ranges) -> bool:
        if rows is None:
            return not self.first <= self.problem.made[value] < self.end
        if rows.moved and not self.first <= self.problem.made[value] < self.end:
            return False
        lo, hi = computed
        some = hi > lo
        if self.along.setdefault(value, rows.dim) != rows.dim:
            return False
        size = self.problem.values[value].shape[rows.dim]
        first = np.where(some, rows.first[np.minimum(lo, len(rows.first) - 1)], size)
        end = np.where(some, rows.end[hi - 1], 0)
        if (some & (end <= first)).any():
            return False  # a stripe of nothing but padding
        if value in self.rows:
            first, end = np.minimum(first, self.rows[value][0]), np.maximum(end, self.rows[value][1])
        self.rows[value] = first, end
        return True


def _held(problem: StripeProblem, needs: _Needs, windows: Mapping[int, Ranges]) -> tuple[Ints, int]:
    """Bytes of windows held, by kernel and step, and bytes moved for them.

    In each step a value has its halo until it is made, then its window until its last reader, then the next halo. What
    is also whole needs windows beside it only if there is a halo, and then all of it is moved.
    """
    held = np.zeros((needs.end - needs.first, needs.count), np.int64)
    kept = 0
    for value, (lo, hi) in windows.items():
        shape = problem.values[value].shape
        row = problem.values[value].bytes // shape[needs.along[value]]
        halo = row * np.concatenate([[0], np.maximum(hi[:-1] - lo[1:], 0)])
        made, last = problem.made[value] - needs.first, needs.last_reader(value) - needs.first
        if not needs.is_inside(value):
            if not halo.any():
                continue
            kept += problem.values[value].bytes
        held[:made] += halo
        held[made] += halo
        held[made : last + 1] += row * (hi - lo)
        held[last + 1 :] += np.concatenate([halo[1:], [0]])
        kept += int(halo.sum())
    return held, kept
