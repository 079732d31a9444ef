"""Lower bounds: by hand, against all packings of small problems, and the checker's own derivation of them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.plan import Buffer, Kernel, Kind, Memory, Options, Problem, check_plan, make_plan
from l2opt.plan.check_overlap import Rectangle, load_reaches
from l2opt.plan.check_window import fit_nowhere_below
from l2opt.plan.items import Item
from l2opt.plan.native import native_items
from l2opt.plan.pack import least_peak, least_peak_by, pack
from l2opt.plan.window import needing
from strategies import items
from test_pack import least_by_trying, plain


def of_pieces(*pieces: tuple[tuple[int, int, int, int], ...]) -> list[Item]:
    return [Item(f"b{i}", each, (), 0) for i, each in enumerate(pieces)]


def named(packed: list[Item], alignment: int) -> tuple[int, str]:
    return least_peak_by(native_items(packed, alignment))


def test_the_largest_load() -> None:
    assert named(plain([(0, 2, 5), (1, 3, 6), (2, 4, 9)]), 1) == (15, "load")


def test_the_lowest_place_of_an_item() -> None:
    assert named([replace(plain([(0, 1, 5)])[0], window=(9, 20), alignment=4)], 1) == (17, "window")  # 9 align 4: 12


def test_all_but_the_topmost_are_padded() -> None:
    assert named(plain([(0, 2, 5), (0, 2, 6), (0, 2, 7)]), 8) == (21, "padded load")  # 8 + 8 + 5


def test_a_run_lies_at_its_place_in_its_item_modulo_the_alignment() -> None:
    # At step 1, 13 bytes from 3 and 16 from 0, multiples of 8 apart: 13 + 3 below + 16, or 16 + 3 + 13.
    packed = of_pieces(((1, 2, 3, 16), (2, 3, 0, 16)), ((0, 2, 0, 16),))
    assert named(packed, 8) == (32, "padded load")
    assert least_by_trying([replace(item, alignment=8) for item in packed], 60) == 32


def test_an_item_that_is_topmost_ends_above_what_is_live_of_it() -> None:
    packed = of_pieces(((0, 1, 0, 4), (1, 2, 0, 10)), ((0, 1, 0, 4), (1, 2, 0, 12)))
    assert named(of_pieces(*(item.pieces[:1] for item in packed)), 1) == (8, "load")
    assert named(packed, 1) == (22, "load")  # at step 1
    later = of_pieces(((0, 1, 0, 4), (1, 2, 0, 10)), ((0, 1, 0, 4), (2, 3, 0, 12)))
    assert named(later, 1) == (14, "padded load")  # at step 0: 4 below, then an item of 10
    assert least_by_trying(later, 60) == 14


def test_a_packing_ends_where_an_item_can_end() -> None:
    fours, sixes = (replace(item, alignment=item.size) for item in plain([(0, 1, 4), (0, 1, 6)]))
    assert named([fours, sixes], 1) == (12, "ends of items")  # 10 live; 4 + 4k or 6 + 6k


@settings(max_examples=400, deadline=None)
@given(items(max_items=3), st.sampled_from([None, 2, 3, 4]))
def test_no_packing_is_below_the_bound(packed: list[Item], alignment: int | None) -> None:
    if alignment is not None:
        packed = [replace(item, alignment=alignment, window=(0, 2**62)) for item in packed]
    assert least_peak(packed, 1) <= least_by_trying(packed, 60)
    assert least_peak(packed, 1, whole=False) <= least_peak(packed, 1)


@settings(max_examples=400, deadline=None)
@given(items(max_items=4, windows=False), st.sampled_from([1, 2, 3, 4, 8]))
def test_the_checker_derives_the_same_bound(packed: list[Item], alignment: int) -> None:
    packed = [replace(item, alignment=None) for item in packed if item.pieces]
    live = [Rectangle(start, end, lo, hi, item.name) for item in packed for start, end, lo, hi in item.pieces]
    bound = least_peak(packed, alignment)
    assert load_reaches(live, alignment, bound)
    assert not packed or not load_reaches(live, alignment, bound + 1)
    moved = frozenset(item.name for item in packed)
    assert load_reaches(live, alignment, least_peak(packed, alignment, whole=False), moved)


def padded() -> list[Item]:
    """A padded operand, whose rows come before its border, live first with two others, then with one of them."""
    return of_pieces(((0, 3, 0, 50),), ((1, 9, 0, 24),), ((3, 5, 0, 11), (2, 5, 11, 93), (3, 5, 93, 104)))


def test_few_items_together_need_more_than_a_step() -> None:
    packed = [replace(item, alignment=8) for item in padded()]
    assert named(packed, 8)[0] == 160
    assert least_by_trying(packed, 300) == 168
    assert needing(padded(), 8, 168, 6) == tuple(padded())
    assert needing(padded(), 8, 169, 6) == ()
    found = pack(padded(), 8, Options(), 0, search=True)
    assert (found.peak, found.lower_bound, found.bound_by) == (168, 168, "peak window")
    assert found.window == tuple(padded())


@settings(max_examples=300, deadline=None)
@given(items(max_items=4, windows=False), st.sampled_from([1, 2, 4]))
def test_a_window_is_proven_by_the_checker_exactly_if_it_holds(packed: list[Item], alignment: int) -> None:
    packed = [replace(item, alignment=None) for item in packed if item.pieces]
    live = [Rectangle(start, end, lo, hi, item.name) for item in packed for start, end, lo, hi in item.pieces]
    least = least_by_trying([replace(item, alignment=alignment) for item in packed], 90)
    if packed:
        assert fit_nowhere_below(live, alignment, least)
        assert not fit_nowhere_below(live, alignment, least + 1)
    assert needing(packed, alignment, least + 1, 6) == ()


@settings(max_examples=150, deadline=None)
@given(items(max_items=2, windows=False), st.lists(st.integers(1, 5), min_size=1, max_size=2), st.sampled_from([1, 4]))
def test_the_checker_takes_walls_out_and_proves_no_more_and_no_less(
    packed: list[Item], walls: list[int], alignment: int
) -> None:
    packed = [replace(item, alignment=None) for item in packed if item.pieces]
    packed += [Item(f"w{i}", ((0, 10, 0, size),), (), 1) for i, size in enumerate(walls)]
    live = [Rectangle(start, end, lo, hi, item.name) for item in packed for start, end, lo, hi in item.pieces]
    least = least_by_trying([replace(item, alignment=alignment) for item in packed], 40)
    assert fit_nowhere_below(live, alignment, least)
    assert not fit_nowhere_below(live, alignment, least + 1)


def test_items_that_last_are_not_counted_in_a_window() -> None:
    packed = padded() + [Item(f"w{i}", ((0, 9, 0, 60),), (), 0) for i in range(8)]  # 64 B each, but the topmost
    assert needing(packed, 8, 168 + 7 * 64 + 60, 6) == tuple(packed)
    assert needing(packed, 8, 168 + 7 * 64 + 61, 6) == ()


def test_a_window_that_does_not_hold_is_a_fault_of_the_plan() -> None:
    problem = Problem(
        (Kernel("k0", "k0", (), ("a",)), Kernel("k1", "k1", ("a",), ("b",)), Kernel("k2", "k2", ("b",), ())),
        (Buffer("a", 8, Kind.TENSOR), Buffer("b", 8, Kind.TENSOR)),
        Memory("L2", None, 8),
        Memory("DDR", None, 8),
    )
    plan = make_plan(problem)
    assert (plan.l2_peak, plan.l2_window, check_plan(problem, plan)) == (16, (), ())
    assert check_plan(problem, replace(plan, l2_window=("a", "b"))) == ()  # true as well
    for window in (("a",), ("c",)):
        faults = check_plan(problem, replace(plan, l2_window=window))
        assert faults == (f"L2 lower bound: not shown that {window[0]} need 16 B",)
