"""Packing items on their own: a capacity to fit into, or the fewest bytes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from l2opt.errors import DeadlinePassed, Infeasible
from l2opt.plan.check_packing import check_packing
from l2opt.plan.items import Item
from l2opt.plan.model import Memory, Status
from l2opt.plan.options import Options
from l2opt.plan.pack import least_peak, pack
from l2opt.plan.spill import too_large

__all__ = ["Packing", "solve_packing"]

_OPTIONS = Options()
_WORK = 400_000_000  # pieces looked at; the first attempt always ends


@dataclass(frozen=True, slots=True)
class Packing:
    """Offsets in bytes, an item each, and what is proven of them."""

    offsets: tuple[int, ...]
    peak: int  # bytes
    lower_bound: int  # bytes; no packing has a lower peak
    status: Status  # of the peak
    winner: str  # what found it
    seconds: float


def solve_packing(items: Sequence[Item], capacity: int | None, timeout: float | None = None) -> Packing:
    """`capacity` None: the lowest peak found. Raises Infeasible with what shows it, or DeadlinePassed if unknown."""
    start = time.perf_counter()
    movable = [i for i, item in enumerate(items) if item.pieces]
    packed_items = [items[i] for i in movable]
    bound = least_peak(packed_items, 1)
    if capacity is not None and bound > capacity:
        raise _outside(packed_items, capacity) or too_large(packed_items, Memory("the memory", capacity, 1))
    packed = pack(packed_items, 1, _OPTIONS, timeout or 0.0, capacity or 0, _WORK)
    if len(packed.offsets) != len(packed_items):
        raise DeadlinePassed("no packing was found that keeps every buffer in its window; this proves nothing")
    if capacity is not None and packed.peak > capacity:
        raise DeadlinePassed(
            f"no packing into {capacity} B was found; the best has {packed.peak} B, the lower bound is {bound} B"
        )
    offsets = [item.window[0] for item in items]
    for i, offset in zip(movable, packed.offsets, strict=True):
        assert offset is not None
        offsets[i] = offset
    faults = check_packing(items, offsets, capacity)
    assert not faults, f"the packing is unsound: {faults}"
    status = Status.OPTIMAL if packed.peak == bound else Status.FEASIBLE
    return Packing(tuple(offsets), packed.peak, bound, status, packed.winner, time.perf_counter() - start)


def _outside(items: Sequence[Item], capacity: int) -> Infeasible | None:
    """Buffers whose lowest allowed place is not within the capacity."""
    outside = [item for item in items if item.window[0] > 0 and item.window[0] + item.size > capacity]
    if not outside:
        return None
    first = outside[0]
    return Infeasible(
        f"the capacity of {capacity} B: {first.name!r} needs {first.size} B at {first.window[0]} or above",
        tuple(item.name for item in outside),
    )
