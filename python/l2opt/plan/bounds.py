"""A lower bound above the load: pushed down, every top is a sum of heights, so the peak is one too."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from l2opt.plan.items import Item
from l2opt.sizes import MAX_SIZE

__all__ = ["reachable_sum"]

_BITS = 50_000_000  # items x sums looked at


def reachable_sum(items: Sequence[Item], bound: int) -> int:
    """The least sum of heights, one of each item of a subset, that is `bound` or more; `bound` if that is not for them.

    Requires no alignment, no windows and no holes below an item's bytes.
    """
    heights = [sorted({hi for _, _, _, hi in item.pieces}) for item in items]
    plain = all((item.alignment or 1) == 1 and item.window[0] == 0 and item.window[1] >= MAX_SIZE for item in items)
    if not plain or any(lo for item in items for _, _, lo, _ in item.pieces):
        return bound
    unit = gcd(*(height for each in heights for height in each))
    limit = (bound + max(each[-1] for each in heights)) // unit + 1
    if limit * sum(map(len, heights)) > _BITS:
        return bound
    sums, mask = 1, (1 << limit) - 1
    for each in heights:
        more = sums
        for height in each:
            more |= sums << (height // unit)
        sums = more & mask
    above = sums >> -(-bound // unit)
    return (-(-bound // unit) + (above & -above).bit_length() - 1) * unit if above else bound
