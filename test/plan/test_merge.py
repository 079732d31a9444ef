"""Zero-copy parts and overlaps: taken where legal, refused by planner and checker alike where not, never worse."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import definition
from l2opt.errors import L2OptError
from l2opt.plan import Alias, Buffer, Kernel, Kind, Memory, Options, Overlap, Problem, Within, check_plan, make_plan
from l2opt.plan.check_merges import merges_of
from l2opt.plan.storage import resolve_storage
from l2opt.plan.within import Wholes, possible_within
from strategies import problems


@settings(max_examples=400, deadline=None, derandomize=True)
@given(problems(), st.data())
def test_planner_and_checker_agree_on_which_parts_may_lie_within_wholes(problem: Problem, data: st.DataObject) -> None:
    assume(problem.within)
    storage = resolve_storage(problem)
    possible = possible_within(storage)
    wholes = Wholes(storage)
    plain = make_plan(problem, Options(merge="none"))
    for n in data.draw(st.permutations(range(len(problem.within)))):
        choice = problem.within[n]
        part = problem.buffers[storage.root[storage.index[choice.part]]].id
        view = problem.buffers[storage.index[choice.part]]
        if part in plain.aliases or (view.id != part and view.size != problem.buffers[storage.index[part]].size):
            continue
        claimed = {**plain.aliases, part: Alias(choice.whole, choice.offset)}
        accepted = n in possible and wholes.add(n)
        assert accepted == (merges_of(problem, replace(plain, aliases=claimed)).wrong == [])
        if accepted:
            plain = replace(plain, aliases=claimed)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(problems(), st.sampled_from(["none", "safe"]))
def test_merging_is_never_worse(problem: Problem, overlap: str) -> None:
    merged, apart = make_plan(problem, Options(overlap=overlap)), make_plan(problem, Options(merge="none"))
    assert (merged.traffic, merged.l2_peak) <= (apart.traffic, apart.l2_peak)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much])
@given(problems(), st.data())
def test_the_checker_sees_an_alias_that_is_moved_added_or_left_out(problem: Problem, data: st.DataObject) -> None:
    plan = make_plan(replace(problem, l2=replace(problem.l2, capacity=None)), Options(overlap="safe"))
    taken = [b.id for b in problem.buffers if b.view_of is None and b.id in plan.aliases]
    assume(taken)
    name = data.draw(st.sampled_from(taken))
    alias = plan.aliases[name]
    free = replace(problem, l2=replace(problem.l2, capacity=None))
    other = data.draw(st.sampled_from([b.id for b in problem.buffers]))
    for changed in (Alias(alias.buffer, alias.offset + 1), Alias(other, alias.offset), None):
        if changed == alias:
            continue
        aliases = {key: value for key, value in {**plan.aliases, name: changed}.items() if value is not None}
        mutated = replace(plan, aliases=aliases)
        if check_plan(free, mutated) == ():
            assert definition.run(free, mutated) == []
            assert not definition.overlapping(free, mutated)


def test_parts_that_are_written_into_their_whole_need_no_room_of_their_own() -> None:
    problem = concat()
    plan = make_plan(problem)
    assert plan.aliases == {"a": Alias("w", 0), "b": Alias("w", 128)}
    assert plan.l2_peak == 448  # w 384 + x 64, or w 384 + y 64
    assert make_plan(problem, Options(merge="none")).l2_peak == 768  # a 128 + b 256 + w 384
    assert check_plan(problem, plan) == ()


def test_a_strided_part_takes_its_extent() -> None:
    problem = concat()
    rows = (Within("cat", "a", "w", 0, 3 * 96 + 32, 4), Within("cat", "b", "w", 32, 3 * 96 + 64, 4))
    plan = make_plan(replace(problem, within=rows))
    assert plan.aliases == {"a": Alias("w", 0), "b": Alias("w", 32)}
    assert (plan.l2_peak, plan.order_peak_load) == (448, 448)


def test_a_kernel_moves_only_what_is_not_in_its_place() -> None:
    problem = replace(concat(), l2=Memory("L2", 0))
    # x is read twice: 2 * 64; a and b are written: 128 + 256; w is read: 384; y is written: 64
    assert make_plan(problem).traffic == 960
    half = replace(problem, within=problem.within[:1])
    assert make_plan(half).traffic == 960 + 2 * 256  # b is read once more, and written once more
    assert make_plan(problem, Options(merge="none")).traffic == 960 + 2 * 384


def test_a_merge_that_lengthens_a_life_is_not_taken() -> None:
    """The whole is much larger than its part, which is live for long."""
    kernels = (
        Kernel("k0", "k", (), ("p",)),
        Kernel("k1", "k", (), ("big",)),
        Kernel("k2", "k", ("big",), ("small",)),
        Kernel("slice", "pad", ("p",), ("w",), after=("k2",)),
        Kernel("k4", "k", ("w", "small"), ("y",)),
    )
    sizes = {"p": 64, "big": 4096, "small": 64, "w": 2048, "y": 64}
    buffers = tuple(Buffer(name, size) for name, size in sizes.items())
    strided = Within("slice", "p", "w", 0, 1056, 2)  # 32 of each 1024
    problem = Problem(kernels, buffers, Memory("L2", None), within=(strided,))
    plan = make_plan(problem, Options(order="program"))
    assert plan.aliases == {}
    assert plan.l2_peak == 4096 + 64 + 64


def test_a_result_lies_below_an_operand_that_dies() -> None:
    buffers = (Buffer("x", 64, Kind.INPUT), Buffer("a", 1000), Buffer("b", 1000), Buffer("y", 64, live_out=True))
    kernels = (Kernel("k0", "k", ("x",), ("a",)), Kernel("k1", "k", ("a",), ("b",)), Kernel("k2", "k", ("b",), ("y",)))
    problem = Problem(kernels, buffers, Memory("L2", None), overlaps=(Overlap("k1", "a", "b", 100),))
    plan = make_plan(problem, Options(overlap="safe"))
    assert plan.aliases == {"a": Alias("b", 128)}  # 100 align 64
    assert plan.l2_peak == 1128  # b at 0, a at [128, 1128)
    assert any("iteration order" in note for note in plan.notes)
    assert check_plan(problem, plan) == ()
    assert make_plan(problem).aliases == {}
    nearer = replace(plan, aliases={"a": Alias("b", 64)})
    assert check_plan(problem, nearer)


@pytest.mark.parametrize("where", ["within", "overlaps"])
def test_a_choice_that_names_nothing_is_refused(where: str) -> None:
    wrong = {"within": (Within("cat", "none", "w", 0, 1),), "overlaps": (Overlap("cat", "none", "w", 1),)}
    with pytest.raises(L2OptError, match="names 'none', which is not declared"):
        make_plan(replace(concat(), **{where: wrong[where]}))


def concat() -> Problem:
    kernels = (
        Kernel("left", "conv", ("x",), ("a",)),
        Kernel("right", "conv", ("x",), ("b",)),
        Kernel("cat", "concat", ("a", "b"), ("w",)),
        Kernel("last", "conv", ("w",), ("y",)),
    )
    sizes = {"a": 128, "b": 256, "w": 384}
    buffers = (
        Buffer("x", 64, Kind.INPUT),
        *(Buffer(name, size) for name, size in sizes.items()),
        Buffer("y", 64, live_out=True),
    )
    within = (Within("cat", "a", "w", 0, 128), Within("cat", "b", "w", 128, 256))
    return Problem(kernels, buffers, Memory("L2", None), within=within)
