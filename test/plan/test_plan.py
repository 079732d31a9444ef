"""Any problem, any options: the plan is sound by the checker and by definition."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import definition
from l2opt.errors import DeadlinePassed, Infeasible, L2OptError
from l2opt.plan import Alias, Buffer, InPlace, Kernel, Kind, Memory, Options, Problem, check_plan, make_plan
from strategies import options, problems

K = 1000


@settings(max_examples=600, deadline=None)
@given(problems(), options())
def test_any_plan_is_sound_and_runs(problem: Problem, chosen: Options) -> None:
    plan = make_plan(problem, chosen)
    assert check_plan(problem, plan) == ()
    assert not definition.overlapping(problem, plan)
    assert definition.run(problem, plan) == []


@settings(max_examples=200, deadline=None)
@given(problems(), options())
def test_without_spilling_a_plan_fits_or_is_refused(problem: Problem, chosen: Options) -> None:
    free = make_plan(problem, chosen)
    try:
        plan = make_plan(problem, replace(chosen, spill="never"))
    except (Infeasible, DeadlinePassed):
        assert not free.fits
    else:
        assert plan.fits
        assert check_plan(problem, plan) == ()


@settings(max_examples=200, deadline=None)
@given(problems(), options())
def test_merging_and_reordering_never_make_a_plan_worse(problem: Problem, chosen: Options) -> None:
    plan = make_plan(problem, chosen)
    for plainer in (replace(chosen, merge="none"), replace(chosen, order="program")):
        other = make_plan(problem, plainer)
        assert (plan.traffic, not plan.fits, plan.l2_peak) <= (other.traffic, not other.fits, other.l2_peak)


def test_a_plan_that_holds_all_is_better_than_a_lower_peak_without_what_nobody_uses() -> None:
    """In program order, a, b and c take 26 B at once, and with %kept, 5 B that nobody reads, more than L2 has: it would
    go to DDR, at no cost. The other order takes 24 B, 29 B with %kept."""
    sizes = {"a": 20, "b": 4, "c": 2, "d": 4}
    buffers = [Buffer(name, size, live_out=name in "bd") for name, size in sizes.items()]
    kept = Buffer("kept", 5, Kind.CONSTANT, live_out=True)
    steps = (((), "a"), ((), "c"), (("a",), "b"), (("c",), "d"))
    kernels = tuple(Kernel(f"k{k}", f"k{k}", reads, (written,)) for k, (reads, written) in enumerate(steps))
    problem = Problem(kernels, (*buffers, kept), Memory("L2", 30, 1))
    plan, in_program_order = make_plan(problem), make_plan(problem, Options(order="program"))
    assert (plan.fits, plan.traffic, plan.l2_peak) == (True, 0, 29)
    assert (in_program_order.fits, in_program_order.traffic, in_program_order.l2_peak) == (False, 0, 26)


@given(problems())
@settings(max_examples=50, deadline=None)
def test_a_plan_is_the_same_on_every_run(problem: Problem) -> None:
    assert replace(make_plan(problem), seconds={}) == replace(make_plan(problem), seconds={})


@settings(max_examples=400, deadline=None)
@given(problems(), options(), st.data())
def test_the_checker_sees_an_overlap_exactly_when_there_is_one(
    problem: Problem, chosen: Options, data: st.DataObject
) -> None:
    free = replace(problem, l2=replace(problem.l2, capacity=None))
    plan = make_plan(free, chosen)
    roots = [b.id for b in free.buffers if b.view_of is None and not b.external and b.size]
    assume(roots)
    moved = data.draw(st.sampled_from(roots))
    while moved in plan.aliases:
        alias = plan.aliases[moved].buffer
        moved = next(b.id for b in free.buffers if b.id == alias)
    memory = plan.placements[moved][0].memory
    alignment = (free.l2 if memory == "L2" else free.ddr).alignment
    offset = data.draw(st.integers(0, 12)) * alignment
    shift = offset - plan.placements[moved][0].offset
    placements = {
        name: tuple(replace(p, offset=p.offset + shift) for p in places)
        if _top(plan.aliases, name) == moved
        else places
        for name, places in plan.placements.items()
    }
    mutated = replace(plan, placements=placements)
    reported = any("live together" in line for line in check_plan(free, mutated))
    assert reported == definition.overlapping(free, mutated)


def _top(aliases: dict[str, Alias], name: str) -> str:
    while name in aliases:
        name = aliases[name].buffer
    return name


@settings(max_examples=200, deadline=None)
@given(problems(max_kernels=5), options(), st.data())
def test_the_checker_sees_a_life_or_a_place_cut_short(problem: Problem, chosen: Options, data: st.DataObject) -> None:
    plan = make_plan(problem, chosen)
    placed = [name for name, places in plan.placements.items() if places]
    assume(placed)
    name = data.draw(st.sampled_from(placed))
    start, end = plan.lifetimes[name]
    cut = {**plan.lifetimes, name: (start, end - 1)}
    assert any(repr(name) in line for line in check_plan(problem, replace(plan, lifetimes=cut)))
    place = plan.placements[name][0]
    for shorter in (replace(place, end=place.end - 1), replace(place, start=place.start + 1)):
        mutated = replace(plan, placements={**plan.placements, name: (shorter,)})
        assert any(repr(name) in line for line in check_plan(problem, mutated))


@pytest.mark.parametrize("figure", ["l2_peak", "ddr_peak", "traffic", "l2_lower_bound"])
def test_the_checker_sees_a_wrong_figure(figure: str) -> None:
    problem = article_second(capacity=1_400_000)
    plan = make_plan(problem)
    wrong = replace(plan, **{figure: getattr(plan, figure) + 1})
    assert check_plan(problem, plan) == ()
    assert check_plan(problem, wrong) != ()


def chain(sizes: dict[str, int], steps: list[tuple[str, str]], capacity: int | None) -> Problem:
    kernels = tuple(Kernel(f"k{i}", w, tuple(r.split()), tuple(w.split())) for i, (r, w) in enumerate(steps))
    return Problem(kernels, tuple(Buffer(name, size) for name, size in sizes.items()), Memory("L2", capacity))


def article_first(capacity: int | None = None) -> Problem:
    sizes = {"t0": 800 * K, "t1": 700 * K, "t2": 800 * K, "r": 10 * K, "l": 1000 * K}
    return chain(sizes, [("", "t0"), ("t0", "t1"), ("t1", "t2"), ("t2", "r"), ("t2", "l"), ("r l", "")], capacity)


def article_second(capacity: int | None = None) -> Problem:
    sizes = {"A": 1000 * K, "B": 400 * K, "l": 500 * K, "C": 300 * K}
    return chain(sizes, [("", "A"), ("A", "B"), ("B", "l"), ("B", "C"), ("l C", "")], capacity)


def test_article_first_graph() -> None:
    in_order = make_plan(article_first(), Options(pack="slots", slots="first-come"))
    assert in_order.l2_peak == 2_500_000  # 800K + 700K + 1000K
    best = make_plan(article_first(), Options(pack="slots"))
    assert (best.l2_peak, best.l2_lower_bound) == (1_810_000, 1_810_000)  # 1000K + 800K + 10K
    assert best.baseline["slots"] == 2_500_000


def test_article_second_graph() -> None:
    assert make_plan(article_second(), Options(pack="slots")).l2_peak == 1_700_000  # 1000K + 400K + 300K
    plan = make_plan(article_second())
    assert plan.l2_peak == 1_400_000
    a, c = plan.placements["A"][0], plan.placements["C"][0]
    assert a.offset <= c.offset
    assert c.offset + 300 * K <= a.offset + 1000 * K


@pytest.mark.parametrize("capacity", [0, 1])
def test_with_no_room_everything_is_in_ddr(capacity: int) -> None:
    problem = article_second(capacity)
    plan = make_plan(problem)
    assert {places[0].memory for places in plan.placements.values()} == {"DDR"}
    assert plan.traffic == plan.traffic_lower_bound == 2 * 1000 * K + 3 * 400 * K + 2 * 500 * K + 2 * 300 * K
    assert check_plan(problem, plan) == ()


def test_without_kernels_inputs_and_results_still_have_a_place() -> None:
    buffers = (Buffer("x", 100, Kind.INPUT, live_out=True), Buffer("y", 50, Kind.OUTPUT), Buffer("z", 0))
    problem = Problem((), buffers, Memory("L2", 1000))
    plan = make_plan(problem)
    assert plan.l2_peak == 164  # 64 (50 align 64) + 100
    assert plan.lifetimes == {"x": (0, 1), "y": (0, 1), "z": (0, 1)}
    assert check_plan(problem, plan) == ()


def test_an_elementwise_result_goes_over_its_operand() -> None:
    problem = chain({"x": 256, "y": 256, "z": 256}, [("", "x"), ("x", "y"), ("y", "z")], None)
    problem = replace(problem, in_place=(InPlace("k1", "x", "y"), InPlace("k2", "y", "z")))
    assert make_plan(problem).l2_peak == 256
    assert make_plan(problem).aliases == {"y": Alias("x"), "z": Alias("y")}
    assert make_plan(problem, Options(merge="none")).l2_peak == 512


def test_an_operand_read_later_is_not_written_over() -> None:
    problem = chain({"x": 256, "y": 256}, [("", "x"), ("x", "y"), ("x y", "")], None)
    problem = replace(problem, in_place=(InPlace("k1", "x", "y"),))
    assert make_plan(problem).aliases == {}


def test_what_does_not_fit_is_named_with_the_bytes_missing() -> None:
    with pytest.raises(Infeasible, match=r"needs 1400000 B, 400000 B more .* at step 1 it holds 'A'") as caught:
        make_plan(article_second(1000 * K), Options(spill="never"))
    assert caught.value.buffers == ("A", "B")


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (chain({"x": 1}, [("x", "")], None), "reads buffer 'x' before anything writes it"),
        (chain({"x": 1}, [("y", "")], None), "uses buffer 'y', which is not declared"),
        (chain({"x": 2**62}, [("", "x")], None), "at most 2"),
        (replace(chain({"x": 1}, [("", "x")], None), buffers=(Buffer("x", 1), Buffer("x", 2))), "declared twice"),
        (
            replace(chain({"x": 1, "y": 1}, [], None), buffers=(Buffer("x", 1, view_of=Alias("x")),)),
            "view of itself",
        ),
        (replace(chain({}, [], None), buffers=(Buffer("x", 1), Buffer("v", 2, view_of=Alias("x")))), "at most 1 B"),
        (replace(chain({}, [], None), kernels=(Kernel("k", "k", (), (), after=("k",)),)), "not before it"),
    ],
)
def test_a_problem_at_fault_is_refused(problem: Problem, message: str) -> None:
    with pytest.raises(L2OptError, match=message):
        make_plan(problem)


def test_a_plan_may_be_as_large_as_sizes_go() -> None:
    problem = chain({"x": 2**61, "y": 2**60}, [("", "x"), ("x", "y"), ("y", "")], 2**62)
    plan = make_plan(problem)
    assert plan.l2_peak == 2**61 + 2**60
    assert check_plan(problem, plan) == ()
