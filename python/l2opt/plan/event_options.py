"""What may be chosen at an event of an item: where its kernel finds it, whether it stays in L2, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from l2opt.plan.costs import Costs
from l2opt.plan.items import Item, Piece
from l2opt.plan.lifetimes import Lifetimes
from l2opt.plan.storage import Access, Storage

__all__ = ["CLEAN", "DIRTY", "IN_DDR", "IN_L2", "KEPT", "OUT", "Builder", "Chooser", "Mode", "Option", "Rules"]

OUT, CLEAN, DIRTY, KEPT = range(4)  # not in L2; there; there throughout


@dataclass(frozen=True, slots=True)
class Mode:
    """Where a kernel finds what it reads and leaves what it writes."""

    before: bool  # in L2
    after: bool


IN_L2, IN_DDR = Mode(True, True), Mode(False, False)
_NOTHING = Costs(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice at an event. `cost` in the objective's unit; `room` in lines of L2 while the step runs."""

    from_state: int
    to_state: int
    mode: Mode
    cost: float
    copies: int  # transfers
    room: int
    tail: bool = False  # it may use the part of a line that L2 ends with


class Builder(Protocol):
    """What is known of all items."""

    storage: Storage
    lifetimes: Lifetimes
    costs: Costs
    operands_in_l2: bool

    def item_lines(self, pieces: Sequence[Piece], step: int) -> tuple[int, bool]:
        """Lines of L2 at a step, and whether the last one may be in part."""

    def lines(self, root: int, step: int) -> tuple[int, bool]:
        """Of a root alone."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for an item at all its events."""

    whole: bool  # in L2 throughout, or not at its start nor its end: a variable; or a constant
    stay: bool
    free: bool  # a constant that is not staged: its traffic is not counted here, and it is not copied
    staged: bool  # starts and ends in DDR

    def entry(self) -> tuple[Option, ...]:
        inside = Option(OUT, KEPT if self.whole or self.stay else DIRTY, IN_L2, 0, 0, 0)
        outside = Option(OUT, OUT, IN_DDR, 0, 0, 0)
        return (outside,) if self.staged else (inside,) if self.stay else (inside, outside)

    def exit(self) -> tuple[Option, ...]:
        states = (OUT,) if self.staged else (KEPT, OUT) if self.whole else (OUT, CLEAN, DIRTY, KEPT)
        return tuple(Option(s, OUT, IN_DDR if s == OUT else IN_L2, 0, 0, 0) for s in states)


class Chooser:
    """The options of an item at one step."""

    def __init__(
        self,
        builder: Builder,
        item: Item,
        step: int,
        before: tuple[int, ...] | None,
        after: tuple[int, ...] | None,
        accesses: Sequence[Access],
        rules: Rules,
    ) -> None:
        self.builder, self.item, self.step, self.rules, self.accesses = builder, item, step, rules, accesses
        self.before, self.after = before, after
        self.costs = _NOTHING if all(builder.storage.constant(root) for root, _ in item.members) else builder.costs
        size = builder.storage.problem.buffers
        self.in_bytes = sum(size[b].size for b in before or ())
        self.out_bytes = sum(size[b].size for b in after or ())
        self.room = builder.item_lines(item.pieces, step)
        self.reads = sum(a.read_bytes for a in accesses)
        self.writes = sum(a.written_bytes for a in accesses)
        self.writing = any(a.writes for a in accesses)
        self.operands = sum(a.moved > 0 for a in accesses)

    def options(self) -> tuple[Option, ...]:
        costs = self.costs
        inside = self.reads * costs.l2_read + self.writes * costs.l2_write
        kept = Option(KEPT, KEPT, IN_L2, inside, 0, *self.room)
        needed = self.builder.operands_in_l2 and bool(self.accesses)
        if self.rules.stay or (self.rules.free and needed):
            return (kept,)
        if self.rules.free:
            return (kept, Option(OUT, OUT, IN_DDR, 0, 1, 0))
        made: list[Option] = []
        if not needed:
            outside = self.reads * costs.ddr_read + self.writes * costs.ddr_write + self.operands * costs.transfer
            made.append(Option(OUT, OUT, IN_DDR, outside, 0, 0))
        capacity = self.builder.storage.problem.l2.capacity
        if capacity is not None and self._top() > capacity:
            return (*made, *self._split())
        if self.before == () or (self.before is not None and (self.step > 0 or self.rules.staged)):
            moved = self.in_bytes * (costs.ddr_read + costs.l2_write) + len(self.before) * costs.transfer
            clean = self.in_bytes > 0 and not self.writing
            made += self._leave(OUT, CLEAN if clean else DIRTY, inside + moved, len(self.before))
        if self.before != ():
            for state in (CLEAN, DIRTY):
                after = DIRTY if self.writing else state
                made += self._leave(state, after, inside, 0)
        if self.rules.whole:
            made.append(kept)
        return (*made, *self._split())

    def _top(self) -> int:
        """The last byte, wherever in L2: from the start of the item where its roots meet, else from that of the root,
        which is all that is left of the item where it meets no other there after all."""
        storage, unit = self.builder.storage, self.builder.lifetimes.unit
        here = []
        for root, offset in self.item.members:
            ends = [storage.unit_hi[u] for u in storage.units[root] if unit[u][0] <= self.step < unit[u][1]]
            if ends:
                here.append((offset, max(ends)))
        return max((offset * (len(here) > 1) + top for offset, top in here), default=0)

    def _leave(self, state: int, after: int, cost: float, copies: int) -> list[Option]:
        """From L2: to stay, or to go."""
        if self.after == ():
            # A variable ends where it starts: in DDR.
            return [] if self.rules.whole else [Option(state, OUT, IN_L2, cost, copies, *self.room)]
        made = [Option(state, after, IN_L2, cost, copies, *self.room)]
        if self.after is not None:
            if after == DIRTY:
                costs = self.costs
                cost += self.out_bytes * (costs.l2_read + costs.ddr_write) + len(self.after) * costs.transfer
                copies += len(self.after)
            made.append(Option(state, OUT, IN_L2, cost, copies, *self.room))
        return made

    def _split(self) -> list[Option]:
        """Where all that was live is read and dies, and what is written over it is born: one of them in L2."""
        storage, unit = self.builder.storage, self.builder.lifetimes.unit
        if self.rules.whole or self.builder.operands_in_l2 or len(self.accesses) != 2:
            return []
        pair = {storage.root[a.buffer]: a for a in self.accesses}
        sources = [root for root, a in pair.items() if a.reads and not a.writes]
        targets = [root for root, a in pair.items() if a.writes and not a.reads]
        if not (sources and targets):
            return []
        offset = dict(self.item.members)
        for root in offset:
            live = [unit[u] for u in storage.units[root] if unit[u][0] <= self.step < unit[u][1]]
            if root == sources[0] and any(end > self.step + 1 for _, end in live):
                return []
            if root == targets[0] and any(start < self.step for start, _ in live):
                return []
            if root not in (sources[0], targets[0]) and live:
                return []
        costs, transfer = self.costs, self.costs.transfer
        source_room = self.builder.lines(sources[0], self.step)
        target_room = self.builder.lines(targets[0], self.step)
        to_ddr = self.reads * costs.l2_read + self.writes * costs.ddr_write + transfer
        to_l2 = self.reads * costs.ddr_read + self.writes * costs.l2_write + transfer
        made = [
            Option(state, OUT, Mode(True, False), to_ddr, 0, *source_room)
            for state in ((CLEAN, DIRTY) if self.before != () else ())
        ]
        stays = DIRTY if self.after != () else OUT
        made.append(Option(OUT, stays, Mode(False, True), to_l2, 0, *target_room))
        if self.after:  # not all of it, or it would rather be written there
            to_l2 += self.out_bytes * (costs.l2_read + costs.ddr_write) + len(self.after) * transfer
            made.append(Option(OUT, OUT, Mode(False, True), to_l2, len(self.after), *target_room))
        return made
