"""What another L2 would do for a problem: traffic over capacities, and the capacity at which nothing has to leave.

Each point is a plan of its own, so that its traffic can be had. A plan for a smaller L2 also is one for a larger, so
traffic never rises with capacity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from l2opt.errors import DeadlinePassed, Infeasible
from l2opt.plan.model import Plan, Problem
from l2opt.plan.options import Options
from l2opt.plan.planner import make_plan

__all__ = ["Holder", "Point", "capacity_to_fit", "holders_at_peak", "sweep"]

_KB = 1024
_DEFAULT = Options()


@dataclass(frozen=True, slots=True)
class Point:
    """What planning for one capacity gives."""

    capacity: int  # bytes
    traffic: int | None  # bytes; None: what must be in L2 does not fit
    lower_bound: int  # bytes of traffic; as the plan's own
    fits: bool  # nothing has to leave L2
    saved: float  # bytes of traffic less than at the point before, for each KB of L2 more; 0 at the first


@dataclass(frozen=True, slots=True)
class Holder:
    """What needs L2 at a step, were everything there."""

    name: str  # a buffer, or a kernel for its scratch
    size: int  # bytes


def sweep(problem: Problem, capacities: Iterable[int], options: Options = _DEFAULT) -> tuple[Point, ...]:
    """A point for each capacity, in bytes, from small to large."""
    points: list[Point] = []
    for capacity in sorted(set(capacities)):
        before = points[-1] if points else None
        plan = _plan(problem, capacity, options)
        if plan is None:
            points.append(Point(capacity, None, 0, False, 0.0))
            continue
        traffic = plan.traffic
        saved = 0.0
        if before is not None and before.traffic is not None:
            traffic = min(traffic, before.traffic)
            saved = (before.traffic - traffic) * _KB / (capacity - before.capacity)
        points.append(Point(capacity, traffic, min(traffic, plan.traffic_lower_bound), plan.fits, saved))
    return tuple(points)


def capacity_to_fit(problem: Problem, options: Options = _DEFAULT) -> int:
    """Bytes of L2 in which all that may be there was packed for its whole life."""
    return make_plan(replace(problem, l2=replace(problem.l2, capacity=None)), options).l2_peak


def holders_at_peak(problem: Problem, plan: Plan) -> tuple[int, tuple[Holder, ...]]:
    """The step of the plan's order at which most bytes that may be in L2 are live, and what holds them, largest first.

    What is written over something else counts at its first step all the same.
    """
    steps = max(1, len(plan.order))
    buffers = [b for b in problem.buffers if b.view_of is None and not b.external and b.pinned != "DDR" and b.size]
    load = [0] * steps
    for buffer in buffers:
        start, end = _life(plan, buffer.id)
        for step in range(start, end):
            load[step] += buffer.size
    scratch = {kernel.id: kernel.scratch for kernel in problem.kernels}
    for step, name in enumerate(plan.order):
        load[step] += scratch[name]
    peak = max(range(steps), key=lambda step: (load[step], -step))
    holders = [Holder(b.id, b.size) for b in buffers if _life(plan, b.id)[0] <= peak < _life(plan, b.id)[1]]
    if plan.order and scratch[plan.order[peak]]:
        holders.append(Holder(plan.order[peak], scratch[plan.order[peak]]))
    return peak, tuple(sorted(holders, key=lambda holder: (-holder.size, holder.name)))


def _life(plan: Plan, name: str) -> tuple[int, int]:
    places = plan.placements[name]
    return min(place.start for place in places), max(place.end for place in places)


def _plan(problem: Problem, capacity: int, options: Options) -> Plan | None:
    try:
        return make_plan(replace(problem, l2=replace(problem.l2, capacity=capacity)), options)
    except (Infeasible, DeadlinePassed):
        return None
