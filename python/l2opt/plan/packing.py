"""Packing items on their own: a capacity to fit into, or the fewest bytes.

First the greedy packings; where they are above what is proven, the exact search. Every answer has passed the checker.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from l2opt.errors import DeadlinePassed, Infeasible, L2OptError
from l2opt.plan.bounds import meeting_bound, reachable_sum
from l2opt.plan.check_packing import check_packing, shown_to_meet
from l2opt.plan.cp import Question
from l2opt.plan.items import Item
from l2opt.plan.model import Memory
from l2opt.plan.native import native_items
from l2opt.plan.options import Options
from l2opt.plan.pack import least_peak_by, pack
from l2opt.plan.portfolio import Effort, answer
from l2opt.plan.spill import too_large
from l2opt.plan.window import needing
from l2opt.plan.witness import at_fullest_step, smallest
from l2opt.sizes import MAX_SIZE

__all__ = ["Effort", "Outcome", "Packing", "solve_packing"]

_OPTIONS = Options()
_MEETING = "items that meet"  # by name of what proves a bound
_WINDOW = 12  # items of a peak window
_MANY = 5_000  # items; with more, windows are not looked for
_GREEDY = 400_000_000  # pieces looked at; the first attempt always ends


class Outcome(str, Enum):
    """What is known: with a capacity, feasible is all that is asked for."""

    OPTIMAL = "optimal"  # no packing has a lower peak
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"  # proven: `witness` alone does not fit
    UNKNOWN = "unknown"  # cut before an answer; proves nothing


@dataclass(frozen=True, slots=True)
class Packing:
    """An answer and what is proven of it."""

    offsets: tuple[int, ...] | None  # bytes, an item each; None if none was found
    peak: int | None  # bytes; of the best found, also if that is above the capacity
    lower_bound: int  # bytes; no packing has a lower peak
    bound_by: str  # as `least_peak_by`; or items that meet, peak window, reachable sums of sizes, exhaustive search
    outcome: Outcome
    winner: str = ""  # what found the offsets
    nodes: int = 0  # of the exact search
    seconds: float = 0.0
    interrupted: bool = False  # by the effort's `stop`
    witness: tuple[str, ...] = ()  # items that do not fit together; none can be left out if `witness_is_minimal`
    witness_is_minimal: bool = False
    error: L2OptError | None = None  # for INFEASIBLE and UNKNOWN: why there is no answer


def solve_packing(items: Sequence[Item], capacity: int | None, effort: Effort | None = None) -> Packing:
    """`capacity` None: the lowest peak."""
    effort = effort or Effort()
    start = time.perf_counter()
    movable = [i for i, item in enumerate(items) if item.pieces]
    packing = _solve([items[i] for i in movable], capacity, effort)
    if packing.offsets is not None:
        offsets = [item.window[0] for item in items]
        for i, offset in zip(movable, packing.offsets, strict=True):
            offsets[i] = offset
        faults = check_packing(items, offsets, capacity)
        assert not faults, f"the packing is unsound: {faults}"
        packing = replace(packing, offsets=tuple(offsets))
    return replace(packing, seconds=time.perf_counter() - start, interrupted=effort.stopped())


def _solve(items: Sequence[Item], capacity: int | None, effort: Effort) -> Packing:
    end = None if effort.seconds is None else time.perf_counter() + effort.seconds
    bound, by = least_peak_by(native_items(items, 1)) if items else (0, "load")
    if capacity is not None and bound > capacity:
        return _too_large(items, capacity, bound, by)
    meeting, members = meeting_bound(items)
    if meeting > bound:
        bound, by = meeting, _MEETING
        assert shown_to_meet(members, bound), f"the bound of {bound} B is not shown"
    if capacity is not None and bound > capacity:
        return _none_fits(items, capacity, capacity, Packing(None, None, bound, by, Outcome.INFEASIBLE))
    sums = reachable_sum(items, bound) if items and capacity is None else bound
    if sums > bound:
        bound, by = sums, "reachable sums of sizes"
    packed = pack(items, 1, _OPTIONS, _left(end), capacity or 0, work=_GREEDY, stop=effort.stop)
    offsets = tuple(offset for offset in packed.offsets if offset is not None)
    best = Packing(None, None, bound, by, Outcome.UNKNOWN)
    if len(offsets) == len(items):
        best = replace(best, offsets=offsets, peak=packed.peak, winner=packed.winner)
    if not effort.stopped() and (best.peak is None or best.peak > max(bound, capacity or 0)):
        best = _search(items, capacity, best, replace(effort, seconds=_left(end)))
    if best.outcome is Outcome.INFEASIBLE or (best.peak is not None and (capacity is None or best.peak <= capacity)):
        return _named(best)
    return replace(best, offsets=None, error=_unknown(best, capacity))


def _left(end: float | None) -> float:
    """Seconds; 0: no deadline."""
    return 0.0 if end is None else max(1e-3, end - time.perf_counter())


def _named(best: Packing) -> Packing:
    if best.outcome is Outcome.INFEASIBLE:
        return best
    return replace(best, outcome=Outcome.OPTIMAL if best.peak == best.lower_bound else Outcome.FEASIBLE)


def _search(items: Sequence[Item], capacity: int | None, best: Packing, effort: Effort) -> Packing:
    limit = best.peak if capacity is None else capacity + 1
    window = needing(items, 1, limit, _WINDOW) if limit is not None and len(items) <= _MANY else ()
    if window:
        best = replace(best, lower_bound=limit or 0, bound_by="peak window")
        return best if capacity is None else _none_fits(window, capacity, capacity, best)
    if capacity is None and best.peak is None:
        # Windows: is there any packing? Pushed down, it would end below this.
        enough = sum(item.size + (item.alignment or 1) for item in items) + max(item.window[0] for item in items)
        best = _raced(items, enough, best, effort)
        if best.lower_bound > enough:
            return _none_fits(items, None, enough, best)
        if best.peak is None:
            return best
    best = _raced(items, capacity or 0, best, effort)
    if capacity is not None and best.lower_bound > capacity:
        return _none_fits(items, capacity, capacity, best)
    return best


def _raced(items: Sequence[Item], goal: int, best: Packing, effort: Effort) -> Packing:
    """`best`, or what the search adds to it."""
    known = MAX_SIZE if best.peak is None else best.peak
    raced = answer(Question(items, best.lower_bound, known, goal), effort)
    if raced is None:
        return best
    best = replace(best, nodes=best.nodes + raced.nodes)
    if raced.bound > best.lower_bound:
        best = replace(best, lower_bound=raced.bound, bound_by="exhaustive search")
    if raced.offsets is not None and (best.peak is None or raced.peak < best.peak):
        best = replace(best, offsets=raced.offsets, peak=raced.peak, winner=raced.winner)
    return best


def _none_fits(items: Sequence[Item], capacity: int | None, limit: int, best: Packing) -> Packing:
    members, minimal = smallest(items, limit)
    names = tuple(item.name for item in members)
    within = "" if capacity is None else f" below {capacity} B"
    how = "they meet two by two" if best.bound_by == _MEETING else "proven by exhaustive search"
    error = Infeasible(f"no packing keeps {_listed(names)} apart{within}: {how}", names)
    return replace(
        best, offsets=None, outcome=Outcome.INFEASIBLE, witness=names, witness_is_minimal=minimal, error=error
    )


def _too_large(items: Sequence[Item], capacity: int, bound: int, by: str) -> Packing:
    names: tuple[str, ...]
    outside = [item for item in items if item.window[0] > 0 and item.window[0] + item.size > capacity]
    if outside:
        item = outside[0]
        names, minimal = (item.name,), True
        message = f"the capacity of {capacity} B: {item.name!r} needs {item.size} B at {item.window[0]} or above"
    else:
        members, minimal = at_fullest_step(items, capacity)
        names = tuple(item.name for item in members)
        message = str(too_large(items, Memory("the memory", capacity, 1)))
    error = Infeasible(message, names)
    return Packing(None, None, bound, by, Outcome.INFEASIBLE, witness=names, witness_is_minimal=minimal, error=error)


def _unknown(best: Packing, capacity: int | None) -> DeadlinePassed:
    if best.peak is None:
        return DeadlinePassed("no packing was found that keeps every buffer in its window; this proves nothing")
    return DeadlinePassed(
        f"no packing into {capacity} B was found; the best has {best.peak} B, the lower bound is {best.lower_bound} B"
    )


def _listed(names: Sequence[str], shown: int = 8) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(repr(name) for name in names[:shown]) + more
