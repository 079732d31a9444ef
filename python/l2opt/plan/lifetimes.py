"""When buffers are live, under one order of kernels.

A buffer is live from its first access to its last, both included; an input or a variable from step 0, as a constant
that is external and staged; an output, a variable or a `live_out` buffer to the last step. What nobody accesses is live
for one step, and an output that nobody writes throughout. A unit is live from the first to the last access of any
buffer that covers it. A problem without kernels has one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from l2opt.plan.model import Buffer, Kind
from l2opt.plan.storage import Storage

__all__ = ["Lifetimes", "lifetimes_in", "lives_on"]

Interval = tuple[int, int]  # steps, half-open


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Intervals by the indices of `Storage`."""

    steps: int
    own: tuple[Interval, ...]  # buffer -> of its own accesses alone
    unit: tuple[Interval, ...]  # unit -> of every buffer that covers it
    stored: tuple[Interval, ...]  # buffer -> from the first start to the last end of its units


def lives_on(buffer: Buffer) -> bool:
    """Whether its contents are needed after the last step."""
    return buffer.live_out or buffer.kind in (Kind.OUTPUT, Kind.VARIABLE)


def lifetimes_in(storage: Storage, order: Sequence[int]) -> Lifetimes:
    """`order`: indices of kernels. O(accesses + units covered by buffers)."""
    steps = max(1, len(order))
    accessed = _accessed(storage, order)
    unit = _of_units(storage, accessed, steps)
    own = []
    stored = []
    for i, buffer in enumerate(storage.problem.buffers):
        covered = [unit[u] for u in storage.units[i]] if buffer.size else [(0, 1)]
        first, last = min(s for s, _ in covered), max(e for _, e in covered)
        start, end = accessed[i] or (first, first + 1)
        if storage.enters(i):
            start = 0
            end = end if accessed[i] else 1
        own.append((start, steps if lives_on(buffer) else end))
        stored.append((first, last) if buffer.size else own[i])
    return Lifetimes(steps, tuple(own), tuple(unit), tuple(stored))


def _accessed(storage: Storage, order: Sequence[int]) -> list[Interval | None]:
    first = [-1] * len(storage.root)
    last = [-1] * len(storage.root)
    for step, kernel in enumerate(order):
        for access in storage.accesses[kernel]:
            i = access.buffer
            last[i] = step
            if first[i] < 0:
                first[i] = step
    return [(s, e + 1) if s >= 0 else None for s, e in zip(first, last, strict=True)]


def _of_units(storage: Storage, accessed: Sequence[Interval | None], steps: int) -> list[Interval]:
    none = (steps, 0)
    unit = [none] * len(storage.unit_lo)
    held = [False] * len(unit)
    for i, buffer in enumerate(storage.problem.buffers):
        if not buffer.size:
            continue
        start, end = accessed[i] or none
        if storage.enters(i):
            start, end = 0, max(end, 1)
        for u in storage.units[i]:
            unit[u] = (min(unit[u][0], start), max(unit[u][1], end))
            held[u] = held[u] or lives_on(buffer)
    for u, (start, end) in enumerate(unit):
        if held[u]:
            unit[u] = (start if end else 0, steps)
        elif not end:
            unit[u] = (0, 1)
    return unit
