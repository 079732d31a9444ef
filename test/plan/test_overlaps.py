"""Overlaps of results and operands: taken where they lower the peak, and only there."""

from __future__ import annotations

import pytest

from l2opt.plan import Alias, Buffer, Kernel, Kind, Memory, Options, Overlap, Problem, check_plan, make_plan


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
