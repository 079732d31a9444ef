"""The checker on what memory holds: every read finds the value last written, wherever it was moved in between.

A buffer may have several places in time, and one in each memory at once; kernels then use the one in L2. The program
is run on versions: each write of a cell makes one, a copy takes along what the source has, and a place holds what was
put there until it ends. What is external has a place at home all the time; kernels that may see or change it there,
under another name, find and leave there what it holds. That no two places share a byte is checked elsewhere
(`check_overlaps`). Copies of a step run before its kernel, in the plan's order; one reads a place that holds the step
before, and a place that ends there gives its bytes to the targets of later copies alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from l2opt.plan.check_facts import Facts
from l2opt.plan.model import Copy, Kind, Placement, Plan

__all__ = ["check_content", "used_place"]

Held = dict[int, int]  # cell of a root -> version
_HOME = -1  # offset of what is external, in DDR


def used_place(places: Sequence[Placement], step: int) -> Placement | None:
    """The one that a kernel uses at `step`."""
    here = [place for place in places if place.start <= step < place.end]
    return next((place for place in here if place.memory == "L2"), here[0] if here else None)


def check_content(facts: Facts, plan: Plan) -> Iterator[str]:
    """Wants every place to be allowed, and no two of a buffer in one memory at a step. O(cells of accesses)."""
    wrong = [*_check_copies(facts, plan), *_check_order_of_copies(facts, plan)]
    yield from wrong
    if not wrong:
        yield from _Run(facts, plan).wrong()


def _check_copies(facts: Facts, plan: Plan) -> Iterator[str]:
    if [copy.step for copy in plan.copies] != sorted(copy.step for copy in plan.copies):
        yield "copies: want them in the order of steps"
    for copy in plan.copies:
        what = f"copy of {copy.buffer!r} at step {copy.step}"
        if copy.buffer not in facts.buffers:
            yield f"{what}: is no buffer"
            continue
        size = facts.buffers[copy.buffer].size
        if copy.size != size or {copy.source, copy.target} != {"L2", "DDR"}:
            yield f"{what}: want {size} B between L2 and DDR, got {copy.size} B from {copy.source} to {copy.target}"
        elif _source(facts, plan, copy) is None:
            yield f"{what}: want a place in {copy.source} at the step before, got none"
        elif _target(facts, plan, copy) is None:
            yield f"{what}: want a place in {copy.target} then, got none"


def _source(facts: Facts, plan: Plan, copy: Copy) -> Placement | None:
    if facts.external(copy.buffer) and copy.source == "DDR":
        return _home(facts)
    places = plan.placements[copy.buffer]
    return next((p for p in places if p.memory == copy.source and p.start < copy.step <= p.end), None)


def _target(facts: Facts, plan: Plan, copy: Copy) -> Placement | None:
    """After the last kernel, the place that holds the last step."""
    if facts.external(copy.buffer) and copy.target == "DDR":
        return _home(facts)
    places, step = plan.placements[copy.buffer], min(copy.step, facts.steps - 1)
    return next((p for p in places if p.memory == copy.target and p.start <= step < p.end), None)


def _home(facts: Facts) -> Placement:
    return Placement("DDR", _HOME, -1, facts.steps + 1)


def _check_order_of_copies(facts: Facts, plan: Plan) -> Iterator[str]:
    """No copy writes what a later one of its step reads from a place that ends."""
    for i, copy in enumerate(plan.copies):
        target = _target(facts, plan, copy) if copy.buffer in facts.buffers else None
        for later in plan.copies[i + 1 :]:
            if later.step != copy.step or later.buffer not in facts.buffers or target is None:
                break
            source = _source(facts, plan, later)
            if source is None or source.memory != target.memory or source.end != copy.step:
                continue
            if source.offset < target.offset + copy.size and target.offset < source.offset + later.size:
                yield f"copy of {copy.buffer!r} at step {copy.step}: destroys what that of {later.buffer!r} then reads"


class _Run:
    """The plan, on versions of cells. A place is known by its root, memory, offset of the root, and when it began."""

    def __init__(self, facts: Facts, plan: Plan) -> None:
        self.facts, self.plan = facts, plan
        self.version: dict[tuple[str, int], int] = {}
        self.held: dict[tuple[str, str, int, int], Held] = {}

    def wrong(self) -> Iterator[str]:
        self._enter()
        copies = list(self.plan.copies)
        for step, kernel in enumerate(self.facts.kernels):
            while copies and copies[0].step == step:
                self._copy(copies.pop(0))
            what = f"kernel {kernel.id!r} at step {step}"
            for name in kernel.reads:
                if not self._reads(name, step):
                    yield f"{what}: want the value of {name!r}, got none or an old one"
            for name in (*kernel.sees, *kernel.changes):
                if not self._has(name, _home(self.facts)):
                    yield f"{what}: want the value of {name!r} at home, got an old one"
            for name in kernel.writes:
                self._write(name, step)
            for name in kernel.changes:
                self._write(name, None)
        for copy in copies:
            self._copy(copy)
        yield from self._leave()

    def _enter(self) -> None:
        for name, buffer in self.facts.buffers.items():
            if buffer.kind in (Kind.INPUT, Kind.VARIABLE) or buffer.external:
                root = self.facts.root_of[name][0]
                self.version.update({(root, cell): 1 for cell in self._cells(name)})
                self._put(name, None if buffer.external else 0)

    def _leave(self) -> Iterator[str]:
        for name, buffer in self.facts.buffers.items():
            if not buffer.size:
                continue
            keeps = buffer.live_out or buffer.kind in (Kind.OUTPUT, Kind.VARIABLE)
            if keeps and not self._ends(name):
                yield f"buffer {name!r}: want its value in place after the last step, got none or an old one"
            if buffer.kind is Kind.VARIABLE and not self.facts.external(name):
                ends = [used_place(self.plan.placements[name], step) for step in (0, self.facts.steps - 1)]
                places = [(end.memory, end.offset) for end in ends if end is not None]
                if len(places) != 2 or places[0] != places[1]:
                    yield f"variable {name!r}: want it to end where it starts, got {places}"

    def _cells(self, name: str) -> range:
        root, offset = self.facts.root_of[name]
        return self.facts.roots[root].cells(offset, offset + self.facts.buffers[name].size)

    def _key(self, name: str, place: Placement) -> tuple[str, str, int, int]:
        """Places that follow one another with the same bytes are one."""
        root, offset = self.facts.root_of[name]
        if place.offset == _HOME:
            return root, place.memory, _HOME, place.start
        start = place.start
        for other in reversed(self.plan.placements[root]):
            same = other.memory == place.memory and other.offset == place.offset - offset
            if same and other.start <= start <= other.end:
                start = other.start
        return root, place.memory, place.offset - offset, start

    def _put(self, name: str, step: int | None) -> None:
        """A value where kernels use it at `step`; None: at home."""
        place = self._used(name, step)
        root = self.facts.root_of[name][0]
        if place is not None:
            held = self.held.setdefault(self._key(name, place), {})
            held.update({cell: self.version.get((root, cell), 0) for cell in self._cells(name)})

    def _used(self, name: str, step: int | None) -> Placement | None:
        place = None if step is None else used_place(self.plan.placements[name], step)
        return _home(self.facts) if place is None and self.facts.external(name) else place

    def _write(self, name: str, step: int | None) -> None:
        root = self.facts.root_of[name][0]
        for cell in self._cells(name):
            self.version[root, cell] = self.version.get((root, cell), 0) + 1
        self._put(name, step)

    def _reads(self, name: str, step: int) -> bool:
        """Whether all of its cells are there; what nobody has written holds anything."""
        place = self._used(name, step)
        if place is None:
            return not self.facts.buffers[name].size
        return (self.facts.constant(name) and not self.facts.external(name)) or self._has(name, place)

    def _ends(self, name: str) -> bool:
        """Whether its value is where the caller looks for it after the last step."""
        last = self.facts.steps - 1
        if self.facts.external(name):
            return self._has(name, _home(self.facts))
        if not self.facts.staged(name):
            return self._reads(name, last)
        return any(
            self._has(name, place)
            for place in self.plan.placements[name]
            if place.memory == "DDR" and place.start <= last < place.end
        )

    def _has(self, name: str, place: Placement) -> bool:
        root = self.facts.root_of[name][0]
        held = self.held.get(self._key(name, place), {})
        return all(held.get(cell, 0) == self.version.get((root, cell), 0) for cell in self._cells(name))

    def _copy(self, copy: Copy) -> None:
        source, target = _source(self.facts, self.plan, copy), _target(self.facts, self.plan, copy)
        assert source is not None
        assert target is not None
        to = self.held.setdefault(self._key(copy.buffer, target), {})
        have = self.held.get(self._key(copy.buffer, source), {})
        for cell in self._cells(copy.buffer):
            if cell in have:
                to[cell] = have[cell]
            else:
                to.pop(cell, None)
