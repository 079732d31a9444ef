"""Which kernels to run in stripes, and in how many, so that little moves between L2 and DDR.

The program order is divided into segments and single kernels by dynamic programming over the places where little is
live. A kernel or segment that holds more than L2 must have some of what it touches in DDR: the fewest bytes of its
operands that make room are its cost, and constants that it reads again. It is an estimate, with whole buffers in
program order: who uses the choice plans with it, and without, and compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from l2opt.plan.stripes import Segment, StripeProblem

__all__ = ["choose_stripes"]

_MOST = 64  # stripes
_LONGEST = 64  # kernels of a segment
_PLACES = 16  # where a segment may end, for each where it may begin
_OPERANDS = 6  # of a kernel, or a segment, of which every choice is tried
_STEP = 64  # bytes of traffic that a further kernel must save
_KEPT = 0.02  # bytes of traffic that moving a byte inside L2 must save


def choose_stripes(problem: StripeProblem, capacity: int) -> list[Segment]:
    """Segments that do not share a kernel, in order, for an L2 of `capacity` bytes."""
    count = len(problem.kernels)
    places = _places(problem)
    alone = [_least(_sizes(problem, k), problem.loads[k] - capacity) for k in range(count)]
    best: list[tuple[float, int, Segment | None]] = [(0.0, -1, None), *[(float("inf"), -1, None)] * count]
    for first in range(count):
        cost = best[first][0]
        if cost + alone[first] < best[first + 1][0]:
            best[first + 1] = (cost + alone[first], first, None)
        if first not in places:
            continue
        for made in _segments(problem, capacity, first, places, alone):
            with_it = cost + _cost(problem, made, capacity)
            if with_it < best[made.end][0]:
                best[made.end] = (with_it, first, made)
    chosen = []
    at = count
    while at:
        _, at, made_here = best[at]
        chosen += [made_here] if made_here is not None else []
    return chosen[::-1]


def _places(problem: StripeProblem) -> set[int]:
    """Where segments may begin and end: where no less is live just before or after, and beside what cannot be cut."""
    between, kernels = problem.between, problem.kernels
    found = {0, len(kernels)}
    for k in range(1, len(kernels)):
        if between[k] <= min(between[k - 1], between[k + 1]) or not kernels[k - 1].cuts or not kernels[k].cuts:
            found.add(k)
    return found


def _segments(
    problem: StripeProblem, capacity: int, first: int, places: set[int], alone: Sequence[int]
) -> Iterator[Segment]:
    """Those from `first` on that may cost less than their kernels do `alone`."""
    cost = ends = 0
    for end in range(first + 1, min(len(problem.kernels), first + _LONGEST) + 1):
        if not problem.kernels[end - 1].cuts:
            return
        cost += alone[end - 1]
        if end in places and end - first > 1 and cost > 2 * _STEP * (end - first):
            yield from _counts(problem, capacity, first, end)
            ends += 1
            if ends == _PLACES:
                return


def _counts(problem: StripeProblem, capacity: int, first: int, end: int) -> Iterator[Segment]:
    """Along the first dimension that can be cut: twice as many stripes each time until it fits, then fewer again."""
    for dim in problem.kernels[end - 1].cuts:
        count, found = 2, False
        while count <= _MOST:
            made = problem.segment(first, end, dim, count)
            if made is None:
                break
            found = True
            yield made
            if made.load <= capacity:
                fewer = problem.segment(first, end, dim, count - count // 4)
                if fewer is not None:
                    yield fewer
                return
            count *= 2
        if found:
            return


def _cost(problem: StripeProblem, made: Segment, capacity: int) -> float:
    moved = _moved(problem, made, capacity) if made.load > capacity else 0
    return moved + made.reread + _KEPT * made.kept + _STEP * made.count * (made.end - made.first)


def _moved(problem: StripeProblem, made: Segment, capacity: int) -> int:
    """The least sum of the bytes that are in DDR throughout, and of what is beyond L2 then at each kernel and step."""
    sizes = sorted((problem.values[v].bytes for v in made.outer), reverse=True)
    room = capacity - made.passing - sum(sizes)
    choices = [(sum(some), sum(some)) for some in _subsets(sizes)]
    choices += [(cost + 2 * made.passing, freed + made.passing) for cost, freed in choices]
    return min(cost + int(np.maximum(made.held - (room + freed), 0).sum()) for cost, freed in set(choices))


def _sizes(problem: StripeProblem, k: int) -> list[int]:
    kernel = problem.kernels[k]
    values = dict.fromkeys((*kernel.reads, *kernel.writes))
    sizes = [problem.values[v].bytes for v in values]
    return [*sizes, 2 * (problem.loads[k] - sum(sizes))]


def _least(sizes: Sequence[int], missing: int) -> int:
    """The least sum of some of `sizes` that is at least `missing`; `missing` if there is none."""
    if missing <= 0:
        return 0
    sums = map(sum, _subsets(sorted((size for size in sizes if size), reverse=True)))
    return min((each for each in sums if each >= missing), default=missing)


def _subsets(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    kept = sizes[:_OPERANDS]
    return (some for number in range(len(kept) + 1) for some in combinations(kept, number))
