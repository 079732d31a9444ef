"""Random residency by interval for a plan: lives cut into stays in L2 and DDR, every stay placed anew, with copies.

First fit, written for tests alone: it shares nothing with the planner. What shares storage in place moves as one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from l2opt.plan import Copy, Kind, Placement, Plan, Problem

__all__ = ["scattered"]

ALIGNMENT = 64  # bytes


@dataclass
class Stay:
    """A storage in one memory during [start, end); its bytes are taken until `free`, a step."""

    memory: str
    start: int
    end: int
    clean: bool = False  # goes on from the stay in DDR before, which was kept
    free: int = 0
    offset: int = 0


@dataclass
class Storage:
    """Buffers that share bytes from their first on, and where they are over time."""

    members: list[str]
    size: int
    stays: list[Stay] = field(default_factory=list)


def scattered(problem: Problem, plan: Plan, seed: int) -> Plan:
    """`plan` with other placements and with copies; of its figures only L2 peak and traffic are true. L2 has no end."""
    choose = random.Random(seed)
    storages = _storages(problem, plan)
    for storage in storages:
        _cut(problem, plan, storage, choose)
    for memory in ("L2", "DDR"):
        _first_fit(memory, storages)
    views = {buffer.id for buffer in problem.buffers if buffer.view_of is not None}
    sizes = {buffer.id: buffer.size for buffer in problem.buffers}
    placements, copies = dict(plan.placements), []
    for storage in storages:
        for name in storage.members:
            life = plan.placements[name][0]
            placements[name] = tuple(_placements(life, storage.stays))
            for before, after in pairwise(storage.stays) if name not in views else ():
                if life.start < after.start < life.end and not after.clean:
                    copies.append(Copy(name, before.memory, after.memory, after.start, sizes[name]))
    order = {("L2", "DDR"): 0, ("DDR", "DDR"): 1, ("L2", "L2"): 1, ("DDR", "L2"): 2}  # what leaves L2 makes room
    copies.sort(key=lambda copy: (copy.step, order[copy.source, copy.target]))
    ends = [each.offset + sizes[name] for name, found in placements.items() for each in found if each.memory == "L2"]
    plan = replace(plan, placements=placements, copies=tuple(copies), l2_peak=max(ends, default=0))
    return replace(plan, traffic=_traffic(problem, plan))


def _traffic(problem: Problem, plan: Plan) -> int:
    """Bytes that kernels read and write in DDR, where it is not in L2 as well, and that copies do."""
    root = {buffer.id: buffer.view_of.buffer if buffer.view_of else buffer.id for buffer in problem.buffers}
    constant = {buffer.id for buffer in problem.buffers if buffer.kind is Kind.CONSTANT}
    sizes = {buffer.id: buffer.size for buffer in problem.buffers if root[buffer.id] not in constant}
    total = sum(copy.size * [copy.source, copy.target].count("DDR") for copy in plan.copies if copy.buffer in sizes)
    steps = {name: step for step, name in enumerate(plan.order)}
    for kernel in problem.kernels:
        for name in (*dict.fromkeys(kernel.reads), *dict.fromkeys(kernel.writes)):
            here = {each.memory for each in plan.placements[name] if each.start <= steps[kernel.id] < each.end}
            total += sizes.get(name, 0) * (here == {"DDR"})
    return total


def _storages(problem: Problem, plan: Plan) -> list[Storage]:
    found: dict[str, Storage] = {}
    for buffer in problem.buffers:
        top = buffer.id
        while top in plan.aliases:
            assert not plan.aliases[top].offset
            top = plan.aliases[top].buffer
        if plan.placements[buffer.id]:
            storage = found.setdefault(top, Storage([], 0))
            storage.members.append(buffer.id)
            storage.size = max(storage.size, buffer.size)
    return list(found.values())


def _cut(problem: Problem, plan: Plan, storage: Storage, choose: random.Random) -> None:
    lives = [plan.placements[name][0] for name in storage.members]
    start, end = min(life.start for life in lives), max(life.end for life in lives)
    kinds = {buffer.kind for buffer in problem.buffers if buffer.id in storage.members}
    used = _used(problem, plan, storage.members)
    if kinds == {Kind.INPUT} and used and choose.random() < 0.5:
        start = min(used)  # it enters late
    cuts = sorted(choose.sample(range(start + 1, end), min(end - start - 1, choose.choice((0, 1, 1, 2, 3)))))
    if Kind.CONSTANT in kinds:
        cuts = []
    memory = lives[0].memory if Kind.CONSTANT in kinds else choose.choice(("L2", "DDR"))
    for low, high in pairwise([start, *cuts, end]):
        storage.stays.append(Stay(memory, low, high))
        memory = "DDR" if memory == "L2" and choose.random() < 0.8 else "L2"
    writes = _used(problem, plan, storage.members, written=True)
    for index, stay in enumerate(storage.stays[2:], 2):
        kept = storage.stays[index - 2]
        alone = len(storage.members) == 1 and all(step < kept.start for step in writes)
        stay.clean = stay.memory == kept.memory == "DDR" and alone and choose.random() < 0.5
    for stay, following in pairwise(storage.stays):
        stay.free = stay.end + (stay.memory == "DDR" or following.memory == "L2")
    storage.stays[-1].free = end
    if Kind.VARIABLE in kinds:  # it goes back at the end
        storage.stays[0].free = end + 1


def _used(problem: Problem, plan: Plan, names: Sequence[str], written: bool = False) -> list[int]:
    """Steps that read or write, or only those that write, any of the buffers."""
    step_of = {name: step for step, name in enumerate(plan.order)}
    return [
        step_of[kernel.id]
        for kernel in problem.kernels
        if not set(names).isdisjoint(kernel.writes if written else (*kernel.reads, *kernel.writes))
    ]


def _first_fit(memory: str, storages: Sequence[Storage]) -> None:
    taken: list[tuple[int, int, int, int]] = []  # start, free, low, high
    for storage in storages:
        kept: Stay | None = None
        for index, stay in enumerate(storage.stays):
            if stay.memory != memory:
                continue
            if stay.clean:
                assert kept is not None
                stay.offset = kept.offset
                continue
            last = index
            while last + 2 < len(storage.stays) and storage.stays[last + 2].clean:
                last += 2
            kept, free = stay, max(each.free for each in storage.stays[index : last + 1])
            beside = sorted((low, high) for start, end, low, high in taken if start < free and stay.start < end)
            for low, high in beside:
                if stay.offset + storage.size > low:
                    stay.offset = max(stay.offset, -(-high // ALIGNMENT) * ALIGNMENT)
            taken.append((stay.start, free, stay.offset, stay.offset + storage.size))


def _placements(life: Placement, stays: Sequence[Stay]) -> list[Placement]:
    """Those of one buffer: its storage's stays while it lives; one that goes on in DDR is one with what it was."""
    found: list[Placement] = []
    for stay in stays:
        start, end = max(life.start, stay.start), min(life.end, stay.end)
        if start >= end:
            continue
        if stay.clean:
            index = max(k for k, each in enumerate(found) if each.memory == "DDR")
            found[index] = replace(found[index], end=end)
        else:
            found.append(Placement(stay.memory, stay.offset, start, end))
    return sorted(found, key=lambda each: each.start)
