"""Lower bounds above the load, for the items of a packing problem.

Pushed down, every top is a sum of heights, so the peak is one too. Items that meet two by two lie one above the other,
also if they are never live all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import l2opt._solver as _solver
from l2opt.plan.items import Item
from l2opt.plan.native import native_items
from l2opt.sizes import MAX_SIZE

__all__ = ["meeting_bound", "reachable_sum"]

_BITS = 50_000_000  # items x sums looked at


def meeting_bound(items: Sequence[Item]) -> tuple[int, list[Item]]:
    """What items need that meet two by two, and which; 0 where no life has a gap, some items float, or the parts are
    too large."""
    if all(len(item.pieces) < 2 for item in items):
        return 0, []
    bound, members = _solver.meeting_bound(native_items(items, 1))
    return bound, [items[i] for i in members]


def reachable_sum(items: Sequence[Item], bound: int) -> int:
    """The least sum of heights, one of each item of a subset, that is `bound` or more; `bound` if that is not for them.

    The subset is of one independent part: the highest. Requires no alignment, no windows and no holes below an item's
    bytes.
    """
    plain = all((item.alignment or 1) == 1 and item.window[0] == 0 and item.window[1] >= MAX_SIZE for item in items)
    if not plain or any(lo for item in items for _, _, lo, _ in item.pieces):
        return bound
    parts = [[items[i] for i in part] for part in _solver.independent_parts(native_items(items, 1))]
    looks = _BITS
    least = None
    for part in parts:
        heights = [sorted({hi for _, _, _, hi in item.pieces}) for item in part]
        unit = gcd(*(height for each in heights for height in each))
        limit = (bound + max(each[-1] for each in heights)) // unit + 1
        looks -= limit * sum(map(len, heights))
        if looks < 0:
            return bound
        above = _least_above(heights, unit, limit, bound)
        if above is not None and (least is None or above < least):
            least = above
    return bound if least is None else least


def _least_above(heights: Sequence[Sequence[int]], unit: int, limit: int, bound: int) -> int | None:
    """The least sum that is `bound` or more; sums as bits, `limit` of them, in units."""
    sums, mask = 1, (1 << limit) - 1
    for each in heights:
        more = sums
        for height in each:
            more |= sums << (height // unit)
        sums = more & mask
    first = -(-bound // unit)
    above = sums >> first
    return (first + (above & -above).bit_length() - 1) * unit if above else None
