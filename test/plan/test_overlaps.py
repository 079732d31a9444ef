"""Overlaps of results and operands: taken where they lower the peak, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from l2opt.plan import Alias, Buffer, InPlace, Kernel, Kind, Memory, Options, Overlap, Problem, check_plan, make_plan
from l2opt.plan.candidates import Candidates
from l2opt.plan.dependencies import dependencies
from l2opt.plan.storage import resolve_storage


def chain(sizes: list[int], distances: list[int | None], alignment: int = 1) -> Problem:
    """b0 -> k0 -> b1 -> k1 -> ...; `distances`: a kernel's, None: it has no overlap."""
    kernels = tuple(Kernel(f"k{k}", "", (f"b{k}",), (f"b{k + 1}",)) for k in range(len(distances)))
    overlaps = tuple(
        Overlap(f"k{k}", f"b{k}", f"b{k + 1}", distance) for k, distance in enumerate(distances) if distance is not None
    )
    kinds = [Kind.INPUT, *[Kind.TENSOR] * (len(sizes) - 2), Kind.OUTPUT]
    buffers = tuple(Buffer(f"b{k}", size, kind) for k, (size, kind) in enumerate(zip(sizes, kinds, strict=True)))
    return Problem(kernels, buffers, Memory("L2", None, alignment), overlaps=overlaps)


def peak(problem: Problem, overlap: str = "safe") -> int:
    plan = make_plan(problem, Options(overlap=overlap))
    assert check_plan(problem, plan) == ()
    return plan.l2_peak


@pytest.mark.parametrize(
    ("distance", "alignment", "wanted"),
    [
        (0, 1, 100),  # one in the other
        (10, 1, 110),
        (10, 64, 164),  # 10 align 64
        (150, 1, 200),  # no closer than behind one another
    ],
)
def test_two_buffers(distance: int, alignment: int, wanted: int) -> None:
    problem = chain([100, 100], [distance], alignment)
    assert peak(problem) == wanted
    assert peak(problem, "none") == (200 if alignment == 1 else 228)  # 100 align 64 + 100


def test_an_overlap_that_would_lift_a_whole_chain_is_left() -> None:
    # 1000 -> 900 needs its overlap: 1010 instead of 1900. 300 -> 1000 takes 1300 without and 300 + 800 with one:
    # that is the higher of the two. 100 -> 300 would lift what comes before it by 250 more, and takes 400 alone.
    problem = chain([100, 300, 1000, 900], [250, 800, 10])
    assert peak(problem) == 1110
    plan = make_plan(problem, Options(overlap="safe"))
    assert plan.aliases == {"b2": Alias("b3", 10), "b1": Alias("b2", 800)}


def test_nothing_overlaps_unless_asked() -> None:
    problem = chain([100, 100, 100], [0, 0])
    assert make_plan(problem).aliases == {}
    assert make_plan(problem, Options(overlap="safe", merge="none")).aliases == {}


def test_what_is_read_later_is_not_overlapped() -> None:
    problem = chain([100, 100, 100], [0, 0])
    late = Kernel("k9", "", ("b0", "b2"), ("b3",))
    both = Problem(
        (*problem.kernels, late),
        (*problem.buffers, Buffer("b3", 1, Kind.OUTPUT)),
        problem.l2,
        overlaps=problem.overlaps,
    )
    plan = make_plan(both, Options(overlap="safe"))
    assert "b0" not in plan.aliases
    assert check_plan(both, plan) == ()


def test_an_overlap_is_taken_instead_of_writing_its_source_in_place() -> None:
    # b1 is 100 in place of b0, then 1000 need 1100; or b1 overlaps, and b0 and b1 take 200.
    problem = chain([100, 100, 1000], [None, 900])
    both = replace(problem, in_place=(InPlace("k0", "b0", "b1"),))
    plan = make_plan(both, Options(overlap="safe"))
    assert check_plan(both, plan) == ()
    assert plan.aliases == {"b1": Alias("b2", 900)}
    assert (plan.l2_peak, plan.order_lower_bound) == (1000, 1000)
    assert peak(both, "none") == 1100


def test_a_source_lies_high_in_its_target_where_that_leaves_room_below() -> None:
    # b0 and b1 are 500 each, b2 is 1000: at 450, b1 would leave no 500 on either side of it.
    problem = chain([500, 500, 1000], [None, 450])
    plan = make_plan(problem, Options(overlap="safe"))
    assert check_plan(problem, plan) == ()
    assert plan.aliases == {"b1": Alias("b2", 500)}
    assert plan.l2_peak == 1000


def test_an_exact_distance_is_kept_exactly() -> None:
    problem = chain([500, 500, 1000], [None, None])
    exact = replace(problem, overlaps=(Overlap("k1", "b1", "b2", 0, exact=True),))
    plan = make_plan(exact, Options(overlap="safe"))
    assert check_plan(exact, plan) == ()
    assert plan.aliases == {"b1": Alias("b2", 0)}
    moved = {"b1": tuple(replace(each, offset=each.offset + 500) for each in plan.placements["b1"])}
    apart = replace(plan, aliases={"b1": Alias("b2", 500)}, placements=plan.placements | moved)
    assert any("'b1': shares 'b2' at 500" in fault for fault in check_plan(exact, apart))


def test_a_candidate_that_is_not_settled_has_no_higher_load_than_what_it_stands_for() -> None:
    """b1 may be written over b0, but then it cannot lie in b2, which is larger: 300 B instead of 200 B."""
    problem = replace(chain([100, 100, 200], [None, 0]), in_place=(InPlace("k0", "b0", "b1"),))
    storage = resolve_storage(problem)
    first = Candidates(storage, dependencies(storage), Options(overlap="safe"), 0).first
    assert min(each.meant().load for each in first) == 200
    assert all(each.load <= each.meant().load for each in first)
    assert peak(problem) == 200
