"""From a problem to a plan: order, merges, residency and offsets, decided together.

Each candidate is an order of kernels with a set of merges, laid out whole; the one with least traffic, then the lowest
peak, is kept. So neither a merge nor another order makes a plan worse than doing without.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from l2opt.errors import DeadlinePassed, Infeasible
from l2opt.plan.assemble import assemble
from l2opt.plan.baseline import baseline_of, program_order_peak
from l2opt.plan.candidates import Candidate, Candidates
from l2opt.plan.dependencies import dependencies
from l2opt.plan.events import Known
from l2opt.plan.layout import Layout, lay_out
from l2opt.plan.lifetimes import lifetimes_in
from l2opt.plan.merge import NO_SHARES, Shares, taken_of
from l2opt.plan.model import Plan, Problem
from l2opt.plan.options import Options
from l2opt.plan.order import order_load
from l2opt.plan.sources import latest_sources, sources_in_l2
from l2opt.plan.spill import Care
from l2opt.plan.storage import Storage, resolve_storage
from l2opt.plan.validate import check_problem
from l2opt.plan.wholes import changed_wholes

__all__ = ["make_plan"]

_DEFAULT = Options()
_TRIALS = 8_000  # kernels laid out again with other zero-copy parts
_SHAKEN = 16  # orders laid out for a lower peak with the same load
_TIED = 3_000  # kernels laid out again for a lower peak alone
_TIE = 1e-2  # costs that are less than this apart are the same
_MOST = 30_000  # kernels laid out: after more, no merges are changed, and program order is not searched from as well
_ROUNDS = 5  # residencies from which sources are taken anew


def make_plan(problem: Problem, options: Options = _DEFAULT) -> Plan:
    """Raises L2OptError for a problem that is not sane, and Infeasible if it cannot be placed as asked."""
    clock = _Clock(options.timeout)
    storage = resolve_storage(problem)
    check_problem(storage)
    before = dependencies(storage)
    clock.stage("prepare")
    listed = Candidates(storage, before, options, clock.left())
    clock.stage("order")
    if options.quick:
        taken, best = _best(listed.first, options, clock, care=Care.QUICK)
    else:
        taken, best = _improved(listed, *_found(listed, options, clock), options, clock)
    clock.stage("pack")
    bound = listed.bound(taken)
    clock.stage("order")
    baseline = _baseline(storage, best, options)
    clock.stage("baseline")
    load = order_load(best.storage, before, best.order, taken_of(best.storage, taken.shares, best.joined))
    return assemble(storage, best, baseline, min(bound, load), load, clock.seconds)


def _improved(
    listed: Candidates, taken: Candidate, best: Layout, options: Options, clock: _Clock
) -> tuple[Candidate, Layout]:
    """With other orders, where these move less or pack in fewer bytes."""
    from_program = not best.whole and _reordered(best)
    if options.order != "program" and from_program:
        taken, best = _from_program_order(listed, options, clock, (taken, best))
    if options.order != "program" and options.merge == "alias":
        taken, best = _tied(listed, taken, best, options, clock)
    if options.order == "traffic" and not best.whole:
        if not from_program:
            taken, best = _from_program_order(listed, options, clock, (taken, best))
        taken, best = _for_traffic(listed, options, clock, (taken, best))
    return taken, best


def _found(listed: Candidates, options: Options, clock: _Clock) -> tuple[Candidate, Layout]:
    """The best of the candidates, and what changes of its merges gain."""
    taken, best = _best(listed.first, options, clock)
    clock.stage("pack")
    if not (best.whole and best.l2_peak <= listed.enough) and not clock.passed():
        rest = listed.rest(clock.left())
        clock.stage("order")
        taken, best = _best(rest, options, clock, (taken, best))
        clock.stage("pack")
    taken, best = _better_sources(taken, best, options, clock)
    taken, best = _better_wholes(listed, taken, best, options, clock)
    return taken, _thorough(taken, best, options, clock)


def _from_program_order(
    listed: Candidates, options: Options, clock: _Clock, best: tuple[Candidate, Layout]
) -> tuple[Candidate, Layout]:
    """The better of `best` and what is found with program order: changes of merges may lead further from there."""
    if clock.spent():
        return best
    plain = replace(options, order="program")
    with suppress(Infeasible, DeadlinePassed):
        found = _found(listed.in_program_order(clock.left()), plain, clock)
        return min(best, found, key=lambda each: each[1].cost)
    return best


def _tied(
    listed: Candidates, taken: Candidate, best: Layout, options: Options, clock: _Clock
) -> tuple[Candidate, Layout]:
    """With another order of no higher load, where that moves less or packs in fewer bytes.

    Where nothing is merged this is not done: a plan with merges is never to be worse than that one.
    """
    found = taken, best
    for _ in range(_ROUNDS):
        if found[1].whole or clock.spent():
            break
        before = found
        found = _best(listed.tied(found[0], clock.left()), options, clock, found, Care.QUICK)
        if found is before:
            break
    if found[1] is not best:
        found = _better_wholes(listed, *_better_sources(*found, options, clock), options, clock)
        found = found[0], _thorough(*found, options, clock)
    left = min(_SHAKEN, _TRIALS // max(1, len(taken.order))) if options.pack == "offsets" else 0
    while left > 0 and found[1].whole and found[1].l2_peak > found[0].load and not clock.spent():
        before = found
        for candidate in listed.shaken(found[0], left, clock.left()):
            left -= 1
            found = _best([candidate], options, clock, found)
            if found[1] is not before[1]:
                break
        else:
            break
    return found


def _reordered(layout: Layout) -> bool:
    return layout.order != tuple(range(len(layout.order)))


def _for_traffic(
    listed: Candidates, options: Options, clock: _Clock, best: tuple[Candidate, Layout]
) -> tuple[Candidate, Layout]:
    """The best of orders searched for less traffic, with the best plan's merges and without any."""
    starts = [(listed, best)]
    if options.merge == "alias" and not clock.passed():
        plain = listed.without("merge", clock.left())
        clock.stage("order")
        with suppress(Infeasible, DeadlinePassed):
            starts.append((plain, _best(plain.first, options, clock)))
        clock.stage("pack")
    for candidates, (start, _) in starts:
        others = candidates.for_traffic(start, clock.left())
        clock.stage("order")
        best = _best(others, options, clock, best)
        clock.stage("pack")
    best = _better_wholes(listed, *_better_sources(*best, options, clock), options, clock)
    clock.stage("pack")
    return best


class _Clock:
    """Seconds by stage, what is left until the deadline, and what candidates need not find out anew."""

    def __init__(self, timeout: float | None) -> None:
        self._start = self._last = time.perf_counter()
        self._end = None if timeout is None else self._start + timeout
        self.seconds: dict[str, float] = {}
        self.known: Known = {}
        self.laid_out = 0  # kernels

    def stage(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name], self._last = self.seconds.get(name, 0.0) + now - self._last, now
        self.seconds["total"] = now - self._start

    def left(self) -> float:
        """Seconds; 0 means no deadline."""
        return 0.0 if self._end is None else max(1e-3, self._end - time.perf_counter())

    def spent(self) -> bool:
        """Whether what is left to do is to finish."""
        return self.laid_out > _MOST or self.passed()

    def passed(self) -> bool:
        return self._end is not None and time.perf_counter() >= self._end


def _best(
    listed: Iterable[Candidate],
    options: Options,
    clock: _Clock,
    best: tuple[Candidate, Layout] | None = None,
    care: Care = Care.PLAIN,
) -> tuple[Candidate, Layout]:
    failure: Infeasible | DeadlinePassed | None = None
    tried: set[tuple[int, tuple[int, ...], Shares]] = set()
    settled: set[tuple[int, tuple[int, ...]]] = set()  # storage and order, whose cost with merges is the least
    for each in listed:
        if best is not None and clock.passed():
            break
        few, place = len(tried) * len(each.order) < _TIED, (id(each.storage), each.order)
        if (best and _no_lower(each, best[1])) or (not few and each.shares == NO_SHARES and place in settled):
            continue
        candidate = each.meant()
        if (best and _no_lower(candidate, best[1])) or (*place, candidate.shares) in tried:
            continue
        tried.add((*place, candidate.shares))
        try:
            layout = _laid_out(candidate, options, clock, best[1] if best else None, few, care)
        except (Infeasible, DeadlinePassed) as error:
            failure = failure or error
            continue
        if layout is None:
            continue
        if not layout.whole and layout.objective <= layout.objective_bound:
            settled.add(place)
        if best is None or layout.cost < best[1].cost:
            best = candidate, layout
    if best is None:
        assert failure is not None
        raise failure
    return best


def _no_lower(candidate: Candidate, best: Layout) -> bool:
    """Whether its peak is surely no lower, where that is all that is left to gain."""
    return best.whole and candidate.load >= best.l2_peak


def _laid_out(
    candidate: Candidate, options: Options, clock: _Clock, best: Layout | None, tied: bool, care: Care
) -> Layout | None:
    """None if it is no better than `best`; `tied`: what costs the same may have a lower peak."""
    clock.laid_out += len(candidate.order)
    return lay_out(
        candidate.storage,
        candidate.order,
        lifetimes_in(candidate.storage, candidate.order),
        candidate.shares,
        options,
        clock.left(),
        best.l2_peak if best and best.whole else None,
        (math.inf if best is None else best.objective) + (_TIE if tied else 0.0),
        care,
        clock.known,
    )


def _better_sources(taken: Candidate, best: Layout, options: Options, clock: _Clock) -> tuple[Candidate, Layout]:
    """With other sources for what is written in place, where that moves less."""
    if best.whole or not taken.shares.in_place or clock.spent():
        return taken, best
    latest = latest_sources(taken.storage, taken.order, best.lifetimes, taken.shares)
    variants = [latest]
    for _ in range(_ROUNDS):
        variants.append(sources_in_l2(best, taken.shares))
        listed = [replace(taken, shares=shares) for shares in dict.fromkeys(variants) if shares != taken.shares]
        before, variants = best, []
        taken, best = _best(listed, options, clock, (taken, best))
        if best is before:
            break
    return taken, best


def _better_wholes(
    listed: Candidates, taken: Candidate, best: Layout, options: Options, clock: _Clock
) -> tuple[Candidate, Layout]:
    """With more or fewer zero-copy parts, where that moves less."""
    left = _TRIALS // len(taken.order) if taken.order and not best.whole else 0
    found = taken, best
    before: Layout | None = None
    while left > 0 and found[1] is not before and not clock.spent():
        before = found[1]
        for storage in islice(changed_wholes(listed.storage, listed.possible, before), left):
            left -= 1
            if clock.spent():
                break
            candidate = replace(taken, storage=storage, lower_bound=None)
            found = _best([candidate], options, clock, found, Care.QUICK)
            if found[1] is not before:
                break
    return found


def _thorough(taken: Candidate, best: Layout, options: Options, clock: _Clock) -> Layout:
    """What is not proven, with more effort; and the better bound."""
    if best.whole or best.objective <= best.objective_bound or not options.intervals or clock.passed():
        return best
    again = _best([taken], options, clock, care=Care.THOROUGH)[1]
    return replace(
        min(best, again, key=lambda layout: layout.cost),
        objective_bound=max(best.objective_bound, again.objective_bound),
        traffic_bound=max(best.traffic_bound, again.traffic_bound),
    )


def _baseline(storage: Storage, best: Layout, options: Options) -> dict[str, int]:
    program = range(len(storage.problem.kernels))
    lifetimes = lifetimes_in(storage, program)
    baseline = baseline_of(storage, lifetimes)
    if best.whole and options.pack == "offsets" and best.order == tuple(program) and best.plainly_merged:
        return baseline | {"program_order_peak": best.l2_peak}
    return baseline | {"program_order_peak": program_order_peak(storage, lifetimes, options)}
