"""The checker's geometry: rectangles of steps x bytes, whether two of them meet, and what any packing of them needs."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Rectangle", "load_reaches", "overlaps"]


@dataclass(frozen=True, slots=True, order=True)
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
    starts = sorted(rectangles)
    ends = sorted(rectangles, key=lambda r: r.end)
    live: list[tuple[int, int, int]] = []  # lo, hi, index in starts
    index = {id(r): i for i, r in enumerate(starts)}
    done = 0
    for i, new in enumerate(starts):
        while ends[done].end <= new.start:
            old = ends[done]
            at = bisect_left(live, (old.lo, old.hi, index[id(old)]))
            del live[at]
            done += 1
        at = bisect_left(live, (new.lo, new.hi, i))
        if at > 0 and live[at - 1][1] > new.lo:
            yield starts[live[at - 1][2]], new
        if at < len(live) and live[at][0] < new.hi:
            yield new, starts[live[at][2]]
        insort(live, (new.lo, new.hi, i))


def load_reaches(rectangles: Sequence[Rectangle], alignment: int, claimed: int) -> bool:
    """Whether at some step the live bytes need at least `claimed` bytes in any packing.

    `lo` and `hi` are from the start of their owner here, and owners start at multiples of `alignment`. The bytes of one
    owner that are live together form runs. A run that starts at a multiple of the alignment takes whole units, except
    that the topmost of all runs need not be padded. No byte lies lower than its owner has it.
    """
    if claimed <= max((r.hi for r in rectangles), default=0) or claimed <= 0:
        return True
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
        if load + live * (alignment - 1) >= claimed:
            steps.append((-load, step))
    return any(-load >= claimed or _needed(rectangles, step, alignment) >= claimed for load, step in sorted(steps))


def _needed(rectangles: Sequence[Rectangle], step: int, alignment: int) -> int:
    live = sorted((r.owner, r.lo, r.hi) for r in rectangles if r.start <= step < r.end)
    runs: list[tuple[str, int, int]] = []
    for owner, lo, hi in live:
        if runs and runs[-1][0] == owner and runs[-1][2] >= lo:
            runs[-1] = (owner, runs[-1][1], max(runs[-1][2], hi))
        else:
            runs.append((owner, lo, hi))
    aligned = [hi - lo for _, lo, hi in runs if lo % alignment == 0]
    padding = [-size % alignment for size in aligned]
    return max(
        sum(hi - lo for _, lo, hi in runs),
        sum(aligned) + sum(padding) - max(padding, default=0),
    )
