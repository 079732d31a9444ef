"""The checker on where buffers lie: every place allowed, whole lives covered, aliases shared, nothing else shared.

A source that is written over gives up, at that kernel's step, the bytes that its target takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from l2opt.plan.check_content import used_place
from l2opt.plan.check_facts import Facts, interval
from l2opt.plan.check_overlap import Rectangle, overlaps
from l2opt.plan.model import Memory, Placement, Plan

__all__ = ["check_overlaps", "check_places", "owned"]

_REPORTED = 20  # overlaps named


def check_places(facts: Facts, plan: Plan) -> Iterator[str]:
    memories = {"L2": facts.problem.l2, "DDR": facts.problem.ddr}
    if set(plan.placements) != set(facts.buffers):
        yield "placements: want an entry for each buffer, and no other"
        return
    for name, buffer in facts.buffers.items():
        places = plan.placements[name]
        external, staged = facts.external(name), facts.staged(name)
        if external and not staged:
            if places:
                yield f"buffer {name!r}: is external, want no placement, got {len(places)}"
            continue
        pinned = "L2" if external else None if staged else facts.roots[facts.root_of[name][0]].buffer.pinned
        for place in places:
            yield from _check_place(f"buffer {name!r}", place, buffer.size, memories, pinned)
            if name not in plan.aliases and place.memory in memories:
                yield from _check_alignment(f"buffer {name!r}", place, memories[place.memory])
        if not external:
            outside = [place for place in places if place.memory == "DDR"]
            yield from _check_covers(facts, plan, name, outside if staged else places)
        yield from _check_once(name, places)
        if buffer.whole and len(places) > 1:
            yield f"buffer {name!r}: want one place for all its life, got {len(places)}"
        if name in plan.aliases and buffer.size:
            yield from _check_shares(plan, name, places)
    yield from _check_scratch(facts, plan, memories)
    if facts.problem.operands_in_l2:
        yield from _check_operands(facts, plan)


def check_overlaps(facts: Facts, plan: Plan) -> Iterator[str]:
    for memory, rectangles in _rectangles(facts, plan).items():
        for count, (a, b) in enumerate(overlaps(rectangles)):
            if count == _REPORTED:
                yield f"{memory}: more overlaps"
                break
            lo, hi = max(a.lo, b.lo), min(a.hi, b.hi)
            yield (
                f"{memory}: {a.owner!r} {interval(a.start, a.end)} and {b.owner!r} {interval(b.start, b.end)} "
                f"are live together; want them apart, got bytes [{lo}, {hi}) of both"
            )


def _check_place(
    what: str, place: Placement, size: int, memories: dict[str, Memory], pinned: str | None
) -> Iterator[str]:
    memory = memories.get(place.memory)
    if memory is None:
        yield f"{what}: want memory L2 or DDR, got {place.memory!r}"
        return
    if pinned is not None and place.memory != pinned:
        yield f"{what}: is pinned to {pinned}, got {place.memory}"
    if place.offset < 0 or (size and memory.capacity is not None and place.offset + size > memory.capacity):
        yield f"{what}: needs {size} B at {place.offset}; {memory.name} has {memory.capacity} B"


def _check_operands(facts: Facts, plan: Plan) -> Iterator[str]:
    """Each kernel finds in L2 what it reads and writes, and its scratch; but not what is external and not staged."""
    for step, kernel in enumerate(facts.kernels):
        for name in dict.fromkeys((*kernel.reads, *kernel.writes)):
            if facts.buffers[name].size and (facts.staged(name) or not facts.external(name)):
                place = used_place(plan.placements[name], step)
                if place is None or place.memory != "L2":
                    yield f"kernel {kernel.id!r} at step {step}: want {name!r} in L2, got DDR"
        if kernel.scratch and plan.scratch[kernel.id].memory != "L2":
            yield f"kernel {kernel.id!r} at step {step}: want its scratch in L2, got {plan.scratch[kernel.id].memory}"


def _check_alignment(what: str, place: Placement, memory: Memory) -> Iterator[str]:
    if place.offset % memory.alignment:
        yield f"{what}: want an offset that is a multiple of {memory.alignment}, got {place.offset}"


def _check_covers(facts: Facts, plan: Plan, name: str, places: Sequence[Placement]) -> Iterator[str]:
    root, offset = facts.root_of[name]
    cells = facts.roots[root].cells(offset, offset + facts.buffers[name].size)
    live = [facts.roots[root].live[cell] for cell in cells]
    start = min((s for s, _ in live), default=facts.lifetimes[name][0])
    end = max((e for _, e in live), default=facts.lifetimes[name][1])
    at = start
    for place in places:
        if place.start > at or place.end <= place.start:
            break
        at = max(at, place.end)
    if not places or at < end:
        got = ", ".join(interval(p.start, p.end) for p in places) or "none"
        yield f"buffer {name!r}: want places for all of {interval(start, end)}, got {got}"


def _check_shares(plan: Plan, name: str, places: Sequence[Placement]) -> Iterator[str]:
    """At each step the place that kernels use is inside the other's, and so is every other in the same memory."""
    alias = plan.aliases[name]
    others = plan.placements[alias.buffer]
    steps = {step for place in (*places, *others) for step in (place.start, place.end)}
    for step in sorted(steps):
        mine, its = used_place(places, step), used_place(others, step)
        if mine is None or its is None:
            continue
        for other in others:
            both = other.start <= step < other.end and other.memory == mine.memory
            if other is its or both:
                wanted = (other.memory, other.offset + alias.offset)
                if (mine.memory, mine.offset) != wanted:
                    yield (
                        f"buffer {name!r}: shares {alias.buffer!r} at {alias.offset}, want {wanted[0]} at "
                        f"{wanted[1]} at step {step}, got {mine.memory} at {mine.offset}"
                    )


def _check_once(name: str, places: Sequence[Placement]) -> Iterator[str]:
    for memory in ("L2", "DDR"):
        mine = sorted((p for p in places if p.memory == memory), key=lambda p: p.start)
        for before, after in pairwise(mine):
            if after.start < before.end:
                yield f"buffer {name!r}: want one place in {memory} at step {after.start}, got two"


def _check_scratch(facts: Facts, plan: Plan, memories: dict[str, Memory]) -> Iterator[str]:
    needing = {kernel.id for kernel in facts.kernels if kernel.scratch}
    if set(plan.scratch) != needing:
        yield f"scratch: want one for each of {len(needing)} kernels, got {len(plan.scratch)}"
        return
    for step, kernel in enumerate(facts.kernels):
        if not kernel.scratch:
            continue
        place = plan.scratch[kernel.id]
        what = f"scratch of kernel {kernel.id!r}"
        yield from _check_place(what, place, kernel.scratch, memories, None)
        if place.memory in memories:
            yield from _check_alignment(what, place, memories[place.memory])
        if not (place.start <= step < place.end):
            yield f"{what}: want a place at step {step}, got {interval(place.start, place.end)}"


def _given_up(facts: Facts, plan: Plan) -> dict[str, tuple[int, int, int]]:
    """Root -> step, and the bytes of it from lo to hi that a target takes then."""
    step_of = {name: step for step, name in enumerate(plan.order)}
    given = {}
    for target, choice in facts.merges.in_place.items():
        root, offset = facts.root_of[choice.source]
        given[root] = (step_of[choice.kernel], offset, offset + facts.buffers[target].size)
    for source, overlap in facts.merges.overlaps.items():
        reach = facts.buffers[overlap.target].size - plan.aliases[source].offset
        given[source] = (step_of[overlap.kernel], 0, max(0, reach))
    return given


def owned(facts: Facts, plan: Plan) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Each root with start, end, lo, hi of bytes that it alone needs, from its own start."""
    given = _given_up(facts, plan)
    for name, root in facts.roots.items():
        if root.buffer.external and not root.buffer.staged:
            continue
        for cell, (start, end) in enumerate(root.live):
            lo, hi = root.cuts[cell], root.cuts[cell + 1]
            step, from_, to = given.get(name, (end, hi, hi))
            if end <= step or to <= lo or hi <= from_:
                yield name, (start, end, lo, hi)
                continue
            yield name, (start, step, max(lo, from_), min(hi, to))
            yield name, (start, end, lo, min(hi, from_))
            yield name, (start, end, max(lo, to), hi)


def _rectangles(facts: Facts, plan: Plan) -> dict[str, list[Rectangle]]:
    rectangles: dict[str, list[Rectangle]] = {"L2": [], "DDR": []}
    for name, (start, end, lo, hi) in owned(facts, plan):
        for place in plan.placements[name]:
            begin, finish = max(start, place.start), min(end, place.end)
            if begin < finish and lo < hi:
                at = Rectangle(begin, finish, place.offset + lo, place.offset + hi, name)
                rectangles[place.memory].append(at)
    for step, kernel in enumerate(facts.kernels):
        if kernel.scratch:
            place = plan.scratch[kernel.id]
            at = Rectangle(step, step + 1, place.offset, place.offset + kernel.scratch, f"scratch of {kernel.id}")
            rectangles[place.memory].append(at)
    return rectangles
