"""The checker's own proof that few storages do not fit below some bytes: all that could be is tried.

If there is any packing, there is one with the least sum of offsets. There, each storage is at 0 or rests on another:
one alignment lower it would meet it. And each stands on the ground through such a chain, or all that do not could go
down one alignment together. So storages come one by one, at 0 or on one that is there already.

A storage that is one rectangle for all of the time is a wall: any other one, if its bytes leave no hole, is below it or
above. What is below can go up by the wall's height, rounded up, and the wall to 0, unless nothing is above it: then it
stays there. So all walls are at 0 and above, but for one, at most, that is above all else.
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
    heights, rest = _walls(rectangles) if rectangles else ([], [])
    if not heights:
        return _all_tried(_storages(rectangles, alignment), peak)
    rounded = [_up(height, alignment) for height in heights]
    most = max(padded - height for padded, height in zip(rounded, heights, strict=True))
    # The rest has to end here, at least, so that neither what is above the walls nor a wall above it ends below `peak`.
    needed = max(peak - sum(rounded), _up(peak - sum(rounded) + most, alignment) - alignment + 1)
    return needed <= 0 or (bool(rest) and fit_nowhere_below(rest, alignment, needed))


def _up(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


def _walls(rectangles: Sequence[Rectangle]) -> tuple[list[int], list[Rectangle]]:
    """Heights of walls, and all other rectangles; no walls if a storage has a hole."""
    start, end = min(r.start for r in rectangles), max(r.end for r in rectangles)
    mine: dict[str, list[Rectangle]] = {}
    for r in sorted(rectangles, key=lambda r: r.lo):
        mine.setdefault(r.owner, []).append(r)
    heights, rest = [], []
    for each in mine.values():
        top = 0
        for r in each:
            if r.lo > top:
                return [], list(rectangles)
            top = max(top, r.hi)
        if len(each) == 1 and (each[0].start, each[0].end) == (start, end):
            heights.append(top)
        else:
            rest += each
    return heights, rest


def _all_tried(storages: _Storages, peak: int) -> bool:
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
                places.add(max(0, _up(below + hi - lo, storages.alignment)))
        for place in sorted(places):
            if place + storages.heights[i] < peak and _free(storages, i, place, there):
                yield (*state[:i], place, *state[i + 1 :])


def _free(storages: _Storages, i: int, place: int, there: Sequence[tuple[int, int]]) -> bool:
    return all(
        place + hi <= other + lo_there or other + hi_there <= place + lo
        for j, other in there
        for lo, hi, lo_there, hi_there in storages.meetings[i, j]
    )
