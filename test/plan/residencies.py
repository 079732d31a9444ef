"""The least cost of a small problem by trying everything: where each root is at each step, and every offset.

In program order; in-place choices are taken or not, as costs least; without zero-copy choices and overlaps. A root
moves as buffers of its own that are wholly live, side by side, and all that is. Shares nothing with the package's code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from l2opt.plan import Buffer, Kind, Problem
from l2opt.plan.costs import Costs

__all__ = ["least_cost"]

Rectangle = tuple[int, int, int, int]  # start, end, lo, hi; from the offset of its shape
Shape = tuple[Rectangle, ...]
Joint = tuple[str, str, int, int]  # source, target (roots), step, bytes from the source's start to the target's


def least_cost(problem: Problem, costs: Costs, merge: bool, staged: bool = False) -> float | None:
    """In the costs' unit; None if what must be in L2 does not fit. `staged`: kernels find all operands in L2."""
    roots = [_Root(problem, buffer, costs, staged) for buffer in problem.buffers if buffer.view_of is None]
    ways = [sorted(root.ways(), key=lambda way: way.cost) for root in roots]
    ways += [_scratch(step, kernel.scratch, costs) for step, kernel in enumerate(problem.kernels) if kernel.scratch]
    return _least(problem, ways, _joints(problem, roots) if merge else [])


@dataclass(frozen=True)
class _Way:
    """One way to keep one root. `inside`: steps at which it is in L2."""

    name: str
    cost: float
    runs: tuple[Shape, ...]
    inside: frozenset[int] = frozenset()


def _scratch(step: int, size: int, costs: Costs) -> list[_Way]:
    within = size * (costs.l2_read + costs.l2_write)
    outside = size * (costs.ddr_read + costs.ddr_write) + 2 * costs.transfer
    return [_Way("", within, (((step, step + 1, 0, size),),)), _Way("", outside, ())]


class _Root:
    def __init__(self, problem: Problem, buffer: Buffer, costs: Costs, staged: bool) -> None:
        self.problem, self.buffer, self.costs, self.staged = problem, buffer, costs, staged
        self.steps = max(1, len(problem.kernels))
        at = {b.id: (b.view_of.buffer, b.view_of.offset) for b in problem.buffers if b.view_of is not None}
        self.members = {}  # buffer -> offset
        for b in problem.buffers:
            name, offset = b.id, 0
            while name in at:
                name, more = at[name]
                offset += more
            if name == buffer.id and b.size:
                self.members[b] = offset
        self.live = {byte: self._live(byte) for byte in range(buffer.size)}
        self.start = min((start for start, _ in self.live.values()), default=0)
        self.end = max((end for _, end in self.live.values()), default=0)

    def _live(self, byte: int) -> tuple[int, int]:
        here = [b for b, offset in self.members.items() if offset <= byte < offset + b.size]
        used = [step for b in here for step in self.uses(b)]
        kept = any(b.live_out or b.kind in (Kind.OUTPUT, Kind.VARIABLE) for b in here)
        enters = any(b.kind in (Kind.INPUT, Kind.VARIABLE) for b in here)
        start = 0 if enters or not used else min(used)
        return start, self.steps if kept else max([*used, start]) + 1

    def uses(self, b: Buffer) -> dict[int, tuple[bool, bool]]:
        """Step -> whether it is read, and written."""
        found = {}
        for step, kernel in enumerate(self.problem.kernels):
            if b.id in kernel.reads or b.id in kernel.writes:
                found[step] = b.id in kernel.reads, b.id in kernel.writes
        return found

    def ways(self) -> Iterator[_Way]:
        name, kind = self.buffer.id, self.buffer.kind
        if self.buffer.external or self.buffer.pinned == "DDR" or not self.members:
            yield _Way(name, sum(self._move(step, False) for step in range(self.steps)), ())
            return
        fixed = self.buffer.pinned == "L2"
        for places in product((True, False), repeat=self.end - self.start):
            if fixed and not all(places):
                continue
            if kind is Kind.CONSTANT and len(set(places)) > 1:
                continue
            if kind is Kind.VARIABLE and not all(places) and (places[0] or places[-1]):
                continue  # it would have to come back to the same bytes
            cost = self._cost(places)
            if cost is not None:
                inside = frozenset(self.start + k for k, there in enumerate(places) if there)
                yield _Way(name, cost, tuple(self._runs(places)), inside)

    def _move(self, step: int, inside: bool) -> float:
        """What the kernel of a step pays for this root."""
        if self.buffer.kind is Kind.CONSTANT:
            return 0
        costs, total = self.costs, 0.0
        for b in self.members:
            read, written = self.uses(b).get(step, (False, False))
            if inside:
                total += b.size * (costs.l2_read * read + costs.l2_write * written)
            elif read or written:
                total += b.size * (costs.ddr_read * read + costs.ddr_write * written) + costs.transfer
        return total

    def _written(self, step: int) -> bool:
        return any(self.uses(b).get(step, (False, False))[1] for b in self.members)

    def _used(self, step: int) -> bool:
        return any(step in self.uses(b) for b in self.members)

    def _copy(self, step: int, read: float, write: float) -> float | None:
        """Of what is live before a step and at it; None: it cannot move."""
        costs = self.costs
        live = {byte for byte, (start, end) in self.live.items() if start < step < end}
        if live and self.buffer.size - 1 not in live:
            return None  # its place would reach out of the memory
        most = [b for b, offset in self.members.items() if set(range(offset, offset + b.size)) <= live]
        for count in range(len(most) + 1):
            for chosen in combinations(most, count):
                bytes_ = [byte for b in chosen for byte in range(self.members[b], self.members[b] + b.size)]
                if sorted(bytes_) == sorted(live):
                    return len(live) * (read + write) + count * costs.transfer
        return None

    def _cost(self, places: Sequence[bool]) -> float | None:
        costs = self.costs
        total, in_l2, in_ddr = 0.0, places[0], not places[0]
        for k, inside in enumerate(places):
            step = self.start + k
            if self.staged and not inside and self._used(step):
                return None
            moved: float | None = 0
            if inside and not in_l2:
                moved, in_l2 = self._copy(step, costs.ddr_read, costs.l2_write), True
            elif not inside and not in_ddr:
                moved, in_ddr, in_l2 = self._copy(step, costs.l2_read, costs.ddr_write), True, False
            elif not inside:
                in_l2 = False
            if moved is None:
                return None
            total += moved + self._move(step, inside)
            if inside and self._written(step):
                in_ddr = False
        return total

    def _runs(self, places: Sequence[bool]) -> Iterator[Shape]:
        start = None
        for k, inside in enumerate((*places, False)):
            at = self.start + k
            if inside and start is None:
                start = at
            elif not inside and start is not None:
                yield tuple(
                    (max(start, first), min(at, last), byte, byte + 1)
                    for byte, (first, last) in self.live.items()
                    if max(start, first) < min(at, last)
                )
                start = None


def _joints(problem: Problem, roots: Sequence[_Root]) -> list[Joint]:
    """Choices that the order makes legal. Wants one for each target."""
    step_of = {kernel.id: step for step, kernel in enumerate(problem.kernels)}
    found: list[Joint] = []
    for choice in problem.in_place:
        step = step_of[choice.kernel]
        source = next(r for r in roots if choice.source in {b.id for b in r.members} | {r.buffer.id})
        target = next((r for r in roots if choice.target == r.buffer.id), None)
        if target is not None and _legal(problem, source, target, choice.source, step):
            inner = next(offset for b, offset in source.members.items() if b.id == choice.source)
            found.append((source.buffer.id, choice.target, step, inner))
    return found


def _legal(problem: Problem, source: _Root, target: _Root, name: str, step: int) -> bool:
    a, b = source.buffer, target.buffer
    read = next((m for m in source.members if m.id == name), None)
    if read is None or a is b or b.size > read.size or source.members[read] % problem.l2.alignment:
        return False
    if a.external or b.external or a.pinned != b.pinned or a.kind is Kind.CONSTANT:
        return False
    if b.kind in (Kind.INPUT, Kind.VARIABLE, Kind.CONSTANT) or not target.members:
        return False
    if any(m.live_out or m.kind in (Kind.OUTPUT, Kind.VARIABLE) for m in source.members):
        return False
    if (source.end, target.start) != (step + 1, step):
        return False
    uses = {m.id: m_uses[step] for r in (source, target) for m in r.members if step in (m_uses := r.uses(m))}
    return uses == {name: (True, False), b.id: (False, True)}


def _least(problem: Problem, ways: Sequence[Sequence[_Way]], joints: Sequence[Joint]) -> float | None:
    best: float | None = None
    rest = [0.0]
    for each in reversed(ways):
        rest.append(rest[-1] + min((way.cost for way in each), default=0.0))
    rest.reverse()

    def go(at: int, cost: float, taken: list[_Way]) -> None:
        nonlocal best
        if best is not None and cost + rest[at] >= best - 1e-9:
            return
        if at == len(ways):
            if any(_packs(problem, shapes) for shapes in _joined(taken, joints)):
                best = cost
            return
        for way in ways[at]:
            go(at + 1, cost + way.cost, [*taken, way])

    go(0, 0.0, [])
    return best


def _joined(taken: Sequence[_Way], joints: Sequence[Joint]) -> Iterator[list[list[Shape]]]:
    """Shapes to pack, each a chain of runs at one offset; with each set of choices that can be taken together."""
    way_of = {way.name: way for way in taken}
    possible = [j for j in joints if j[2] in way_of[j[0]].inside and j[2] in way_of[j[1]].inside]
    for mask in product((True, False), repeat=len(possible)):
        chosen = [joint for joint, take in zip(possible, mask, strict=True) if take]
        if len({j[0] for j in chosen}) < len(chosen) or len({j[1] for j in chosen}) < len(chosen):
            continue
        above = {(target, step): (source, step, inner) for source, target, step, inner in chosen}
        chains: dict[tuple[str, int], list[Shape]] = {}
        end_of: dict[tuple[str, int], tuple[tuple[str, int], int]] = {}  # root, last step of a run -> chain, offset
        for way in sorted(taken, key=lambda way: min((r[0] for run in way.runs for r in run), default=0)):
            for run in way.runs:
                first, last = min(r[0] for r in run), max(r[1] for r in run) - 1
                key, shift = (way.name or f"scratch {first}", first), 0
                if (way.name, first) in above:
                    source, step, inner = above[way.name, first]
                    key, shift = end_of[source, step]
                    shift += inner
                chains.setdefault(key, []).append(tuple((s, e, lo + shift, hi + shift) for s, e, lo, hi in run))
                end_of[way.name, last] = key, shift
        yield list(chains.values())


def _packs(problem: Problem, chains: Sequence[list[Shape]]) -> bool:
    cells: list[list[tuple[int, int]]] = []
    for chain in chains:
        mine = {(step, byte) for run in chain for s, e, lo, hi in run for step in range(s, e) for byte in range(lo, hi)}
        cells.append(sorted(mine))
    cells.sort(key=lambda each: -len(each))
    capacity, alignment = problem.l2.capacity, problem.l2.alignment
    assert capacity is not None
    loads: dict[int, int] = {}
    for each in cells:
        for step, _ in each:
            loads[step] = loads.get(step, 0) + 1
    if any(load > capacity for load in loads.values()):
        return False

    def go(at: int, taken: frozenset[tuple[int, int]]) -> bool:
        if at == len(cells):
            return True
        top = max((byte for _, byte in cells[at]), default=0)
        for offset in range(0, capacity - top, alignment):
            here = {(step, byte + offset) for step, byte in cells[at]}
            if not here & taken and go(at + 1, taken | here):
                return True
        return not cells[at] and go(at + 1, taken)

    return go(0, frozenset())
