"""The least traffic of a small problem by trying everything: where each buffer is at each step, and every offset.

For problems of buffers that share nothing, in program order. Shares nothing with the package's code.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from l2opt.plan import Buffer, Kind, Problem

__all__ = ["least_traffic"]

Run = tuple[int, int, int]  # first step in L2, end, bytes


def least_traffic(problem: Problem) -> int:
    """Bytes; each step of each buffer in L2 or in DDR, with copies between, within the capacity of L2 by offsets."""
    fixed = 0
    choices: list[list[tuple[int, list[Run]]]] = []
    for buffer in problem.buffers:
        if buffer.kind is Kind.CONSTANT or not buffer.size:
            continue
        if buffer.external or buffer.pinned == "DDR":
            fixed += sum(buffer.size for how in _uses(problem, buffer).values() for _ in how)
        else:
            choices.append(sorted(_of(problem, buffer), key=lambda each: each[0]))
    return fixed + _least(problem, choices)


def _least(problem: Problem, choices: list[list[tuple[int, list[Run]]]]) -> int:
    best = sum(max(cost for cost, _ in each) for each in choices) + 1

    def go(at: int, cost: int, runs: list[Run]) -> None:
        nonlocal best
        if cost >= best:
            return
        if at == len(choices):
            if _packs(problem, sorted(runs), []):
                best = cost
            return
        for more, mine in choices[at]:
            go(at + 1, cost + more, runs + mine)

    go(0, 0, [])
    return best


def _uses(problem: Problem, buffer: Buffer) -> dict[int, str]:
    uses: dict[int, str] = {}
    for step, kernel in enumerate(problem.kernels):
        how = "r" * (buffer.id in kernel.reads) + "w" * (buffer.id in kernel.writes)
        if how:
            uses[step] = how
    return uses


def _of(problem: Problem, buffer: Buffer) -> Iterator[tuple[int, list[Run]]]:
    """Traffic and runs in L2 of every way to keep one buffer."""
    uses, steps = _uses(problem, buffer), max(1, len(problem.kernels))
    kept = buffer.live_out or buffer.kind in (Kind.OUTPUT, Kind.VARIABLE)
    first = 0 if buffer.kind in (Kind.INPUT, Kind.VARIABLE) or not uses else min(uses)
    end = steps if kept else max(uses, default=0) + 1
    for places in product((True, False), repeat=end - first):
        if buffer.kind is Kind.VARIABLE and places[0] != places[-1]:
            continue
        if buffer.kind is Kind.VARIABLE and places[0] and not all(places):
            continue  # it would have to come back to the same bytes
        cost = _cost(buffer, uses, first, places)
        if cost is not None:
            yield cost, list(_runs(first, places, buffer.size))


def _cost(buffer: Buffer, uses: dict[int, str], first: int, places: tuple[bool, ...]) -> int | None:
    cost, in_l2, in_ddr = 0, places[0], not places[0]
    for k, inside in enumerate(places):
        if inside and not in_l2:
            cost, in_l2 = cost + buffer.size, True
        elif not inside and not in_ddr:
            cost, in_ddr, in_l2 = cost + buffer.size, True, False
        elif not inside:
            in_l2 = False
        how = uses.get(first + k, "")
        if not inside:
            cost += buffer.size * len(how)
        elif "w" in how:
            in_ddr = False
    return cost


def _runs(first: int, places: tuple[bool, ...], size: int) -> Iterator[Run]:
    start = None
    for k, inside in enumerate((*places, False)):
        if inside and start is None:
            start = first + k
        elif not inside and start is not None:
            yield start, first + k, size
            start = None


def _packs(problem: Problem, runs: list[Run], placed: list[tuple[Run, int]]) -> bool:
    if not runs:
        return True
    (start, end, size), *rest = runs
    capacity = problem.l2.capacity
    assert capacity is not None
    for offset in range(0, capacity - size + 1, problem.l2.alignment):
        if all(end <= s or e <= start or offset + size <= o or o + z <= offset for (s, e, z), o in placed) and _packs(
            problem, rest, [*placed, ((start, end, size), offset)]
        ):
            return True
    return False
