"""The checker's own proof that few storages do not fit below some bytes: all that could be is tried.

If there is any packing, there is one with the least sum of offsets. There, each storage is at 0 or rests on another:
one alignment lower it would meet it. And each stands on the ground through such a chain, or all that do not could go
down one alignment together. So storages come one by one, at 0 or on one that is there already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from l2opt.plan.check_overlap import Rectangle

__all__ = ["fit_nowhere_below"]

_STATES = 20_000  # sets of storages with their offsets; beyond, nothing is shown

Meeting = tuple[int, int, int, int]  # bytes lo, hi of one storage and of another, live at once
State = tuple[int | None, ...]  # offsets, None where a storage is yet to come


@dataclass(frozen=True, slots=True)
class _Storages:
    heights: tuple[int, ...]
    meetings: dict[tuple[int, int], list[Meeting]]  # of the first with the second
    alignment: int


def fit_nowhere_below(rectangles: Sequence[Rectangle], alignment: int, peak: int) -> bool:
    """Whether it is shown that their owners, at multiples of `alignment`, end at `peak` or above in every packing.

    `lo` and `hi` are from the start of their owner.
    """
    storages = _storages(rectangles, alignment)
    seen: set[State] = set()
    waiting: list[State] = [(None,) * len(storages.heights)]
    while waiting:
        state = waiting.pop()
        if None not in state or len(seen) > _STATES:
            return False
        for following in _following(storages, state, peak):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return True


def _storages(rectangles: Sequence[Rectangle], alignment: int) -> _Storages:
    owners = sorted({r.owner for r in rectangles})
    mine = [[r for r in rectangles if r.owner == owner] for owner in owners]
    meetings = {
        (i, j): [(a.lo, a.hi, b.lo, b.hi) for a in mine[i] for b in mine[j] if a.start < b.end and b.start < a.end]
        for i in range(len(owners))
        for j in range(len(owners))
        if i != j
    }
    return _Storages(tuple(max(r.hi for r in each) for each in mine), meetings, alignment)


def _following(storages: _Storages, state: State, peak: int) -> Iterator[State]:
    """With one more storage placed below `peak`."""
    there = [(j, offset) for j, offset in enumerate(state) if offset is not None]
    for i, offset in enumerate(state):
        if offset is not None:
            continue
        places = {0}
        for j, below in there:
            for lo, _, _, hi in storages.meetings[i, j]:
                places.add(max(0, -(-(below + hi - lo) // storages.alignment) * storages.alignment))
        for place in sorted(places):
            if place + storages.heights[i] < peak and _free(storages, i, place, there):
                yield (*state[:i], place, *state[i + 1 :])


def _free(storages: _Storages, i: int, place: int, there: Sequence[tuple[int, int]]) -> bool:
    return all(
        place + hi <= other + lo_there or other + hi_there <= place + lo
        for j, other in there
        for lo, hi, lo_there, hi_there in storages.meetings[i, j]
    )
