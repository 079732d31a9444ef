"""The exact search against brute force, its proofs, and that its result follows from the work alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.plan.exact import race
from l2opt.plan.items import Item
from l2opt.plan.native import native_items
from l2opt.plan.pack import least_peak
from l2opt.plan.packing import Effort, Outcome, solve_packing
from l2opt.sizes import MAX_SIZE
from strategies import cut_rectangles, standing_items
from test_pack import least_by_trying, sound

WORK = 50_000_000
LIMIT = 34  # three items, pushed down, end below 3 * (4 + 3) + 12


def sizes_of(spans: list[tuple[int, int, int]]) -> list[Item]:
    return [Item(f"b{i}", ((s, e, 0, size),), (), size) for i, (s, e, size) in enumerate(spans)]


@settings(max_examples=400, deadline=None)
@given(standing_items(max_items=3))
def test_the_least_peak_equals_brute_force(items: list[Item]) -> None:
    least = least_by_trying(items, LIMIT)
    packing = solve_packing(items, None)
    if least == LIMIT:
        assert packing.outcome is Outcome.INFEASIBLE
        return
    assert packing.outcome is Outcome.OPTIMAL
    assert packing.offsets is not None
    assert (packing.peak, packing.lower_bound) == (least, least)
    assert sound(items, list(packing.offsets))


@settings(max_examples=150, deadline=None)
@given(standing_items(max_items=3), st.integers(1, 24))
def test_a_capacity_is_met_or_proven_too_small(items: list[Item], capacity: int) -> None:
    least = least_by_trying(items, LIMIT)
    packing = solve_packing(items, capacity)
    if least <= capacity:
        assert packing.offsets is not None
        assert packing.peak is not None
        assert packing.peak <= capacity
        return
    assert packing.outcome is Outcome.INFEASIBLE
    assert packing.lower_bound > capacity
    witness = [item for item in items if item.name in packing.witness]
    assert least_by_trying(witness, LIMIT) > capacity
    if packing.witness_is_minimal:
        for left_out in witness:
            rest = [item for item in witness if item is not left_out]
            assert least_by_trying(rest, LIMIT) <= capacity


@settings(max_examples=150, deadline=None)
@given(cut_rectangles())
def test_rectangles_cut_without_waste_are_put_together_again(cut: tuple[list[tuple[int, int, int]], int]) -> None:
    spans, height = cut
    packing = solve_packing(sizes_of(spans), height, Effort(work=WORK))
    assert packing.offsets is not None
    assert sound(sizes_of(spans), list(packing.offsets))


@settings(max_examples=60, deadline=None)
@given(cut_rectangles(), st.integers(0, 3))
def test_threads_do_not_change_the_result(cut: tuple[list[tuple[int, int, int]], int], more: int) -> None:
    native = native_items(sizes_of(cut[0]), 1)
    one, two = (race(native, cut[1], MAX_SIZE, cut[1] + more, 2_000_000, threads=n) for n in (1, 2))
    assert one is not None
    assert two is not None
    assert (one.offsets, one.peak, one.bound, one.winner) == (two.offsets, two.peak, two.bound, two.winner)


def test_work_that_ends_early_proves_nothing() -> None:
    spans = [(i % 7, i % 7 + 1 + i % 5, 1 + (i * 7) % 13) for i in range(40)]
    packed = sizes_of(spans)
    bound = least_peak(packed, 1)
    packing = solve_packing(packed, bound, Effort(work=1))
    assert packing.outcome in (Outcome.UNKNOWN, Outcome.OPTIMAL)
    assert packing.outcome is Outcome.OPTIMAL or packing.error is not None


def test_a_deadline_is_kept() -> None:
    spans = [(i % 37, i % 37 + 1 + (i * i) % 11, 1000 + (i * 7919) % 997) for i in range(300)]
    packing = solve_packing(sizes_of(spans), None, Effort(seconds=0.3, threads=2))
    assert packing.offsets is not None
    assert packing.seconds < 2


@pytest.mark.parametrize("capacity", [None, 0])
def test_nothing_to_pack(capacity: int | None) -> None:
    packing = solve_packing([], capacity)
    assert (packing.offsets, packing.peak, packing.outcome) == ((), 0, Outcome.OPTIMAL)
