"""A plan that is wrong by one step or one offset is caught: by the plan's checker, by the checker of final IR, and by
running it. The network has its real weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import pytest
from bufferized import Bufferized, bufferized

from l2opt.passes.check_ir_module import check_module
from l2opt.plan import Options, Plan, Problem, check_plan, make_plan
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs


@dataclass
class Prepared:
    """The network, and a sound plan."""

    network: Bufferized
    plan: Plan

    @property
    def problem(self) -> Problem:
        return self.network.problem


@pytest.fixture(scope="module")
def prepared() -> Iterator[Prepared]:
    with bufferized() as network:
        yield Prepared(network, make_plan(network.problem, Options(order="program", merge="none")))


def moved(plan: Plan, buffer: str, offset: int) -> Plan:
    """`plan` with `buffer`, and what runs in place of it, at another offset."""
    moving = {buffer} | {each for each, alias in plan.aliases.items() if alias.buffer == buffer}
    changed = {
        each: tuple(replace(placement, offset=offset) for placement in plan.placements[each])
        for each in moving
        if plan.placements[each]
    }
    return replace(plan, placements={**plan.placements, **changed})


def lifetimes_cut_by_a_step(prepared: Prepared) -> list[tuple[str, str, Plan]]:
    """For each kernel, what a planner would do that ended an operand's life one step early: give the operand's bytes
    to the result, which the kernel does not write in place."""
    found = []
    for kernel in prepared.problem.kernels:
        for read in kernel.reads:
            for written in kernel.writes:
                source, target = prepared.plan.placements[read], prepared.plan.placements[written]
                related = {read, written} & (prepared.plan.aliases.keys())
                if source and target and not related:
                    found.append((read, written, moved(prepared.plan, written, source[0].offset)))
    return found


def test_the_sound_plan_passes(prepared: Prepared) -> None:
    assert check_plan(prepared.problem, prepared.plan) == ()
    assert not any(each.faults for each in check_module(prepared.network.packed(prepared.plan)))
    made = compare(prepared.network.packed(prepared.plan), clone(prepared.network.reference), "", inputs())
    assert made.difference is None
    assert made.distinct > 100


def test_every_lifetime_cut_by_a_step_is_caught_by_both_checkers(prepared: Prepared) -> None:
    mutations = lifetimes_cut_by_a_step(prepared)
    assert len(mutations) >= 8
    for read, written, plan in mutations:
        assert check_plan(prepared.problem, plan) != (), f"{written} over {read}"
        faults = [fault for each in check_module(prepared.network.packed(plan)) for fault in each.faults]
        assert faults, f"{written} over {read}"


@pytest.mark.parametrize("number", [0, 2, 5, -1])
def test_a_lifetime_cut_by_a_step_is_caught_by_running(prepared: Prepared, number: int) -> None:
    _, _, plan = lifetimes_cut_by_a_step(prepared)[number]
    assert (
        compare(prepared.network.packed(plan), clone(prepared.network.reference), "", inputs()).difference is not None
    )


@pytest.mark.parametrize("shift", [64, -64, 4096])
def test_a_shifted_offset_is_caught_when_it_meets_other_live_bytes(prepared: Prepared, shift: int) -> None:
    caught = 0
    for buffer, placements in prepared.plan.placements.items():
        if not placements or buffer in prepared.plan.aliases:
            continue
        offset = placements[0].offset + shift
        plan = moved(prepared.plan, buffer, offset)
        sound = fits_by_definition(prepared, plan)
        assert (check_plan(prepared.problem, plan) == ()) <= sound, buffer
        if not sound and 0 <= offset:
            caught += 1
    assert caught >= 5


def test_a_shifted_offset_is_caught_by_running(prepared: Prepared) -> None:
    for buffer, placements in prepared.plan.placements.items():
        if placements and placements[0].offset >= 64 and buffer not in prepared.plan.aliases:
            plan = moved(prepared.plan, buffer, placements[0].offset - 64)
            if not fits_by_definition(prepared, plan):
                module = prepared.network.packed(plan)
                assert any(each.faults for each in check_module(clone(module)))
                assert compare(module, clone(prepared.network.reference), "", inputs()).difference is not None
                return
    pytest.fail("no buffer to shift")


def inputs() -> partial:
    return partial(_random_inputs)


def _random_inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)


def fits_by_definition(prepared: Prepared, plan: Plan) -> bool:
    """Whether no byte belongs to two storages at once: step by step, byte range by byte range."""
    sizes = {buffer.id: buffer.size for buffer in prepared.problem.buffers}
    roots = [buffer for buffer in plan.placements if buffer not in plan.aliases and plan.placements[buffer]]
    for step in range(len(plan.order)):
        live = []
        for buffer in roots:
            for placement in plan.placements[buffer]:
                if placement.start <= step < placement.end:
                    live.append((placement.offset, placement.offset + sizes[buffer]))
        live.sort()
        if any(low < 0 or high > prepared.problem.l2.capacity for low, high in live):
            return False
        if any(a[1] > b[0] for a, b in pairwise(live)):
            return False
    return True
