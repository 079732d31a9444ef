"""Few items that show that a capacity is too small: what to look at when a problem is infeasible."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from l2opt.plan.exact import race
from l2opt.plan.items import Item
from l2opt.plan.native import native_items
from l2opt.plan.pack import least_peak
from l2opt.sizes import MAX_SIZE

__all__ = ["at_fullest_step", "smallest"]

_PROOF = 4_000_000  # columns looked at in one proof; what is not proven by then is kept
_TRIALS = 400
_TESTED = 500  # items live at once: above, all but the ones that the sum allows are kept


def at_fullest_step(items: Sequence[Item], capacity: int) -> tuple[tuple[Item, ...], bool]:
    """Requires least_peak(items) > capacity, by load. Items live at one step that do not fit, as `smallest` has it."""
    live = _live(items, _fullest_step(items))
    kept = [item for item, _ in sorted(live, key=lambda pair: (-pair[1], pair[0].name))]
    if least_peak(kept, 1) <= capacity:
        return tuple(items), False
    excess = least_peak(kept, 1) - capacity
    while len(kept) > _TESTED and excess > kept[-1].size:
        excess -= kept.pop().size
    return smallest(kept, capacity) if len(kept) <= _TESTED else (tuple(kept), False)


def smallest(items: Sequence[Item], capacity: int) -> tuple[tuple[Item, ...], bool]:
    """Items that cannot be packed below `capacity`, and whether all proofs ended: then none can be left out."""
    undecided = False

    def shows(rest: Sequence[Item]) -> bool:
        nonlocal undecided
        native = native_items(rest, 1)
        bound = least_peak(rest, 1)
        if bound > capacity:
            return True
        raced = race(native, bound, MAX_SIZE, capacity, _PROOF)
        if raced is None:  # not for the search: by load alone
            undecided = True
            return False
        undecided |= raced.offsets is None and raced.bound <= capacity
        return raced.bound > capacity

    kept, ended = _without(items, shows)
    return tuple(kept), ended and not undecided


def _without(items: Sequence[Item], shows: Callable[[Sequence[Item]], bool]) -> tuple[list[Item], bool]:
    """Leaves out, last first, whole stretches and then single items, as long as the rest still shows it."""
    kept = list(items)
    trials = 0
    length = max(1, len(kept) // 2)
    while True:
        at = len(kept) - length
        while at > -length:
            rest = kept[: max(0, at)] + kept[at + length :]
            if rest and len(rest) < len(kept):
                if trials == _TRIALS:
                    return kept, False
                trials += 1
                if shows(rest):
                    kept = rest
            at -= length
        if length == 1:
            return kept, True
        length //= 2


def _fullest_step(items: Sequence[Item]) -> int:
    change: dict[int, int] = {}
    for item in items:
        for start, end, lo, hi in item.pieces:
            change[start] = change.get(start, 0) + hi - lo
            change[end] = change.get(end, 0) - (hi - lo)
    load = largest = fullest = 0
    for step in sorted(change):
        load += change[step]
        if load > largest:
            largest, fullest = load, step
    return fullest


def _live(items: Sequence[Item], step: int) -> list[tuple[Item, int]]:
    pairs = ((item, sum(p[3] - p[2] for p in item.pieces if p[0] <= step < p[1])) for item in items)
    return [(item, size) for item, size in pairs if size]
