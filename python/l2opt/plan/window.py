"""A lower bound from few items: those live around one of the fullest steps, whose packing alone is solved exactly.

Whatever packs all items packs these. What a step needs by itself is in the other bounds; here the items keep all of
their lives, so that one with a hole now has to have its bytes there later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from l2opt.plan.exact import race
from l2opt.plan.items import Item
from l2opt.plan.native import native_items
from l2opt.sizes import MAX_SIZE

__all__ = ["needing"]

_STEPS = 6  # the fullest, each with its own items
_LOOKS = 24  # steps looked at for that
_PIECES = 4  # an item, at most, where a step is looked at
_REACHES = (0, 1, 2, 4)  # times at which something starts, on both sides
_WORK = 100_000  # columns looked at in one proof


def needing(items: Sequence[Item], alignment: int, peak: int, most: int) -> tuple[Item, ...]:
    """At most `most` items, and such as are live for all of their time, that cannot be packed below `peak`.

    () if none were found. None can be left out.

    A fixed amount of work, beside O(pieces log pieces).
    """
    for window in _windows(items, most):
        if _needs(window, alignment, peak):
            kept = list(window)
            for item in window:
                rest = [other for other in kept if other is not item]
                if rest and _needs(rest, alignment, peak):
                    kept = rest
            return tuple(kept)
    return ()


def _needs(items: Sequence[Item], alignment: int, peak: int) -> bool:
    raced = race(native_items(items, alignment), 0, MAX_SIZE, peak - 1, _WORK)
    return raced is not None and raced.bound >= peak


def _windows(items: Sequence[Item], most: int) -> Iterator[tuple[Item, ...]]:
    """Items live around the fullest times, in the order given; near ones first."""
    times = sorted({piece[0] for item in items for piece in item.pieces})
    index = {time: i for i, time in enumerate(times)}
    seen: set[tuple[int, ...]] = set()
    centres = 0
    for time in _fullest_first(items, _PIECES * most)[:_LOOKS]:
        at, found = index[time], False
        for reach in _REACHES:
            first, last = times[max(0, at - reach)], times[min(len(times) - 1, at + reach)]
            live = tuple(
                i
                for i, item in enumerate(items)
                if any(start <= last and first < end for start, end, _, _ in item.pieces)
            )
            if len(live) - _lasting([items[i] for i in live]) > most:
                break
            if len(live) > 1 and live not in seen:
                seen.add(live)
                found = True
                yield tuple(items[i] for i in live)
        centres += found
        if centres == _STEPS:
            return


def _lasting(items: Sequence[Item]) -> int:
    """How many are one rectangle for as long as any of them is live: these are easily taken out."""
    whole = min(item.span[0] for item in items), max(item.span[1] for item in items)
    return sum(len(item.pieces) == 1 and item.span == whole for item in items)


def _fullest_first(items: Sequence[Item], most: int) -> list[int]:
    """Times at which something starts, those with most bytes live first; of those with at most `most` pieces live."""
    change: dict[int, tuple[int, int]] = {}
    for item in items:
        for start, end, lo, hi in item.pieces:
            for time, sign in ((start, 1), (end, -1)):
                size, count = change.get(time, (0, 0))
                change[time] = size + sign * (hi - lo), count + sign
    load = live = 0
    loads = []
    for time in sorted(change):
        size, count = change[time]
        load, live = load + size, live + count
        if live <= most:
            loads.append((-load, time))
    starts = {piece[0] for item in items for piece in item.pieces}
    return [time for _, time in sorted(loads) if time in starts]
