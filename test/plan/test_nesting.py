"""Zero-copy choices for an order: the load is that of the order search, and no start is made worse."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.plan import Alias, Buffer, Kernel, Kind, Memory, Problem, Within
from l2opt.plan.dependencies import dependencies
from l2opt.plan.merge import Shares
from l2opt.plan.nesting import Nester
from l2opt.plan.order import order_load
from l2opt.plan.storage import resolve_storage
from l2opt.plan.within import possible_within, store_within
from strategies import problems

LOOKS = 1_000_000


@settings(max_examples=800, deadline=None, derandomize=True)
@given(problems(), st.data())
def test_the_choices_found_have_the_load_they_say_and_are_no_worse_than_any_start(
    problem: Problem, data: st.DataObject
) -> None:
    problem = replace(problem, l2=Memory("L2", None, 1))
    kernels = tuple(replace(kernel, scratch=0) for kernel in problem.kernels)
    problem = replace(problem, kernels=kernels)
    storage = resolve_storage(problem)
    before, shares = dependencies(storage), Shares.of(problem, "none")
    possible = possible_within(storage)
    if not possible:
        return
    program = tuple(range(len(kernels)))

    def load(taken: tuple[int, ...]) -> int:
        return order_load(store_within(storage, taken), before, program, shares)

    nester = Nester(storage, possible, shares)
    start = tuple(data.draw(st.permutations(possible))[: data.draw(st.integers(0, len(possible)))])
    as_given, peak = nester.best(program, start, 0)
    assert set(as_given) == set(store_within(storage, start).within.values())
    assert peak == load(start)
    found, least = nester.best(program, start, LOOKS)
    assert least == load(found) <= peak
    assert set(store_within(storage, found).within.values()) == set(found)
    every = [
        tuple(n for i, n in enumerate(possible) if chosen >> i & 1) for chosen in range(1 << min(len(possible), 6))
    ]
    assert least >= min(load(taken) for taken in every) or len(possible) > 6


def test_what_is_kept_by_a_view_that_nobody_touches_lives_from_the_first_touch_of_its_bytes_on() -> None:
    buffers = (
        Buffer("x", 2, Kind.INPUT),
        Buffer("part", 1),
        Buffer("late", 4),
        Buffer("kept", 4, view_of=Alias("late"), live_out=True),
    )
    kernels = (Kernel("k0", "split", ("x",), ("part",)), Kernel("k1", "k", (), ("late",)))
    problem = Problem(kernels, buffers, Memory("L2", None, 1), within=(Within("k0", "part", "x", 0, 1, 1),))
    storage = resolve_storage(problem)
    nester = Nester(storage, possible_within(storage), Shares.of(problem, "none"))
    assert nester.best((0, 1), (), 0) == ((), 4)  # x 2 + part 1, then late 4
    assert order_load(storage, dependencies(storage), (0, 1), Shares.of(problem, "none")) == 4
