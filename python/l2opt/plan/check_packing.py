"""The independent checker of packings: offsets for items, without kernels; and of what items need that meet.

Items meet if both have bytes at one step. Where the bytes of each are one run from its offset up, at all steps, and two
meet, the one with the higher offset starts above all that the other one has at any step at which they meet. So of items
that meet two by two, each starts above the one before it by the least height that this one has for any of the others,
at least, up to a multiple of what all offsets are multiples of; and the last one ends by its size above its start.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import gcd

from l2opt.plan.check_overlap import Rectangle, overlaps
from l2opt.plan.items import Item

__all__ = ["check_packing", "shown_to_meet"]


def check_packing(items: Sequence[Item], offsets: Sequence[int], capacity: int | None) -> tuple[str, ...]:
    """What is wrong; () if nothing is. O(n log n)."""
    if len(items) != len(offsets):
        return (f"want {len(items)} offsets, got {len(offsets)}",)
    return (*_check_places(items, offsets, capacity), *_check_overlaps(items, offsets))


def _check_places(items: Sequence[Item], offsets: Sequence[int], capacity: int | None) -> Iterator[str]:
    for item, offset in zip(items, offsets, strict=True):
        lowest, highest = item.window
        if not lowest <= offset <= highest:
            yield f"{item.name!r}: want an offset in [{lowest}, {highest}], got {offset}"
        if offset % (item.alignment or 1):
            yield f"{item.name!r}: want an offset that is a multiple of {item.alignment}, got {offset}"
        if capacity is not None and offset + item.size > capacity and item.size:
            yield f"{item.name!r}: needs {item.size} B at {offset}; the capacity is {capacity} B"


def _check_overlaps(items: Sequence[Item], offsets: Sequence[int]) -> Iterator[str]:
    rectangles = [
        Rectangle(start, end, offset + lo, offset + hi, item.name)
        for item, offset in zip(items, offsets, strict=True)
        for start, end, lo, hi in item.pieces
    ]
    for a, b in overlaps(rectangles):
        yield f"{a.owner!r} and {b.owner!r} share bytes [{max(a.lo, b.lo)}, {min(a.hi, b.hi)}) at step {b.start}"


def shown_to_meet(items: Sequence[Item], bound: int) -> bool:
    """Whether the items meet two by two, and so end at `bound` or above in every packing. O(n^2 steps), but O(n steps)
    for those that are as high as they ever are while all have bytes."""
    changes = sorted({step for item in items for start, end, _, _ in item.pieces for step in (start, end)})
    present = [_heights(item, changes) for item in items]
    if not items or not all(height for each in present for height in each.values()):
        return False
    together = set.intersection(*map(set, present))
    unit = gcd(*(item.alignment or 1 for item in items))
    apart = []
    for i, mine in enumerate(present):
        least = max(mine.values(), default=0)
        if max((mine[step] for step in together), default=0) < least:
            steps = sorted(mine, key=lambda step: -mine[step])
            others = (other for k, other in enumerate(present) if k != i)
            least = min((next((mine[s] for s in steps if s in other), 0) for other in others), default=least)
        apart.append(-(-least // unit) * unit)
    return all(apart) and all(sum(apart) - apart[i] + item.size >= bound for i, item in enumerate(items))


def _heights(item: Item, changes: Sequence[int]) -> dict[int, int]:
    """Step of `changes` -> how high an item reaches there; 0 if its bytes are no single run from its offset up."""
    runs: dict[int, list[tuple[int, int]]] = {}
    for start, end, lo, hi in item.pieces:
        for step in changes[bisect_left(changes, start) : bisect_left(changes, end)]:
            runs.setdefault(step, []).append((lo, hi))
    return {step: _height(sorted(each)) for step, each in runs.items()}


def _height(runs: Sequence[tuple[int, int]]) -> int:
    top = 0
    for lo, hi in runs:
        if lo > top:
            return 0
        top = max(top, hi)
    return top
