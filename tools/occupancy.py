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
    """Bytes held at each of `steps` steps by `items`, which are of one memory. O(items + bytes' bounds inside them)."""
    listed = [item for item in items if item.size]
    bounds = sorted({byte for item in listed for byte in (item.offset, item.offset + item.size)})
    at = {byte: k for k, byte in enumerate(bounds)}
    changes: list[list[tuple[range, int]]] = [[] for _ in range(steps + 1)]
    for item in listed:
        between = range(at[item.offset], at[item.offset + item.size])
        changes[min(item.start, steps)].append((between, 1))
        changes[min(item.end, steps)].append((between, -1))
    holders = [0] * len(bounds)  # of the bytes from each bound to the next
    held, total = [], 0
    for now in changes[:steps]:
        for between, change in now:
            for k in between:
                if holders[k] == 0 or holders[k] + change == 0:
                    total += change * (bounds[k + 1] - bounds[k])
                holders[k] += change
        held.append(total)
    return held
