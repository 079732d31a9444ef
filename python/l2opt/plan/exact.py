"""The exact search on items, when a greedy packing is above the bound.

Items that stand (at every step, their bytes are one run from their offset up) have the stronger search; where some
float (a slice that lives longer than the ones below it) a packing is first looked for with the holes filled up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import l2opt._solver as _solver

__all__ = ["Raced", "race"]


@dataclass(frozen=True, slots=True)
class Raced:
    """What the search found out."""

    offsets: tuple[int, ...] | None  # bytes; None: nothing lower than was known
    peak: int  # bytes
    bound: int  # bytes; proven: no packing has a lower peak
    winner: str
    nodes: int
    cut: bool  # by the deadline or `stop`


def race(
    native: _solver.Items,
    bound: int,
    known: int,
    goal: int,
    work: int,
    seconds: float = 0.0,
    threads: int = 1,
    stop: Callable[[], bool] | None = None,
) -> Raced | None:
    """A packing below the peak `known` and, if `goal` is not 0, of at most `goal` bytes; None: not for this search.

    `work`: columns looked at, about 10^8 a second; the result follows from it alone unless `seconds` (0: none) cuts it,
    however many threads there are. `stop`: asked now and then; true ends it, as the deadline does.
    """
    if not _solver.searchable(native):
        return None
    offsets, peak, proven, winner, nodes, cut = _solver.race(native, bound, known, goal, work, seconds, threads, stop)
    return Raced(tuple(offsets) or None, peak, proven, winner, nodes, cut)
