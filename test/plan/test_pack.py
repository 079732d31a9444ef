"""Packing alone: bounds, slots and offsets against brute force, and every packing sound by definition."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.plan import Options
from l2opt.plan.bounds import meeting_bound, reachable_sum
from l2opt.plan.check_packing import check_packing, shown_to_meet
from l2opt.plan.items import Item, Piece, disjoint
from l2opt.plan.pack import keep_by_load, least_peak, pack, pack_within
from l2opt.plan.packing import Outcome, solve_packing
from strategies import items, rectangles, standing_items

SLOTS = Options(pack="slots")
FIRST_COME = Options(pack="slots", slots="first-come")


def plain(spans: list[tuple[int, int, int]]) -> list[Item]:
    return [Item(f"b{i}", ((start, end, 0, size),), (), size) for i, (start, end, size) in enumerate(spans)]


def bytes_at(item: Item, offset: int, step: int) -> set[int]:
    return {offset + b for s, e, lo, hi in item.pieces if s <= step < e for b in range(lo, hi)}


def sound(packed: list[Item], offsets: list[int]) -> bool:
    """No byte of two items at one step."""
    for step in range(20):
        taken: set[int] = set()
        for item, offset in zip(packed, offsets, strict=True):
            mine = bytes_at(item, offset, step)
            if taken & mine:
                return False
            taken |= mine
    return True


def least_by_trying(packed: list[Item], limit: int) -> int:
    """The lowest peak of all packings, by trying all offsets up to `limit`."""
    best = limit

    def place(i: int, offsets: list[int]) -> None:
        nonlocal best
        if i == len(packed):
            best = min(best, max((o + x.size for o, x in zip(offsets, packed, strict=True)), default=0))
            return
        item = packed[i]
        step = item.alignment or 1
        for offset in range(-(-item.window[0] // step) * step, min(item.window[1], best - item.size - 1) + 1, step):
            if sound(packed[: i + 1], [*offsets, offset]):
                place(i + 1, [*offsets, offset])

    place(0, [])
    return best


@settings(max_examples=400, deadline=None)
@given(items(max_items=3))
def test_the_least_peak_equals_brute_force_also_where_items_float(packed: list[Item]) -> None:
    bound = least_peak(packed, 1)
    packing = solve_packing(packed, None)
    if packing.offsets is None:
        assert packing.outcome is Outcome.INFEASIBLE
        assert least_by_trying(packed, 60) == 60
        return
    assert packing.peak is not None
    assert sound(packed, list(packing.offsets))
    assert packing.outcome is Outcome.OPTIMAL
    assert bound <= packing.lower_bound == packing.peak == least_by_trying(packed, packing.peak)


@settings(max_examples=300, deadline=None)
@given(rectangles(max_size=12), st.sampled_from([1, 4, 8]))
def test_single_pieces_are_packed_apart_and_aligned(spans: list[tuple[int, int, int]], alignment: int) -> None:
    packed = plain(spans)
    result = pack(packed, alignment, Options(), 0)
    offsets = [offset for offset in result.offsets if offset is not None]
    assert sound(packed, offsets)
    assert all(offset % alignment == 0 for offset in offsets)
    assert least_peak(packed, alignment) <= result.peak


def slots_by_trying(packed: list[Item], alignment: int) -> int:
    """The least total of all partitions into slots."""
    best = 10**9
    for slot in product(range(len(packed)), repeat=len(packed)):
        if any(s > max((-1, *slot[:i])) + 1 for i, s in enumerate(slot)):
            continue  # the same partition with other numbers
        members = [[item for item, s in zip(packed, slot, strict=True) if s == k] for k in range(len(packed))]
        if any(a.span[0] < b.span[1] and b.span[0] < a.span[1] for m in members for a in m for b in m if a is not b):
            continue
        sizes = [max(item.size for item in m) for m in members if m]
        padded = [-(-size // alignment) * alignment for size in sizes]
        best = min(best, sum(padded) - max((p - s for p, s in zip(padded, sizes, strict=True)), default=0))
    return best if packed else 0


@settings(max_examples=150, deadline=None)
@given(rectangles(max_size=6))
def test_best_slots_are_the_best_of_all(spans: list[tuple[int, int, int]]) -> None:
    packed = plain(spans)
    assert pack(packed, 1, SLOTS, 0).peak == slots_by_trying(packed, 1)


@settings(max_examples=150, deadline=None)
@given(rectangles(max_size=6))
def test_aligned_slots_are_within_one_unit_of_the_best(spans: list[tuple[int, int, int]]) -> None:
    packed = plain(spans)
    assert slots_by_trying(packed, 4) <= pack(packed, 4, SLOTS, 0).peak < slots_by_trying(packed, 4) + 4


@settings(max_examples=200, deadline=None)
@given(rectangles(max_size=10), st.sampled_from([1, 4]))
def test_slots_are_sound_and_never_worse_than_first_come(spans: list[tuple[int, int, int]], alignment: int) -> None:
    packed = plain(spans)
    first, best = (pack(packed, alignment, options, 0) for options in (FIRST_COME, SLOTS))
    for result in (first, best):
        assert sound(packed, [offset for offset in result.offsets if offset is not None])
    assert best.peak <= first.peak


@settings(max_examples=300, deadline=None)
@given(items(max_items=6, windows=False), st.integers(0, 40), st.sampled_from([Options(), SLOTS]), st.data())
def test_what_is_kept_within_a_capacity_is_sound(
    packed: list[Item], capacity: int, options: Options, data: st.DataObject
) -> None:
    values = [data.draw(st.integers(0, 9)) for _ in packed]
    packed = [replace(item, value=value, alignment=None) for item, value in zip(packed, values, strict=True)]
    result = pack_within(packed, 2, capacity, [False] * len(packed), options, 0)
    assert result is not None
    kept = [(item, offset) for item, offset in zip(packed, result.offsets, strict=True) if offset is not None]
    assert sound([item for item, _ in kept], [offset for _, offset in kept])
    assert all(offset + item.size <= capacity and offset % 2 == 0 for item, offset in kept)


@settings(max_examples=300, deadline=None)
@given(items(max_items=6, windows=False), st.integers(0, 40))
def test_what_is_admitted_loads_no_step_above_the_capacity(packed: list[Item], capacity: int) -> None:
    packed = [replace(item, alignment=None) for item in packed]
    stays = keep_by_load(packed, 1, capacity, [False] * len(packed))
    for step in range(20):
        live = sum(len(bytes_at(item, 0, step)) for item, kept in zip(packed, stays, strict=True) if kept)
        assert live <= capacity


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 5)] * 4), max_size=5))
def test_disjoint_rectangles_cover_the_same_bytes_once(corners: list[tuple[int, int, int, int]]) -> None:
    given_ones: list[Piece] = [(a, a + b + 1, c, c + d) for a, b, c, d in corners]
    cover = [(s, b) for start, end, lo, hi in disjoint(given_ones) for s in range(start, end) for b in range(lo, hi)]
    assert len(cover) == len(set(cover))
    assert set(cover) == {(s, b) for start, end, lo, hi in given_ones for s in range(start, end) for b in range(lo, hi)}


@settings(max_examples=300, deadline=None)
@given(items(max_items=4), st.data())
def test_the_packing_checker_sees_what_is_wrong_and_nothing_else(packed: list[Item], data: st.DataObject) -> None:
    offsets = [data.draw(st.integers(0, 12)) for _ in packed]
    placed = all(
        item.window[0] <= offset <= item.window[1] and offset % (item.alignment or 1) == 0
        for item, offset in zip(packed, offsets, strict=True)
    )
    assert (check_packing(packed, offsets, None) == ()) == (placed and sound(packed, offsets))


@settings(max_examples=100, deadline=None)
@given(rectangles(max_size=3))
def test_no_peak_is_below_the_reachable_sum(spans: list[tuple[int, int, int]]) -> None:
    packed = plain(spans)
    bound = least_peak(packed, 1)
    assert bound <= (reachable_sum(packed, bound) if packed else 0) <= least_by_trying(packed, 28)


def test_the_bound_is_a_sum_of_sizes() -> None:
    packed = plain([(0, 2, 50), (1, 3, 50), (1, 2, 3)])
    assert reachable_sum(packed, 101) == 103


def test_the_bound_is_a_sum_of_sizes_that_can_be_live_together() -> None:
    packed = plain([(0, 2, 50), (1, 3, 50), (1, 2, 3), (4, 6, 1), (4, 6, 50)])
    assert reachable_sum(packed, 101) == 103


def meeting() -> list[Item]:
    """At step 0 the first two are live, then the last two, then the first and the last: 11, 13 and 12 B."""
    pieces = [((0, 1, 0, 5), (2, 3, 0, 5)), ((0, 2, 0, 6),), ((1, 3, 0, 7),)]
    return [Item(f"b{i}", each, (), 1) for i, each in enumerate(pieces)]


def test_items_that_meet_two_by_two_need_as_much_as_if_all_were_live_at_once() -> None:
    assert least_peak(meeting(), 1) == 13
    packing = solve_packing(meeting(), None)
    assert (packing.peak, packing.lower_bound, packing.bound_by) == (18, 18, "items that meet")
    assert least_by_trying(meeting(), 30) == 18


def test_items_that_meet_two_by_two_show_that_a_capacity_is_too_small() -> None:
    packing = solve_packing([*meeting(), *plain([(4, 5, 17)])], 17)
    assert packing.outcome is Outcome.INFEASIBLE
    assert (packing.lower_bound, packing.witness, packing.witness_is_minimal) == (18, ("b0", "b1", "b2"), True)
    assert str(packing.error) == "no packing keeps 'b0', 'b1', 'b2' apart below 17 B: they meet two by two"


@settings(max_examples=200, deadline=None)
@given(standing_items(max_items=3))
def test_no_peak_is_below_what_items_need_that_meet(packed: list[Item]) -> None:
    bound, members = meeting_bound(packed)
    assert bound <= least_by_trying(packed, 34)
    assert shown_to_meet(members, bound) == bool(members)


@settings(max_examples=300, deadline=None)
@given(items(max_items=3) | standing_items(max_items=3), st.integers(1, 30))
def test_what_is_shown_of_items_that_meet_is_true(packed: list[Item], bound: int) -> None:
    assert not shown_to_meet(packed, bound) or bound <= least_by_trying(packed, 34)


def test_of_items_that_meet_no_more_is_shown_than_they_need() -> None:
    assert shown_to_meet(meeting(), 18)
    assert not shown_to_meet(meeting(), 19)
    aligned = [replace(item, alignment=4) for item in meeting()]  # at 0, 8 and 16; the last ends 5 B above that
    assert shown_to_meet(aligned, 21)
    assert not shown_to_meet(aligned, 22)


def test_nothing_is_shown_of_items_that_do_not_meet_or_float() -> None:
    first, second, third = meeting()
    apart = replace(third, pieces=((4, 5, 0, 7),))
    floating = replace(third, pieces=((1, 3, 1, 7),))
    assert not shown_to_meet([first, second, apart], 1)
    assert not shown_to_meet([first, second, floating], 1)
    assert not shown_to_meet([], 1)


def test_a_capacity_below_the_bound_is_infeasible() -> None:
    packed = plain([(0, 2, 5), (1, 3, 6), (4, 5, 100)])
    packing = solve_packing(packed, 10)
    assert packing.outcome is Outcome.INFEASIBLE
    assert packing.witness == ("b2",)
    assert "needs 100 B, 90 B more" in str(packing.error)


def test_a_fixed_offset_outside_the_capacity_is_named() -> None:
    packing = solve_packing([replace(plain([(0, 1, 5)])[0], window=(8, 8))], 10)
    assert packing.outcome is Outcome.INFEASIBLE
    assert "'b0' needs 5 B at 8" in str(packing.error)


def test_many_buffers_take_little_memory_and_time() -> None:
    packed = plain([(i, i + 3, 1 + i % 7) for i in range(60_000)])
    assert solve_packing(packed, None).peak == 18  # 7 + 6 + 5
