"""What is brought back to L2 comes as early as there is room for it: offsets stay, chunks start earlier.

No earlier than DDR has all of it, and not where another chunk lies then. Traffic and peak stay the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from l2opt.plan.chunks import Chunk
from l2opt.plan.model import Copy
from l2opt.plan.spill import Resident

__all__ = ["bring_early"]

Taken = list[list[tuple[int, int]]]  # step -> bytes [lo, hi) of L2


def bring_early(resident: Resident) -> Resident:
    """O(pieces x steps that chunks move over x chunks live together)."""
    inside = [i for i, chunk in enumerate(resident.chunks) if chunk.in_l2]
    offset = dict(zip(inside, resident.offsets, strict=True))
    moving = [i for i in inside if resident.chunks[i].earliest < resident.chunks[i].start]
    if not moving:
        return resident
    chunks = list(resident.chunks)
    taken: Taken = [[] for _ in range(resident.scene.lifetimes.steps)]
    for i in inside:
        _take(taken, chunks[i], offset[i], chunks[i].start)
    starts: dict[tuple[int, int], int] = {}
    for i in sorted(moving, key=lambda i: (chunks[i].start, i)):
        old = chunks[i]
        start = _earliest(taken, old, offset[i])
        if start < old.start:
            pieces = tuple((start if p[0] == old.start else p[0], *p[1:]) for p in old.part.pieces)
            chunks[i] = replace(old, start=start, part=replace(old.part, pieces=pieces))
            starts[old.item, old.start] = start
            _take(taken, replace(chunks[i], end=old.start), offset[i], start)
    copies = _moved(resident, starts)
    return replace(resident, chunks=tuple(chunks), copies=copies)


def _bytes(chunk: Chunk, offset: int) -> list[tuple[int, int]]:
    """At its first step."""
    return [(offset + lo, offset + hi) for start, _, lo, hi in chunk.part.pieces if start == chunk.start]


def _take(taken: Taken, chunk: Chunk, offset: int, first: int) -> None:
    for start, end, lo, hi in chunk.part.pieces:
        for step in range(max(start, first), min(end, chunk.end)):
            taken[step].append((offset + lo, offset + hi))


def _earliest(taken: Taken, chunk: Chunk, offset: int) -> int:
    wanted = _bytes(chunk, offset)
    start = chunk.start
    while start > chunk.earliest and _free(taken[start - 1], wanted):
        start -= 1
    return start


def _free(taken: Sequence[tuple[int, int]], wanted: Sequence[tuple[int, int]]) -> bool:
    return all(hi <= low or high <= lo for lo, hi in wanted for low, high in taken)


def _moved(resident: Resident, starts: dict[tuple[int, int], int]) -> tuple[Copy, ...]:
    storage = resident.scene.storage
    item_of = {root: i for i, item in enumerate(resident.scene.items) for root, _ in item.members}
    copies = []
    for copy in resident.copies:
        item = item_of[storage.root[storage.index[copy.buffer]]]
        step = starts.get((item, copy.step), copy.step) if copy.target == "L2" else copy.step
        copies.append(replace(copy, step=step))
    return tuple(sorted(copies, key=lambda copy: (copy.step, copy.target == "L2", storage.index[copy.buffer])))
