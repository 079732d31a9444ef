"""What a segment is said to compute and hold in each step is what its definition gives, row by row."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from l2opt.plan.stripe_choice import choose_stripes
from l2opt.plan.stripes import Rows, Segment, StripeKernel, StripeProblem, StripeValue


def _problem(rng: random.Random) -> StripeProblem:
    """Windows, pointwise kernels and sums of two, on values of one or several rows."""
    sizes, bytes_of = [rng.randint(4, 20)], [rng.randint(1, 9)]
    kernels: list[StripeKernel] = []
    for _ in range(rng.randint(1, 8)):
        source = rng.randrange(max(0, len(sizes) - 3), len(sizes))
        same = [v for v, size in enumerate(sizes) if size == sizes[source] and v != source]
        if same and rng.random() < 0.4:
            reads, made = [source, rng.choice(same)], sizes[source]
            rows = {v: _window(made, made, 1, 1, 0) for v in reads}
        else:
            stride, reach, pad = rng.randint(1, 2), rng.randint(1, 4), rng.randint(0, 1)
            made = (sizes[source] + 2 * pad - reach) // stride + 1
            if made < 2:
                continue
            reads, rows = [source], {source: _window(made, sizes[source], stride, reach, pad)}
        kernels.append(StripeKernel(tuple(reads), (len(sizes),), rng.randint(0, 5), {1: rows}))
        sizes.append(made)
        bytes_of.append(rng.randint(1, 9))
    outside = {len(sizes) - 1} | {v for v in range(len(sizes)) if rng.random() < 0.1}
    values = [StripeValue(b * n, (1, n), v in outside) for v, (n, b) in enumerate(zip(sizes, bytes_of, strict=True))]
    return StripeProblem(tuple(kernels), tuple(values))


def _window(made: int, size: int, stride: int, reach: int, pad: int) -> Rows:
    first = np.clip(np.arange(made) * stride - pad, 0, size)
    return Rows(1, first, np.clip(np.arange(made) * stride - pad + reach, 0, size))


def _segments(problem: StripeProblem) -> list[Segment]:
    count = len(problem.kernels)
    asked = [(a, b, n) for a in range(count) for b in range(a + 1, count + 1) for n in (2, 3, 5)]
    return [made for a, b, n in asked if (made := problem.segment(a, b, 1, n)) is not None]


@pytest.mark.parametrize("seed", range(300))
def test_every_row_is_there_when_it_is_read_and_none_is_computed_twice(seed: int) -> None:
    problem = _problem(random.Random(seed))
    for made in _segments(problem):
        computed: dict[int, set[int]] = {}
        for step in range(made.count):
            for k in range(made.first, made.end):
                value = problem.kernels[k].writes[0]
                lo, hi = (int(each[step]) for each in made.computed[k])
                done = computed.setdefault(value, set())
                assert not done & set(range(lo, hi))
                done |= set(range(lo, hi))
                for source, rows in problem.kernels[k].cuts[1].items():
                    if lo < hi and source in made.windows:
                        needed = set(range(rows.first[lo], rows.end[hi - 1]))
                        first, end = (int(each[step]) for each in made.windows[source])
                        assert needed <= set(range(first, end)) <= computed[source] | set(range(first))
        for value in made.outer:
            if made.first <= problem.made[value] < made.end:
                assert computed[value] == set(range(problem.values[value].shape[1]))


@pytest.mark.parametrize("seed", range(200))
def test_the_load_is_that_of_running_the_steps(seed: int) -> None:
    problem = _problem(random.Random(seed))
    for made in _segments(problem):
        assert made.load == _load(problem, made)


def _load(problem: StripeProblem, made: Segment) -> int:
    """Step by step: halos until a value is made, windows until its last reader, then the next halo."""
    outer = sum(problem.values[v].bytes for v in made.outer) + made.passing
    most, holds = 0, dict.fromkeys(made.windows, 0)
    for step in range(made.count):
        for k in range(made.first, made.end):
            value = problem.kernels[k].writes[0]
            counted = {v: rows for v, rows in made.windows.items() if _counts(problem, made, v)}
            if value in counted:
                halo = holds[value]
                holds[value] = _row(problem, value) * _rows(counted[value], step)
                most = max(most, sum(holds.values()) + halo)
            else:
                most = max(most, sum(holds.values()))
            for v in counted:
                readers = [r for r in problem.readers[v] if made.first <= r < made.end]
                if readers[-1] == k:
                    last = step + 1 == made.count
                    lo, hi = counted[v]
                    holds[v] = 0 if last else _row(problem, v) * max(0, int(hi[step] - lo[step + 1]))
    return outer + most


def _counts(problem: StripeProblem, made: Segment, value: int) -> bool:
    """What is whole as well needs no window, unless some rows must be kept."""
    lo, hi = made.windows[value]
    return value not in made.outer or bool((hi[:-1] > lo[1:]).any())


def _row(problem: StripeProblem, value: int) -> int:
    return problem.values[value].bytes // problem.values[value].shape[1]


def _rows(rows: tuple[np.ndarray, np.ndarray], step: int) -> int:
    return int(rows[1][step] - rows[0][step])


@pytest.mark.parametrize("seed", range(100))
def test_chosen_segments_share_no_kernel_and_none_is_chosen_where_all_fits(seed: int) -> None:
    rng = random.Random(seed)
    problem = _problem(rng)
    if not problem.kernels:
        return
    assert choose_stripes(problem, max(problem.loads)) == []
    chosen = choose_stripes(problem, rng.randint(1, max(problem.loads)))
    assert all(a.end <= b.first for a, b in pairwise(chosen))


def test_a_chain_too_large_for_l2_is_run_in_stripes_that_fit() -> None:
    """Three 3-row windows on 64 rows of 1024 B, read and returned as 64 rows of 16 B."""
    rows = {v: {1: {v - 1: _window(64, 64, 1, 3, 1)}} for v in range(1, 5)}
    kernels = tuple(StripeKernel((v - 1,), (v,), 0, rows[v]) for v in range(1, 5))
    sizes = [16, 1024, 1024, 1024, 16]
    values = tuple(StripeValue(64 * size, (1, 64), v == 4) for v, size in enumerate(sizes))
    (made,) = choose_stripes(StripeProblem(kernels, values), 32 * 1024)
    assert (made.first, made.end) == (0, 4)
    assert made.load <= 32 * 1024
