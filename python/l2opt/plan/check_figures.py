"""The checker on a plan's figures: peaks, bounds, traffic, what fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from l2opt.plan.check_content import used_place
from l2opt.plan.check_facts import Facts
from l2opt.plan.check_merges import moved
from l2opt.plan.check_overlap import Rectangle, load_reaches
from l2opt.plan.check_places import owned
from l2opt.plan.check_window import fit_nowhere_below
from l2opt.plan.model import Plan, Status

__all__ = ["check_figures"]


def check_figures(facts: Facts, plan: Plan) -> Iterator[str]:
    """Peaks, fits and traffic must be exact; bounds must hold."""
    peaks = _peaks(facts, plan)
    yield from _equal("L2 peak", peaks["L2"], plan.l2_peak)
    yield from _equal("DDR peak", peaks["DDR"], plan.ddr_peak)
    yield from _equal("fits", _fits(facts, plan), plan.fits)
    yield from _equal("DDR traffic", _traffic(facts, plan), plan.traffic)
    yield from _equal("no_reuse", _no_reuse(facts), plan.baseline.get("no_reuse"))
    if plan.traffic_lower_bound > plan.traffic:
        yield f"traffic bound: want at most {plan.traffic} B, got {plan.traffic_lower_bound} B"
    wanted = Status.OPTIMAL if plan.l2_lower_bound == plan.l2_peak else Status.FEASIBLE
    yield from _equal("status", wanted.value, plan.status.value)
    yield from _l2_bound(facts, plan)


def _l2_bound(facts: Facts, plan: Plan) -> Iterator[str]:
    home, alignment, bound = _homes(facts, plan), facts.problem.l2.alignment, plan.l2_lower_bound
    moved = frozenset(home[name][0] for name in facts.roots if [p.memory for p in plan.placements[name]] != ["L2"])
    rectangles = _in_l2(facts, plan, home)
    if not plan.l2_window and not load_reaches(rectangles, alignment, bound, moved):
        yield f"L2 lower bound: no step needs {bound} B"
    if plan.l2_window:
        window = [r for r in rectangles if r.owner in plan.l2_window]
        if moved & set(plan.l2_window) or not fit_nowhere_below(window, alignment, bound):
            yield f"L2 lower bound: not shown that {', '.join(plan.l2_window)} need {bound} B"


def _equal(what: str, wanted: object, got: object) -> Iterator[str]:
    if wanted != got:
        yield f"{what}: want {wanted}, got {got}"


def _peaks(facts: Facts, plan: Plan) -> dict[str, int]:
    peaks = {"L2": 0, "DDR": 0}
    for name, places in plan.placements.items():
        size = facts.buffers[name].size
        for place in places if size else ():
            peaks[place.memory] = max(peaks[place.memory], place.offset + size)
    for kernel in facts.kernels:
        if kernel.scratch:
            place = plan.scratch[kernel.id]
            peaks[place.memory] = max(peaks[place.memory], place.offset + kernel.scratch)
    return peaks


def _fits(facts: Facts, plan: Plan) -> bool:
    free = [name for name, root in facts.roots.items() if not root.buffer.external and root.buffer.pinned != "DDR"]
    return all(place.memory == "L2" for name in free for place in plan.placements[name]) and all(
        place.memory == "L2" for place in plan.scratch.values()
    )


def _no_reuse(facts: Facts) -> int:
    roots = [buffer for buffer in facts.merges.problem.buffers if buffer.view_of is None]
    return sum(buffer.size for buffer in roots if not buffer.external and buffer.pinned != "DDR")


def _traffic(facts: Facts, plan: Plan) -> int:
    total = sum(copy.size for copy in plan.copies if not facts.constant(copy.buffer))
    for step, kernel in enumerate(facts.kernels):
        for name, size in moved(facts.merges, kernel).items():
            if size and not facts.constant(name) and _memory_at(facts, plan, name, step) == "DDR":
                total += size
        if kernel.scratch and plan.scratch[kernel.id].memory == "DDR":
            total += 2 * kernel.scratch
    return total


def _memory_at(facts: Facts, plan: Plan, name: str, step: int) -> str:
    place = used_place(plan.placements[name], step)
    return "DDR" if place is None else place.memory


def _homes(facts: Facts, plan: Plan) -> dict[str, tuple[str, int]]:
    """Root -> the start of the storage that its in-place choices make one, as a root, and the bytes from there."""
    home: dict[str, tuple[str, int]] = {}
    for name in facts.roots:
        at, chain = name, []
        while at in plan.aliases and at not in home:
            chain.append(at)
            at = facts.root_of[plan.aliases[at].buffer][0]
        top, offset = home.setdefault(at, (at, 0))
        for member in reversed(chain):
            alias = plan.aliases[member]
            offset += facts.root_of[alias.buffer][1] + alias.offset
            home[member] = (top, offset)
    return home


def _in_l2(facts: Facts, plan: Plan, home: Mapping[str, tuple[str, int]]) -> list[Rectangle]:
    """What lies in L2, in bytes from the start of its storage."""
    rectangles = []
    for name, (start, end, lo, hi) in owned(facts, plan):
        top, offset = home[name]
        for place in plan.placements[name]:
            begin, finish = max(start, place.start), min(end, place.end)
            if place.memory == "L2" and begin < finish and lo < hi:
                rectangles.append(Rectangle(begin, finish, offset + lo, offset + hi, top))
    for step, kernel in enumerate(facts.kernels):
        if kernel.scratch and plan.scratch[kernel.id].memory == "L2":
            rectangles.append(Rectangle(step, step + 1, 0, kernel.scratch, f"scratch of {kernel.id}"))
    return rectangles
