"""The checker's geometry: rectangles of steps x bytes, whether two of them meet, and what any packing of them needs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import le

__all__ = ["Rectangle", "load_reaches", "overlaps"]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Bytes [lo, hi) of a memory that `owner` needs during [start, end)."""

    start: int
    end: int
    lo: int
    hi: int
    owner: str


def overlaps(rectangles: Sequence[Rectangle]) -> Iterator[tuple[Rectangle, Rectangle]]:
    """Pairs that share a byte at a step: at least one pair if there is any. A sweep over steps, O(n log n) searches.

    Among rectangles live at once and apart, neighbours by address are enough to look at when one more comes.
    """
    order = sorted(range(len(rectangles)), key=lambda i: (rectangles[i].start, rectangles[i].lo, i))
    ends = sorted(order, key=lambda i: rectangles[i].end)
    live: list[tuple[int, int, int]] = []  # lo, hi, index
    done = 0
    for i in order:
        new = rectangles[i]
        while rectangles[ends[done]].end <= new.start:
            old = rectangles[ends[done]]
            del live[bisect_left(live, (old.lo, old.hi, ends[done]))]
            done += 1
        at = bisect_left(live, (new.lo, new.hi, i))
        if at > 0 and live[at - 1][1] > new.lo:
            yield rectangles[live[at - 1][2]], new
        if at < len(live) and live[at][0] < new.hi:
            yield new, rectangles[live[at][2]]
        live.insert(at, (new.lo, new.hi, i))


def load_reaches(
    rectangles: Sequence[Rectangle], alignment: int, claimed: int, moved: frozenset[str] = frozenset()
) -> bool:
    """Whether what is live at some step needs at least `claimed` bytes in any packing.

    `lo` and `hi` are from the start of their owner here, and owners start at multiples of `alignment`; those in `moved`
    may start elsewhere at other times. A packing ends where one of its owners does: at a multiple of the alignment and
    a height. So what a step needs is taken up to the next such end.
    """
    if claimed <= max((r.hi for r in rectangles), default=0) or claimed <= 0:
        return True
    height: dict[str, int] = {}
    for r in rectangles:
        if r.owner not in moved:
            height[r.owner] = max(height.get(r.owner, 0), r.hi)
    ends = {*height.values(), *(r.hi for r in rectangles if r.owner in moved)}
    floats = any(r.lo or r.hi < height.get(r.owner, r.hi) for r in rectangles)
    change: dict[int, int] = {}
    count: dict[int, int] = {}
    for r in rectangles:
        for step, sign in ((r.start, 1), (r.end, -1)):
            change[step] = change.get(step, 0) + sign * (r.hi - r.lo)
            count[step] = count.get(step, 0) + sign
    load = live = 0
    steps = []
    for step in sorted(change):
        load, live = load + change[step], live + count[step]
        if floats or load + (live + 1) * (alignment - 1) >= claimed:
            steps.append((-load, step))
    return any(
        _next_end(max(-load, _needed(_runs(rectangles, step), height, alignment)), ends, alignment) >= claimed
        for load, step in sorted(steps)
    )


def _next_end(bound: int, ends: Iterable[int], alignment: int) -> int:
    return min(-(-max(0, bound - end) // alignment) * alignment + end for end in ends)


def _runs(rectangles: Sequence[Rectangle], step: int) -> list[tuple[str, int, int]]:
    """Owner, lo, hi of bytes that are live together without a hole."""
    runs: list[tuple[str, int, int]] = []
    for owner, lo, hi in sorted((r.owner, r.lo, r.hi) for r in rectangles if r.start <= step < r.end):
        if runs and runs[-1][0] == owner and runs[-1][2] >= lo:
            runs[-1] = (owner, runs[-1][1], max(runs[-1][2], hi))
        else:
            runs.append((owner, lo, hi))
    return runs


def _needed(runs: Sequence[tuple[str, int, int]], height: Mapping[str, int], alignment: int) -> int:
    """Bytes for runs one above the other, whatever their order.

    The lowest lies no lower than its owner has it, and above the topmost there is the rest of its owner. Between two,
    the hole is what the upper's lo is above the lower's hi, modulo the alignment: in the best order as many as can be
    are not carried over it. For that, the lowest los follow the highest his.
    """
    lowest: dict[int, int] = {}
    topmost: dict[int, int] = {}
    for owner, lo, hi in runs:
        lowest[lo % alignment] = min(lo, lowest.get(lo % alignment, lo))
        above = height.get(owner, hi) - hi
        topmost[hi % alignment] = min(above, topmost.get(hi % alignment, above))
    los = sorted(lo % alignment for _, lo, _ in runs)
    his = sorted(hi % alignment for _, _, hi in runs)
    needs = []
    for first, below in lowest.items():
        for last, above in topmost.items():
            lower, upper = list(his), list(los)
            lower.remove(last)
            upper.remove(first)
            holes = sum(upper) - sum(lower) + alignment * _carried(lower, upper)
            needs.append(below + holes + above)
    return sum(hi - lo for _, lo, hi in runs) + min(needs, default=0)


def _carried(lower: Sequence[int], upper: Sequence[int]) -> int:
    """How many of `upper` must follow one of `lower` that is greater, at least; both sorted, and as many."""
    return next(k for k in range(len(upper) + 1) if all(map(le, lower, upper[k:])))
