"""Offsets for items: the native packers, as the planner calls them.

Both ways of packing give the same result type: an offset an item (None for one that was left out) and the highest byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

import l2opt._solver as _solver
from l2opt.plan.exact import race
from l2opt.plan.items import Item
from l2opt.plan.native import native_items
from l2opt.plan.options import Options
from l2opt.plan.window import needing

__all__ = ["Packed", "keep_by_load", "least_peak", "least_peak_by", "pack", "pack_within"]

_WORK = 8_000_000  # pieces looked at in one call
_SEARCH = 1_500_000  # columns looked at by the exact search in one call
_SLOT_NODES = 200_000
_WINDOW = 6  # items that the checker is to solve as well
_LEFT_OUT = -1


@dataclass(frozen=True, slots=True)
class Packed:
    """Offsets in bytes, an item each."""

    offsets: tuple[int | None, ...]
    peak: int  # bytes
    winner: str  # what found it
    lower_bound: int = 0  # bytes; no packing by offsets has a lower peak
    bound_by: str = ""  # what proves that: as `least_peak_by` has it, "peak window" or "exact search"
    window: tuple[Item, ...] = ()  # for "peak window": what needs the bound by itself


def least_peak(items: Sequence[Item], alignment: int, whole: bool = True) -> int:
    """A lower bound on the peak of any packing; not `whole`: where these are chunks, of any packing of chunks.

    O(p log p).
    """
    return int(_solver.lower_bound(native_items(items, alignment), whole)[0]) if items else 0


def least_peak_by(native: _solver.Items) -> tuple[int, str]:
    """The lower bound, and what proves it."""
    found: tuple[int, str] = _solver.lower_bound(native, True)
    return found


def pack(
    items: Sequence[Item],
    alignment: int,
    options: Options,
    seconds: float,
    enough: int = 0,
    search: bool = False,
    work: int = _WORK,
    stop: Callable[[], bool] | None = None,
) -> Packed:
    """All items, with the lowest peak found; by offsets, a peak of at most `enough` bytes ends the work.

    `stop`: asked now and then; true ends it with the best so far.

    `search`: where the greedy packings are above the bound, the exact search goes on for a fixed amount of work.

    No offsets at all if an item that has a window found no place in it.
    """
    if not items:
        return Packed((), 0, "")
    if options.pack == "slots":
        start, end, size = _spans(items)
        if options.slots == "first-come":
            return _packed(_solver.first_come(start, end, size, alignment))
        return _packed(_solver.best_slots(start, end, size, alignment, _SLOT_NODES))
    native = native_items(items, alignment)
    bound, by = least_peak_by(native)
    packed = replace(
        _packed(_solver.pack(native, max(bound, enough), work, seconds, stop)), lower_bound=bound, bound_by=by
    )
    if not search or not packed.offsets or packed.peak <= max(bound, enough):
        return packed
    packed = _with_window(packed, items, alignment)
    if packed.window:
        return packed
    raced = race(native, bound, packed.peak, enough, _SEARCH, seconds)
    if raced is None:
        return packed
    if raced.offsets is not None and raced.peak < packed.peak:
        packed = replace(packed, offsets=raced.offsets, peak=raced.peak, winner=raced.winner)
        if packed.peak > max(bound, enough):
            packed = _with_window(packed, items, alignment)
    if raced.bound > packed.lower_bound:
        packed = replace(packed, lower_bound=raced.bound, bound_by="exact search")
    return packed


def _with_window(packed: Packed, items: Sequence[Item], alignment: int) -> Packed:
    window = needing(items, alignment, packed.peak, _WINDOW)
    return replace(packed, lower_bound=packed.peak, bound_by="peak window", window=window) if window else packed


def pack_within(
    items: Sequence[Item], alignment: int, capacity: int, must: Sequence[bool], options: Options, seconds: float
) -> Packed | None:
    """The items with most value that fit below `capacity`; None if one that `must` be placed is not."""
    values = _values(items, must)
    if options.pack == "slots":
        packed = _packed(_solver.slots_within(*_spans(items), values, alignment, capacity))
    else:
        packed = _packed(_solver.pack_within(native_items(items, alignment), values, capacity, _WORK, seconds))
    placed = len(packed.offsets) == len(items)
    if not placed or any(m and offset is None for m, offset in zip(must, packed.offsets, strict=True)):
        return None
    return packed


def keep_by_load(items: Sequence[Item], alignment: int, capacity: int, must: Sequence[bool]) -> list[bool]:
    """Largest value a byte first: which items to keep so that no load is above `capacity`. O(p log p)."""
    if not items:
        return []
    return [bool(kept) for kept in _solver.admit(native_items(items, alignment), _values(items, must), capacity)]


def _spans(items: Sequence[Item]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    spans = np.array([(*item.span, item.size) for item in items], dtype=np.int64).reshape(-1, 3)
    return tuple(np.ascontiguousarray(spans[:, i]) for i in range(3))  # type: ignore[return-value]  # three, by shape


def _values(items: Sequence[Item], must: Sequence[bool]) -> npt.NDArray[np.float64]:
    return np.array([-1.0 if m else float(item.value) for item, m in zip(items, must, strict=True)], dtype=np.float64)


def _packed(native: tuple[list[int], int, str]) -> Packed:
    offsets, peak, winner = native
    return Packed(tuple(None if offset == _LEFT_OUT else offset for offset in offsets), peak, winner)
