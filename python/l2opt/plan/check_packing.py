"""The independent checker of packings: offsets for items, without kernels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from l2opt.plan.check_overlap import Rectangle, overlaps
from l2opt.plan.items import Item

__all__ = ["check_packing"]


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
