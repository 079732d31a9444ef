"""Orders have the least load, by trying all of them; and the load is what its definition says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.plan import Alias, Buffer, InPlace, Kernel, Kind, Memory, Options, Problem, check_plan, make_plan
from l2opt.plan.dependencies import dependencies
from l2opt.plan.merge import NO_SHARES, Shares
from l2opt.plan.order import Ordered, low_order, order_load
from l2opt.plan.storage import Storage, resolve_storage
from l2opt.plan.within import possible_within, store_within
from strategies import problems

LOOKS = 2_000_000


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(problems(max_kernels=6), st.sampled_from(["none", "in place", "overlap"]), st.data())
def test_no_legal_order_has_a_lower_load(problem: Problem, merge: str, data: st.DataObject) -> None:
    apart = resolve_storage(problem)
    before = dependencies(apart)
    storage = store_within(apart, data.draw(st.permutations(possible_within(apart))))
    shares = NO_SHARES if merge == "none" else Shares.of(problem, "safe" if merge == "overlap" else "none")
    found = low_order(storage, before, shares, LOOKS, 0)
    loads = [order_load(storage, before, order, shares) for order in legal_orders(before)]
    assert found.load == found.lower_bound == min(loads)
    assert found.load == order_load(storage, before, found.order, shares)
    assert found.program_load == order_load(storage, before, range(len(before)), shares)


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(st.data())
def test_no_legal_order_of_a_plain_graph_has_a_lower_load(data: st.DataObject) -> None:
    problem = data.draw(dags())
    storage = resolve_storage(problem)
    before = dependencies(storage)
    found = search(storage, before)
    assert found.load == found.lower_bound == least_load(problem, before)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(problems(max_kernels=6), st.randoms(use_true_random=False), st.sampled_from(["none", "safe"]))
def test_the_load_of_an_order_is_as_defined(problem: Problem, random: object, overlap: str) -> None:
    """The planner counts by units and dying operands; the checker by cells of the finished plan."""
    free = replace(problem, l2=replace(problem.l2, capacity=None))
    storage = resolve_storage(free)
    before = dependencies(storage)
    order = next(legal_orders(before, random))
    moved = replace(free, kernels=tuple(free.kernels[k] for k in order))
    plan = make_plan(moved, Options(order="program", overlap=overlap))
    assert check_plan(moved, plan) == ()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(problems(max_kernels=7))
def test_the_bound_holds_for_peaks_and_program_order_is_never_better(problem: Problem) -> None:
    free = replace(problem, l2=replace(problem.l2, capacity=None))
    plan = make_plan(free)
    program = make_plan(free, Options(order="program"))
    assert plan.order_lower_bound <= min(plan.l2_peak, program.l2_peak)
    assert plan.l2_peak <= program.l2_peak
    assert check_plan(free, plan) == ()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_what_is_found_is_the_same_on_every_run(data: st.DataObject) -> None:
    problem = data.draw(dags(max_kernels=14))
    storage = resolve_storage(problem)
    before = dependencies(storage)
    assert search(storage, before) == search(storage, before)


@pytest.mark.parametrize("figure", ["order_peak_load", "order_lower_bound"])
def test_the_checker_sees_a_wrong_figure_of_the_order(figure: str) -> None:
    problem = fork()
    plan = make_plan(problem)
    assert check_plan(problem, plan) == ()
    assert check_plan(problem, replace(plan, **{figure: getattr(plan, figure) + 64}))
    assert check_plan(problem, replace(plan, order_lower_bound=0, order_proven=False))
    assert check_plan(problem, replace(plan, order_proven=not plan.order_proven))


def test_the_branch_that_leaves_less_runs_first() -> None:
    plan = make_plan(fork())
    assert plan.order == ("top", "right", "left", "join")
    # left first: x 1024 + l 2048 + r 64 + scratch 576 = 3712; right first: x 1024 + r 64 + l 2048 = 3136
    assert (plan.order_peak_load, plan.order_lower_bound, plan.order_proven) == (3136, 3136, True)


def test_program_order_stays_where_no_order_has_a_lower_load() -> None:
    problem = fork()
    again = replace(problem, kernels=tuple(k for k in problem.kernels if k.id != "join"))
    alike = replace(again, buffers=tuple(replace(b, size=512) for b in again.buffers))
    assert make_plan(alike).order == tuple(k.id for k in alike.kernels)


def test_when_the_effort_is_spent_the_bound_is_not_claimed() -> None:
    sizes = [64 * (7 + (i * 37) % 29) for i in range(60)]
    buffers = [Buffer("x", 64, Kind.INPUT)] + [Buffer(f"b{i}", size) for i, size in enumerate(sizes)]
    kernels = [
        Kernel(f"k{i}", "k", tuple({"x", *(f"b{j}" for j in ((i * 7) // 9, (i * 5) // 8) if j < i)}), (f"b{i}",))
        for i in range(60)
    ]
    problem = Problem(tuple(kernels), tuple(buffers), Memory("L2", None))
    plan = make_plan(problem, Options(timeout=1e-3))
    assert plan.order_lower_bound <= plan.order_peak_load
    assert plan.order_proven == (plan.order_lower_bound == plan.order_peak_load)
    assert check_plan(problem, plan) == ()


def search(storage: Storage, before: Sequence[Sequence[int]]) -> Ordered:
    return low_order(storage, before, Shares.of(storage.problem, "none"), LOOKS, 0)


def fork() -> Problem:
    """x feeds a branch that ends in much and one that ends in little; each needs x and its own."""
    sizes = {"x": 1024, "l": 2048, "r": 64, "y": 64}
    buffers = tuple(Buffer(name, size) for name, size in sizes.items())
    kernels = (
        Kernel("top", "top", (), ("x",)),
        Kernel("left", "left", ("x",), ("l",)),
        Kernel("right", "right", ("x",), ("r",), scratch=576),
        Kernel("join", "join", ("l", "r"), ("y",)),
    )
    return Problem(kernels, buffers, Memory("L2", None))


@st.composite
def dags(draw: st.DrawFn, max_kernels: int = 8) -> Problem:
    """One result a kernel, some whole views of results, some in place; sizes that do and do not fill lines."""
    count = draw(st.integers(2, max_kernels))
    buffers, kernels, in_place, names = [Buffer("x", draw(SIZES), Kind.INPUT)], [], [], ["x"]
    for i in range(count):
        reads = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        size = draw(SIZES)
        buffers.append(Buffer(f"b{i}", size, live_out=draw(st.integers(0, 7)) == 0))
        kernels.append(Kernel(f"k{i}", "k", tuple(reads), (f"b{i}",), scratch=draw(st.sampled_from([0, 0, 0, 3]))))
        in_place += [InPlace(f"k{i}", name, f"b{i}") for name in reads if draw(st.booleans())]
        names.append(f"b{i}")
        if draw(st.integers(0, 4)) == 0:
            buffers.append(Buffer(f"v{i}", size, view_of=Alias(f"b{i}")))
            names.append(f"v{i}")
    return Problem(tuple(kernels), tuple(buffers), Memory("L2", None, 4), in_place=tuple(in_place))


SIZES = st.sampled_from([1, 3, 4, 7, 8, 11, 12, 16, 30])


def legal_orders(before: Sequence[Sequence[int]], random: object = None) -> Iterator[tuple[int, ...]]:
    """All of them; or one at random."""

    def extend(done: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(done) == len(before):
            yield done
        ready = [k for k in range(len(before)) if k not in done and set(before[k]) <= set(done)]
        if random is not None:
            random.shuffle(ready)  # type: ignore[attr-defined]  # hypothesis names no class for it
        for k in ready:
            yield from extend((*done, k))

    return extend(())


def least_load(problem: Problem, before: Sequence[Sequence[int]]) -> int:
    """By definition, over all sets that can have run: bytes live, each buffer up to a multiple of 4, topmost apart."""
    buffers = {b.id: b for b in problem.buffers}
    root = {b.id: b.view_of.buffer if b.view_of else b.id for b in problem.buffers}
    users: dict[str, set[int]] = {}
    for k, kernel in enumerate(problem.kernels):
        for name in (*kernel.reads, *kernel.writes):
            users.setdefault(root[name], set()).add(k)
    kept = {root[b.id] for b in problem.buffers if b.live_out}
    every = frozenset(range(len(problem.kernels)))

    def during(done: frozenset[int], k: int) -> int:
        now = done | {k}
        live = [n for n in users if (n == "x" or users[n] & now) and (n in kept or not users[n] <= done)]
        live += [] if done or "x" in live else ["x"]
        sources: set[str] = set()
        for choice in sorted(
            (c for c in problem.in_place if c.kernel == f"k{k}"), key=lambda c: buffers[c.source].size
        ):
            source = root[choice.source]
            small = buffers[choice.target].size <= buffers[choice.source].size
            alone = sum(root[name] == source for name in problem.kernels[k].reads) == 1
            if choice.target in live and small and alone and source not in kept and users[source] <= now:
                live.remove(choice.target)
                sources.add(source)
        sizes = [buffers[n].size for n in live] + ([problem.kernels[k].scratch] if problem.kernels[k].scratch else [])
        rounded = [-(-size // 4) * 4 for size in sizes]
        return sum(rounded) - max((r - s for r, s in zip(rounded, sizes, strict=True)), default=0)

    best = {frozenset[int](): 0}
    for size in range(len(every)):
        for done in [s for s in best if len(s) == size]:
            for k in every - done:
                if set(before[k]) <= done:
                    reached = max(best[done], during(done, k))
                    best[done | {k}] = min(best.get(done | {k}, reached), reached)
    return best[every]
