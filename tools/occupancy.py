"""What lies where at each step of a plan, re-derived from its placements: for reports and pictures.

Bytes are counted as a union: buffers that share storage count once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from l2opt.plan import Plan, Problem

__all__ = ["Resident", "load", "residents"]


@dataclass(frozen=True, slots=True)
class Resident:
    """Bytes [offset, offset + size) of a memory, held for a buffer or a kernel's scratch during [start, end)."""

    id: str  # of the buffer, or of the kernel
    memory: str
    offset: int
    size: int
    start: int
    end: int


def residents(problem: Problem, plan: Plan) -> Iterator[Resident]:
    """All of a plan: buffers in the problem's order, then scratch."""
    for buffer in problem.buffers:
        for at in plan.placements[buffer.id]:
            yield Resident(buffer.id, at.memory, at.offset, buffer.size, at.start, at.end)
    for kernel in problem.kernels:
        if kernel.id in plan.scratch:
            at = plan.scratch[kernel.id]
            yield Resident(kernel.id, at.memory, at.offset, kernel.scratch, at.start, at.end)


def load(items: Iterable[Resident], steps: int) -> list[int]:
    """Bytes held at each of `steps` steps by `items`, which are of one memory. O(sum of lifetimes, sorted)."""
    at: list[list[tuple[int, int]]] = [[] for _ in range(steps)]
    for item in sorted(items, key=lambda item: item.offset):
        for step in range(item.start, item.end):
            at[step].append((item.offset, item.offset + item.size))
    return [_union(spans) for spans in at]


def _union(spans: Iterable[tuple[int, int]]) -> int:
    """Bytes covered by spans that are sorted by their start."""
    total = top = 0
    for start, end in spans:
        total += max(0, end - max(start, top))
        top = max(top, end)
    return total
