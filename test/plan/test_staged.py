"""What is at home in DDR and may have copies in L2: read from DDR once where that saves traffic; and kernels that find
every operand in L2."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import definition
from l2opt.errors import DeadlinePassed, Infeasible, L2OptError
from l2opt.plan import Buffer, Copy, Kernel, Kind, Memory, Options, Placement, Plan, Problem, check_plan, make_plan
from l2opt.plan.weights import weights_traffic
from strategies import options, problems

PROGRAM = Options(order="program", merge="none")


def problem_of(kernels: list[Kernel], buffers: list[Buffer], capacity: int, operands: bool = False) -> Problem:
    return Problem(
        tuple(kernels), tuple(buffers), Memory("L2", capacity, 1), Memory("DDR", None, 1), operands_in_l2=operands
    )


def an_input(id_: str = "x", size: int = 8) -> Buffer:
    return Buffer(id_, size, Kind.INPUT, external=True, staged=True)


def the_callers(id_: str = "o", size: int = 4, kind: Kind = Kind.OUTPUT) -> Buffer:
    """What the caller gives to be written; as a variable also read."""
    return Buffer(id_, size, kind, external=True, staged=True)


def an_output(id_: str = "y", size: int = 4) -> Buffer:
    return Buffer(id_, size, Kind.OUTPUT, pinned="DDR", staged=True)


def planned(problem: Problem) -> Plan:
    plan = make_plan(problem, PROGRAM)
    assert check_plan(problem, plan) == ()
    return plan


def twice_read(capacity: int, operands: bool = False) -> Plan:
    """x is read by two kernels, and the result goes to DDR."""
    kernels = [Kernel("k0", "k0", ("x",), ("t",)), Kernel("k1", "k1", ("x", "t"), ("y",))]
    return planned(problem_of(kernels, [an_input(), Buffer("t", 2), an_output()], capacity, operands))


def test_an_input_read_twice_is_read_from_ddr_once() -> None:
    plan = twice_read(10)
    assert plan.copies == (Copy("x", "DDR", "L2", 0, 8),)
    assert plan.placements["x"] == (Placement("L2", plan.placements["x"][0].offset, 0, 2),)
    assert plan.traffic == plan.traffic_lower_bound == 8 + 4


def test_an_input_without_room_is_read_where_it_is() -> None:
    plan = twice_read(7)
    assert (plan.copies, plan.traffic) == ((), 8 + 8 + 4)


def test_an_input_read_once_is_not_copied() -> None:
    kernels = [Kernel("k0", "k0", ("x",), ("y",))]
    plan = planned(problem_of(kernels, [an_input(), an_output()], 100))
    assert (plan.copies, plan.traffic) == ((), 8 + 4)


def test_an_output_that_is_read_again_is_kept_in_l2_and_goes_home_once() -> None:
    kernels = [
        Kernel("k0", "k0", (), ("y",)),
        Kernel("k1", "k1", ("y",), ("t",)),
        Kernel("k2", "k2", ("y", "t"), ("u",)),
    ]
    buffers = [an_output(), Buffer("t", 1), Buffer("u", 1, live_out=True)]
    plan = planned(problem_of(kernels, buffers, 100))
    assert plan.copies == (Copy("y", "L2", "DDR", 3, 4),)
    assert plan.traffic == 4
    assert [place.memory for place in plan.placements["y"]] == ["DDR", "L2"]


def test_with_operands_in_l2_all_are_staged_and_the_output_goes_home_after_the_last_kernel() -> None:
    plan = twice_read(14, operands=True)
    assert [(copy.buffer, copy.target, copy.step) for copy in plan.copies] == [("x", "L2", 0), ("y", "DDR", 2)]
    assert plan.traffic == 8 + 4
    assert plan.l2_peak == 14


def test_constants_are_staged_as_often_as_the_room_for_tensors_asks() -> None:
    """w is used by the first and the last kernel; with 4 bytes more it can stay."""
    kernels = [
        Kernel("k0", "k0", ("w",), ("a",)),
        Kernel("k1", "k1", ("a",), ("b",)),
        Kernel("k2", "k2", ("b", "w"), ("c",)),
    ]
    w = Buffer("w", 4, Kind.CONSTANT, external=True, staged=True)
    buffers = [w, Buffer("a", 6), Buffer("b", 6), Buffer("c", 1, live_out=True)]
    for capacity, copies in ((12, 2), (16, 1)):
        problem = problem_of(kernels, buffers, capacity, operands=True)
        plan = planned(problem)
        assert [copy.buffer for copy in plan.copies] == ["w"] * copies
        assert (plan.traffic, weights_traffic(problem, plan)) == (0, 4 * copies)


def written_twice(between: Kernel, capacity: int = 100) -> Plan:
    """o is written, added to after `between`, and read."""
    kernels = [
        Kernel("k0", "k0", (), ("o",)),
        between,
        Kernel("k2", "k2", ("o",), ("o",), after=(between.id,)),
        Kernel("k3", "k3", ("o",), ("u",)),
    ]
    return planned(problem_of(kernels, [the_callers(), Buffer("t", 1), Buffer("u", 1, live_out=True)], capacity))


def moves(plan: Plan) -> list[tuple[str, int]]:
    return [(copy.target, copy.step) for copy in plan.copies]


def test_what_the_caller_gives_to_be_written_comes_home_once() -> None:
    plan = written_twice(Kernel("k1", "k1", (), ("t",)))
    assert (moves(plan), plan.traffic) == ([("DDR", 4)], 4)


def test_it_is_brought_in_if_it_is_read_before_it_is_written() -> None:
    kernels = [Kernel("k0", "k0", ("o",), ("o",)), Kernel("k1", "k1", ("o",), ("u",))]
    buffers = [the_callers(kind=Kind.VARIABLE), Buffer("u", 1, live_out=True)]
    plan = planned(problem_of(kernels, buffers, 100))
    assert (moves(plan), plan.traffic) == ([("L2", 0), ("DDR", 2)], 8)


def test_a_kernel_that_sees_it_at_home_finds_it_there() -> None:
    plan = written_twice(Kernel("k1", "k1", (), ("t",), after=("k0",), sees=("o",)))
    assert moves(plan) == [("L2", 2), ("DDR", 4)]  # k0 writes it at home
    assert plan.traffic == 4 + 4 + 4


def test_no_copy_outlives_a_kernel_that_may_change_it_at_home() -> None:
    plan = written_twice(Kernel("k1", "k1", (), ("t",), after=("k0",), changes=("o",)))
    assert (moves(plan), plan.traffic) == ([("L2", 2), ("DDR", 4)], 4 + 4 + 4)


@pytest.mark.parametrize(
    ("kernel", "fault"),
    [
        (Kernel("k1", "k1", (), ("t",), sees=("o",)), "kernel 'k1' at step 1: want the value of 'o' at home"),
        (Kernel("k1", "k1", (), ("t",), changes=("o",)), "kernel 'k2' at step 2: want the value of 'o'"),
    ],
)
def test_a_plan_that_knows_nothing_of_a_second_name_is_at_fault(kernel: Kernel, fault: str) -> None:
    buffers = (the_callers(), Buffer("t", 1), Buffer("u", 1, live_out=True))
    kernels = [Kernel("k0", "k0", (), ("o",)), kernel, Kernel("k2", "k2", ("o",), ("u",))]
    problem = problem_of(kernels, list(buffers), 100)
    plan = written_twice(Kernel("k1", "k1", (), ("t",)))
    naive = planned(replace(problem, kernels=tuple(replace(each, sees=(), changes=()) for each in kernels)))
    assert plan.copies == (Copy("o", "L2", "DDR", 4, 4),)
    assert any(fault in each for each in check_plan(problem, naive))


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (Kernel("k0", "k0", (), ("o",), changes=("o",)), "kernel 'k0' writes 'o', and may change it"),
        (Kernel("k0", "k0", (), ("o",), sees=("t",)), "kernel 'k0' reaches 't' at home: want it external and staged"),
        (Kernel("k0", "k0", (), ("o",), sees=("x",)), "kernel 'k0' reaches 'x' at home: want it external and staged"),
    ],
)
def test_what_cannot_be_reached_at_home_is_an_error(kernel: Kernel, message: str) -> None:
    with pytest.raises(L2OptError, match=message):
        make_plan(problem_of([kernel], [the_callers(), Buffer("t", 1)], 100), PROGRAM)


def test_an_operand_outside_of_l2_is_a_fault() -> None:
    kernels = [Kernel("k0", "k0", ("a",), ("b",))]
    buffers = [Buffer("a", 4, Kind.INPUT), Buffer("b", 4, live_out=True)]
    problem = problem_of(kernels, buffers, 4)
    plan = make_plan(problem, PROGRAM)
    assert check_plan(problem, plan) == ()
    faults = check_plan(replace(problem, operands_in_l2=True), plan)
    assert faults == ("kernel 'k0' at step 0: want 'b' in L2, got DDR",)


def test_what_is_staged_and_not_brought_home_is_a_fault() -> None:
    kernels = [Kernel("k0", "k0", (), ("y",))]
    problem = problem_of(kernels, [an_output()], 100, operands=True)
    plan = planned(problem)
    (fault,) = check_plan(problem, replace(plan, copies=(), traffic=0, traffic_lower_bound=0))
    assert fault == "buffer 'y': want its value in place after the last step, got none or an old one"


def test_what_is_staged_and_not_brought_in_is_a_fault() -> None:
    w = Buffer("w", 4, Kind.CONSTANT, external=True, staged=True)
    problem = problem_of([Kernel("k0", "k0", ("w",), ("a",))], [w, Buffer("a", 4, live_out=True)], 100, operands=True)
    plan = planned(problem)
    (fault,) = check_plan(problem, replace(plan, copies=()))
    assert fault == "kernel 'k0' at step 0: want the value of 'w', got none or an old one"


@settings(max_examples=200, deadline=None)
@given(problems(), options(), st.sampled_from(["traffic", "energy"]))
def test_any_problem_with_what_is_at_home_in_ddr_is_sound_and_runs(
    problem: Problem, chosen: Options, objective: str
) -> None:
    problem = replace(problem, buffers=tuple(map(_at_home, problem.buffers)))
    plan = make_plan(problem, replace(chosen, objective=objective))
    assert check_plan(problem, plan) == ()
    assert definition.run(problem, plan) == []
    assert not definition.overlapping(problem, plan)


@settings(max_examples=300, deadline=None)
@given(problems(), options(), st.sampled_from(["traffic", "energy"]), st.booleans(), st.data())
def test_any_problem_with_what_the_caller_has_under_other_names_too_is_sound_and_runs(
    problem: Problem, chosen: Options, objective: str, operands: bool, data: st.DataObject
) -> None:
    problem = _reached(replace(problem, buffers=tuple(map(_the_callers, problem.buffers))), data.draw)
    problem = replace(problem, operands_in_l2=operands)
    try:
        plan = make_plan(problem, replace(chosen, objective=objective))
    except (Infeasible, DeadlinePassed):
        assert operands
        return
    assert check_plan(problem, plan) == ()
    assert definition.run(problem, plan) == []
    assert not definition.overlapping(problem, plan)


def _the_callers(buffer: Buffer) -> Buffer:
    """Inputs, outputs and variables are; nothing else has a place that is not free."""
    if buffer.view_of is not None or buffer.kind in (Kind.TENSOR, Kind.CONSTANT):
        return replace(buffer, pinned=None)
    return replace(buffer, pinned=None, external=True, staged=True)


def _reached(problem: Problem, draw: st.DrawFn) -> Problem:
    """With kernels that may see or change what is the caller's, in the order in which they stand."""
    own = [each.id for each in problem.buffers if each.external and each.staged]
    roots = {b.id: b.id if b.view_of is None else b.view_of.buffer for b in problem.buffers}
    kernels: list[Kernel] = []
    for kernel in problem.kernels:
        names = draw(st.lists(st.sampled_from(own), max_size=2, unique=True)) if own else []
        written = {roots[name] for name in kernel.writes}
        changes = tuple(name for name in names if name not in written and draw(st.booleans()))
        sees = tuple(name for name in names if name not in changes)
        before = tuple(each.id for each in kernels)
        kernels.append(replace(kernel, after=before, sees=sees, changes=changes))
    return replace(problem, kernels=tuple(kernels))


@settings(max_examples=200, deadline=None)
@given(problems(), options(), st.sampled_from(["traffic", "energy"]))
def test_any_problem_with_operands_in_l2_is_sound_and_runs_or_is_an_error(
    problem: Problem, chosen: Options, objective: str
) -> None:
    problem = replace(problem, buffers=tuple(map(_at_home, problem.buffers)), operands_in_l2=True)
    sizes = sum(buffer.size + 8 for buffer in problem.buffers) + sum(kernel.scratch + 8 for kernel in problem.kernels)
    try:
        plan = make_plan(problem, replace(chosen, objective=objective))
    except (Infeasible, DeadlinePassed):
        assert problem.l2.capacity is not None
        assert problem.l2.capacity < sizes
        return
    assert check_plan(problem, plan) == ()
    assert definition.run(problem, plan) == []
    assert not definition.overlapping(problem, plan)
    own = {buffer.id: buffer for buffer in problem.buffers}
    for step, id_ in enumerate(plan.order):
        kernel = next(each for each in problem.kernels if each.id == id_)
        for name in (*kernel.reads, *kernel.writes):
            if own[name].size:
                assert any(place.memory == "L2" and place.start <= step < place.end for place in plan.placements[name])


def _at_home(buffer: Buffer) -> Buffer:
    """All inputs, outputs and constants are at home in DDR, and nothing else is pinned there."""
    if buffer.view_of is not None:
        return buffer
    if buffer.kind in (Kind.INPUT, Kind.CONSTANT):
        return replace(buffer, pinned=None, external=True, staged=True)
    at_home = buffer.kind is Kind.OUTPUT
    return replace(buffer, pinned="DDR" if at_home else None, staged=at_home)
