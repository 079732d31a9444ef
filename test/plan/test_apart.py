"""Independent parts and items that last: packed apart, to the same peaks and bounds as all at once."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.plan import Options
from l2opt.plan.exact import race
from l2opt.plan.items import Item
from l2opt.plan.native import native_items
from l2opt.plan.pack import pack
from l2opt.plan.packing import Effort, Outcome, solve_packing
from l2opt.sizes import MAX_SIZE
from strategies import cut_rectangles
from test_pack import plain, sound

Spans = list[tuple[int, int, int]]
LATER = 100  # steps; after all else has ended
WORK = 50_000_000


def side_by_side(parts: list[Spans]) -> list[Item]:
    return plain(
        [(start + LATER * k, end + LATER * k, size) for k, part in enumerate(parts) for start, end, size in part]
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(cut_rectangles(), min_size=2, max_size=4), st.lists(st.integers(1, 9), max_size=2))
def test_parts_and_walls_need_what_the_highest_part_and_the_walls_need(
    parts: list[tuple[Spans, int]], walls: list[int]
) -> None:
    packed = side_by_side([spans for spans, _ in parts])
    packed += [Item(f"w{i}", ((0, len(parts) * LATER, 0, size),), (), 1) for i, size in enumerate(walls)]
    packing = solve_packing(packed, None, Effort(work=WORK))
    assert packing.outcome is Outcome.OPTIMAL
    assert packing.peak == max(height for _, height in parts) + sum(walls)
    assert packing.offsets is not None
    assert all(sound_at(packed, packing.offsets, LATER * k) for k in range(len(parts)))


def sound_at(packed: list[Item], offsets: tuple[int, ...], first: int) -> bool:
    """By definition, for the steps from `first` on that `sound` looks at."""
    moved = [
        replace(item, pieces=tuple((s - first, e - first, lo, hi) for s, e, lo, hi in item.pieces)) for item in packed
    ]
    return sound(moved, list(offsets))


@pytest.mark.parametrize(
    ("alignment", "walls", "peak"),
    [
        (1, [5, 7], 10 + 12),
        (8, [12], 16 + 10),  # on the ground: 16 + 10; at the top: align(10) + 12 = 28
        (8, [9], 16 + 9),  # at the top: align(10) + 9; on the ground: 16 + 10
        (8, [9, 12], 16 + 16 + 9),  # 12 on the ground, 9 at the top
    ],
)
def test_one_wall_may_be_at_the_top(alignment: int, walls: list[int], peak: int) -> None:
    spans = [(0, 2, 2), (2, 4, 2), (0, 4, 0)]
    packed = plain([*((s, e, 10) for s, e, size in spans if size), *((0, 4, size) for size in walls)])
    raced = race(native_items(packed, alignment), 0, MAX_SIZE, 0, WORK)
    assert raced is not None
    assert (raced.peak, raced.bound) == (peak, peak)


def test_a_wall_may_lie_in_a_hole() -> None:
    broken = Item("x", ((0, 1, 0, 4), (1, 2, 9, 12)), (), 1)  # bytes 4 to 9 are free for a wall of 5
    packing = solve_packing([broken, *plain([(0, 2, 5)])], None)
    assert (packing.peak, packing.outcome) == (12, Outcome.OPTIMAL)


@settings(max_examples=40, deadline=None)
@given(st.lists(cut_rectangles(), min_size=2, max_size=3), st.integers(0, 3))
def test_threads_do_not_change_what_is_packed_apart(parts: list[tuple[Spans, int]], more: int) -> None:
    native = native_items(side_by_side([spans for spans, _ in parts]), 1)
    height = max(height for _, height in parts)
    one, two = (race(native, height, MAX_SIZE, height + more, 2_000_000, threads=n) for n in (1, 2))
    assert one is not None
    assert two is not None
    assert (one.offsets, one.peak, one.bound, one.winner) == (two.offsets, two.peak, two.bound, two.winner)


def test_many_small_parts_are_searched_where_all_at_once_would_be_too_much() -> None:
    # No greedy order packs this below 16; 15 is possible, and live at once during [1, 2).
    part = [(3, 4, 6), (0, 2, 5), (0, 3, 1), (0, 3, 4), (0, 2, 3), (2, 4, 4), (2, 5, 2), (1, 4, 2)]
    packed = plain([(s + 5 * k, e + 5 * k, size) for k in range(2_000) for s, e, size in part])
    greedy, packing = pack(packed, 1, Options(), 0), solve_packing(packed, None)
    assert greedy.peak == 16
    assert (packing.peak, packing.outcome) == (15, Outcome.OPTIMAL)


def test_a_large_part_beside_small_ones_has_greedy_work_by_its_items() -> None:
    draw, items, work = random.Random(1), 200, 150_000
    starts = [draw.randrange(60) for _ in range(items)]
    large = [(start, start + draw.randrange(1, 20), draw.randrange(1, 99)) for start in starts]
    small = [(LATER + k, LATER + k + 1, 1) for k in range(items)]
    alone, first = (pack(plain(large), 1, Options(), 0, work=some).peak for some in (work, 1))
    assert alone < first  # work tells
    assert pack(plain(large + small), 1, Options(), 0, work=2 * work).peak == alone
