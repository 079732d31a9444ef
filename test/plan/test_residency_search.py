"""The choice of residency: two searches that share no code agree, and what does not pack is learned from."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.errors import DeadlinePassed, Infeasible
from l2opt.plan import Buffer, Kernel, Memory, Options, Problem, check_plan, cp, make_plan, spill
from l2opt.plan.chunks import Chunk, Pick, cut
from l2opt.plan.costs import DEFAULT_COSTS, Costs
from l2opt.plan.cp_residency import proven_by_cp
from l2opt.plan.events import OUT, Known, Timeline, timelines_of
from l2opt.plan.layout import scene_of
from l2opt.plan.lifetimes import lifetimes_in
from l2opt.plan.merge import NO_SHARES, Shares
from l2opt.plan.residency import Chosen, Effort, choose, lines_of
from l2opt.plan.storage import resolve_storage
from residencies import least_cost
from strategies import options, problems, residency_problems

needs_ortools = pytest.mark.skipif(not cp.installed(), reason="no ortools")
UNLIMITED = Effort(looks=1 << 40)


def timelines(problem: Problem, objective: str, shares: Shares, known: Known | None = None) -> tuple[Timeline, ...]:
    """In program order."""
    storage, order = resolve_storage(problem), tuple(range(len(problem.kernels)))
    scene = scene_of(storage, order, lifetimes_in(storage, order), shares)
    costs = DEFAULT_COSTS[objective]
    return timelines_of(storage, scene.lifetimes, scene.items, order, costs, (), known)


@needs_ortools
@settings(max_examples=150, deadline=None)
@given(residency_problems(), st.sampled_from(["alias", "none"]), st.sampled_from(["traffic", "energy", "latency"]))
def test_cp_sat_finds_the_same_least_cost(problem: Problem, merge: str, objective: str) -> None:
    shares = NO_SHARES if merge == "none" else Shares.of(problem, "none")
    listed = timelines(problem, objective, shares)
    capacity, alignment = problem.l2.capacity, problem.l2.alignment
    assert capacity is not None
    room = [lines_of(capacity, alignment)] * max(1, len(problem.kernels))
    own = choose(listed, room, capacity // alignment, UNLIMITED)
    second = proven_by_cp(listed, room, capacity // alignment, Chosen(None, float("inf"), 0.0, False), 60.0)
    if not any(timeline.events for timeline in listed):
        return
    assert (own.choices is None) == (second.choices is None)
    if own.choices is not None:
        assert own.proven
        assert second.cost == pytest.approx(own.cost, abs=1e-3)
        assert second.bound == pytest.approx(own.cost, abs=1e-3)


@settings(max_examples=100, deadline=None)
@given(problems())
def test_events_known_from_other_merges_are_those_made_anew(problem: Problem) -> None:
    known: Known = {}
    for shares in (Shares.of(problem, "none"), NO_SHARES, Shares.of(problem, "safe")):
        assert timelines(problem, "traffic", shares, known) == timelines(problem, "traffic", shares)


@settings(max_examples=50, deadline=None)
@given(problems(), options())
def test_a_deadline_that_has_passed_still_gives_a_sound_plan(problem: Problem, chosen: Options) -> None:
    try:
        plan = make_plan(problem, replace(chosen, timeout=1e-9))
    except (DeadlinePassed, Infeasible):
        return
    assert check_plan(problem, plan) == ()


# Start, end, bytes. No step holds more than 9 bytes, but no packing has a peak below 10.
LOOSE = (
    *((8, 9, 2), (2, 6, 2), (5, 6, 3), (0, 4, 4), (8, 9, 3), (3, 7, 2)),
    *((1, 3, 3), (4, 8, 2), (6, 8, 4), (0, 1, 4), (8, 9, 3)),
)


def loose(capacity: int) -> Problem:
    """Buffers with the lifetimes of `LOOSE`."""
    buffers = tuple(Buffer(f"b{i}", size) for i, (_, _, size) in enumerate(LOOSE))
    kernels = [
        Kernel(
            f"k{step}",
            "any",
            tuple(f"b{i}" for i, (start, end, _) in enumerate(LOOSE) if start < step == end - 1),
            tuple(f"b{i}" for i, (start, *_) in enumerate(LOOSE) if start == step),
        )
        for step in range(9)
    ]
    return Problem(tuple(kernels), buffers, Memory("L2", capacity, 1), Memory("DDR", None, 1))


def test_what_does_not_pack_is_learned_from_and_capacity_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[list[str]] = []
    learn = spill._Search._learn

    def noted(self: spill._Search, stuck: list[Chunk], attempt: int) -> None:
        learned.append([chunk.part.name for chunk in stuck])
        learn(self, stuck, attempt)

    monkeypatch.setattr(spill._Search, "_learn", noted)
    problem = loose(9)
    plan = make_plan(problem, Options(order="program", merge="none"))
    assert check_plan(problem, plan) == ()
    assert learned  # the first choice, all in L2, has room by load
    assert all(learned)
    assert plan.l2_peak <= 9
    assert plan.traffic_lower_bound == 0 < plan.traffic == least_cost(problem, Costs(), merge=False)


def test_all_is_in_l2_where_it_packs_and_else_never_is_an_error() -> None:
    plan = make_plan(loose(10), Options(order="program", merge="none"))
    assert (plan.fits, plan.l2_peak, plan.traffic) == (True, 10, 0)
    with pytest.raises((Infeasible, DeadlinePassed)):
        make_plan(loose(9), Options(order="program", merge="none", spill="never"))


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1.0, 3e7, 1e290])
def test_the_unit_of_costs_changes_nothing(unit: float) -> None:
    costs = DEFAULT_COSTS["energy"]
    given = replace(costs, **{f.name: getattr(costs, f.name) * unit for f in fields(costs)})
    given = replace(given, transfer=1000 * unit)
    for capacity in (4, 7, 9):
        plans = [
            make_plan(loose(capacity), Options(objective="energy", costs=each))
            for each in (given, replace(costs, transfer=1000.0))
        ]
        assert plans[0].placements == plans[1].placements
        assert plans[0].copies == plans[1].copies


def test_what_leaves_l2_and_is_back_at_the_next_step_stays() -> None:
    """A copy out and one back in at one step would need a place in DDR at the step before."""
    buffers = (Buffer("a", 4), Buffer("b", 4))
    kernels = (
        Kernel("k0", "any", (), ("a",)),
        Kernel("k1", "any", ("a",), ("b",)),
        Kernel("k2", "any", ("a", "b"), ()),
    )
    problem = Problem(kernels, buffers, Memory("L2", 8, 1), Memory("DDR", None, 1))
    storage, order = resolve_storage(problem), (0, 1, 2)
    scene = scene_of(storage, order, lifetimes_in(storage, order), NO_SHARES)
    choices = {}
    for timeline in timelines(problem, "traffic", NO_SHARES):
        picks = [
            Pick(event, next(o for o in event.options if o.mode.before and (o.from_state, o.to_state) == (OUT, OUT)))
            for event in timeline.events
        ]
        choices[timeline.item] = tuple(picks)
    chunks, copies = cut(storage, scene.items, scene.items, choices, frozenset(), 3)
    assert copies == ()
    assert [(chunk.in_l2, chunk.start, chunk.end) for chunk in chunks] == [(True, 0, 3), (True, 1, 3)]
