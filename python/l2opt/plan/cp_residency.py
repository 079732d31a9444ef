"""OR-Tools CP-SAT on the same model as `residency`, for what that search leaves unproven. Needs `l2opt[cp]`.

One literal an option of an event. A chain of an item's events passes on its state: what one event leaves is what the
next one finds. At each step, the options taken there and the gaps of what is in L2 then need no more lines than there
are. The same work gives the same result, on one worker.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from l2opt.plan.chunks import Choices, Pick
from l2opt.plan.events import OUT, Event, Option, Timeline
from l2opt.plan.residency import Chosen

__all__ = ["proven_by_cp"]

_STATES = 4
_PRECISION = 1 << 44  # costs are integers below this
_ROUNDING = 1e-6  # of a bound that CP-SAT gives
_LITERALS = 20_000  # of options: more are not for this model

Literals = list[list[list[Any]]]  # timeline -> event -> option


def proven_by_cp(
    timelines: Sequence[Timeline], room: Sequence[int], whole: int, chosen: Chosen, work: float, seconds: float = 0.0
) -> Chosen:
    """`chosen`, or what costs less, and the better bound. `room` and `whole`: as `residency.choose` has them. `work`:
    CP-SAT's deterministic time, about as many seconds. `seconds`: until a deadline; 0: none.
    """
    from ortools.sat.python import cp_model

    options = [option for timeline in timelines for event in timeline.events for option in event.options]
    if not 0 < len(options) <= _LITERALS:
        return chosen
    model = cp_model.CpModel()
    taken = [[[model.new_bool_var("") for _ in e.options] for e in timeline.events] for timeline in timelines]
    for timeline, literals in zip(timelines, taken, strict=True):
        _chain(model, timeline, literals)
    _limit(model, timelines, taken, room, whole)
    scale = _scale(timelines)
    flat = [(literal, option) for literal, option, _ in _flat(timelines, taken)]
    model.minimize(sum(literal * _cost(option, scale) for literal, option in flat))
    _hint(model, timelines, taken, chosen.choices)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is for who asked
    solver.parameters.max_deterministic_time = work
    if seconds:
        solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return chosen
    found = _found(solver, timelines, taken)
    cost = sum(pick.option.cost for picks in found.values() for pick in picks)
    if cost >= chosen.cost:
        found, cost = dict(chosen.choices or found), chosen.cost
    low = (solver.best_objective_bound - _slack(timelines, scale)) / scale
    if all(float(option.cost).is_integer() for option in options):
        low = math.ceil(low - _ROUNDING)
    bound = min(cost, max(chosen.bound, low))
    return Chosen(found, cost, bound, bound == cost)


def _found(solver: Any, timelines: Sequence[Timeline], taken: Literals) -> dict[int, tuple[Pick, ...]]:
    """The option of each event that the solver took."""
    return {
        timeline.item: tuple(
            Pick(event, next(o for x, o in zip(each, event.options, strict=True) if solver.value(x)))
            for event, each in zip(timeline.events, literals, strict=True)
        )
        for timeline, literals in zip(timelines, taken, strict=True)
    }


def _slack(timelines: Sequence[Timeline], scale: float) -> float:
    """What of the objective is no cost, at most: copies, and what is lost to whole numbers."""
    slack = 0.0
    for event in (event for timeline in timelines for event in timeline.events):
        slack += max((o.copies + abs(round(o.cost * scale) - o.cost * scale) for o in event.options), default=0.0)
    return slack


def _flat(timelines: Sequence[Timeline], taken: Literals) -> Iterator[tuple[Any, Option, Event]]:
    for timeline, literals in zip(timelines, taken, strict=True):
        for event, each in zip(timeline.events, literals, strict=True):
            for literal, option in zip(each, event.options, strict=True):
                yield literal, option, event


def _chain(model: Any, timeline: Timeline, literals: Sequence[Sequence[Any]]) -> None:
    events = timeline.events
    for each in literals:
        model.add_exactly_one(each)
    for (one, mine), (other, theirs) in pairwise(zip(events, literals, strict=True)):
        for state in range(_STATES):
            left = [x for x, option in zip(mine, one.options, strict=True) if option.to_state == state]
            found = [x for x, option in zip(theirs, other.options, strict=True) if option.from_state == state]
            model.add(sum(left) == sum(found))
    for x, option in zip(literals[0], events[0].options, strict=True):
        if option.from_state != OUT:
            model.add(x == 0)
    for x, option in zip(literals[-1], events[-1].options, strict=True):
        if option.to_state != OUT:
            model.add(x == 0)


def _limit(model: Any, timelines: Sequence[Timeline], taken: Literals, room: Sequence[int], whole: int) -> None:
    needs: list[list[tuple[int, Any]]] = [[] for _ in room]
    tails: list[list[Any]] = [[] for _ in room]
    for literal, option, event in _flat(timelines, taken):
        if 0 <= event.step < len(room):
            needs[event.step].append((option.room, literal))
            tails[event.step] += [literal] * option.tail
    for timeline, literals in zip(timelines, taken, strict=True):
        for (event, following), each in zip(pairwise(timeline.events), literals, strict=False):
            inside = [x for x, option in zip(each, event.options, strict=True) if option.to_state != OUT]
            for step in range(max(0, event.step + 1), min(len(room), following.step)) if event.gap else ():
                needs[step] += [(event.gap, x) for x in inside]
                tails[step] += inside * event.gap_tail
    for need, tail, most in zip(needs, tails, room, strict=True):
        limit = min(most, whole)
        more: Any = 0
        if tail and most > limit:
            more = model.new_bool_var("")
            model.add(more <= sum(tail))
        model.add(sum(lines * literal for lines, literal in need) <= limit + more * (most - limit))


def _scale(timelines: Sequence[Timeline]) -> float:
    """Costs times this are integers."""
    largest = sum(max((o.cost for o in event.options), default=0) for t in timelines for event in t.events) + 1
    return 2.0 ** min(20, math.floor(math.log2(_PRECISION / largest)))


def _cost(option: Option, scale: float) -> int:
    return round(option.cost * scale) + option.copies


def _hint(model: Any, timelines: Sequence[Timeline], taken: Literals, choices: Choices | None) -> None:
    if choices is None:
        return
    for timeline, literals in zip(timelines, taken, strict=True):
        for pick, event, each in zip(choices[timeline.item], timeline.events, literals, strict=True):
            for literal, option in zip(each, event.options, strict=True):
                model.add_hint(literal, option == pick.option)
