"""What can happen to an item over time when L2 is short: its events, and at each what may be chosen.

An event is a step at which kernels access the item, or at which its bytes change; two more stand before the first step
and after the last, where the item holds something then. Between events an item is in L2, dirty or clean (DDR has the
same bytes), or not. At an event its kernel finds it in L2 (brought there just before, if it was not), or uses it in
DDR; afterwards it stays in L2 or leaves it, written to DDR if it is dirty and still needed. Where one root is written
over another, one of the two may be in L2 and the other in DDR: then they share nothing.

Not all can move at all times: what is live must be covered by buffers that are wholly live, and that may move at all.
A variable is in L2 throughout, or starts and ends in DDR. What is pinned to L2 never leaves. What is staged is at home
in DDR: it starts there, or ends there; where a kernel may see it there, it is there too, and where one may change it,
no copy outlives that kernel. Moving constants costs nothing here, as their traffic is counted apart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from l2opt.plan.costs import Costs
from l2opt.plan.event_options import CLEAN, DIRTY, IN_DDR, IN_L2, KEPT, OUT, Chooser, Mode, Option, Rules
from l2opt.plan.items import Item, Piece
from l2opt.plan.lifetimes import Lifetimes, lives_on
from l2opt.plan.model import Kind
from l2opt.plan.storage import Access, Storage

__all__ = ["CLEAN", "DIRTY", "KEPT", "OUT", "Event", "Known", "Mode", "Option", "Timeline", "timelines_of"]


@dataclass(frozen=True, slots=True)
class Event:
    """A step of an item. Steps -1 and the number of steps are before the first and after the last."""

    step: int
    options: tuple[Option, ...]
    gap: int  # lines at the steps until the next event; 0 if there is none
    cover: tuple[int, ...] | None  # buffers that move what is live until the next event; None: it cannot move
    writes: bool
    gap_tail: bool = False  # as an option's
    home: bool = False  # what DDR holds then is seen
    changed: bool = False  # what DDR holds is changed then


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of one item, in order."""

    item: int
    events: tuple[Event, ...]


Known = dict[Hashable, tuple[Event, ...]]  # all that decides an item's events, in problems alike but for merges -> them


def timelines_of(
    storage: Storage,
    lifetimes: Lifetimes,
    items: Sequence[Item],
    order: Sequence[int],
    costs: Costs,
    stay: Sequence[bool] = (),
    known: Known | None = None,
) -> tuple[Timeline, ...]:
    """One for each item that has bytes and may be in L2. `stay`: which items must be there throughout. `known`: of
    earlier calls, for other orders and merges of the same problem; what is new is added.
    O(accesses + units covered by buffers + pieces x steps they change).
    """
    builder = _Builder(storage, lifetimes, items, order, costs, {} if known is None else known)
    return tuple(
        Timeline(i, builder.events(i, bool(stay) and stay[i]))
        for i, item in enumerate(items)
        if item.pieces and (item.pinned != "DDR" or item.staged)
    )


class _Builder:
    def __init__(
        self,
        storage: Storage,
        lifetimes: Lifetimes,
        items: Sequence[Item],
        order: Sequence[int],
        costs: Costs,
        known: Known,
    ) -> None:
        self.storage, self.lifetimes, self.items, self.known = storage, lifetimes, items, known
        self.order, self.costs, self.operands_in_l2 = order, costs, storage.problem.operands_in_l2
        self.alignment = storage.problem.l2.alignment
        self.rest = (storage.problem.l2.capacity or 0) % self.alignment  # bytes of L2 in a line that it ends within
        self.item_of = {root: i for i, item in enumerate(items) for root, _ in item.members}
        self.buffers: list[list[int]] = [[] for _ in items]
        self.movers: list[list[int]] = []  # those that may move it, as a cover takes them
        for b, root in enumerate(storage.root):
            if root in self.item_of and storage.problem.buffers[b].size:
                self.buffers[self.item_of[root]].append(b)
        size = storage.problem.buffers
        for mine in self.buffers:
            apart = [b for b in mine if b not in storage.strided]
            self.movers.append(sorted(apart, key=lambda b: (-size[b].size, storage.root[b] != b, b)))
        self.accesses: list[dict[int, list[Access]]] = [{} for _ in items]
        self.reached: list[dict[int, bool]] = [{} for _ in items]  # at home: step -> whether it may be changed
        for step, k in enumerate(order):
            kernel = storage.problem.kernels[k]
            for name in (*kernel.sees, *kernel.changes):
                self.reached[self.item_of[storage.index[name]]][step] = name in kernel.changes
            for access in storage.accesses[k]:
                item = self.item_of.get(storage.root[access.buffer])
                if item is not None:
                    self.accesses[item].setdefault(step, []).append(access)

    def events(self, i: int, stay: bool) -> tuple[Event, ...]:
        if self.items[i].kernel is not None:
            return (self._scratch(self.items[i], stay),)
        key = self._key(i, stay)
        if key not in self.known:
            self.known[key] = self._events(i, stay)
        return self.known[key]

    def _key(self, i: int, stay: bool) -> Hashable:
        """Lifetimes of units follow from the accesses and from what buffers are, which is the same in all problems."""
        storage, stored, size = self.storage, self.lifetimes.stored, self.storage.problem.buffers
        placed = ((b, storage.root[b], storage.offset[b], size[b].size, stored[b]) for b in self.buffers[i])
        scattered = tuple(b for b in self.buffers[i] if b in storage.strided)
        uses = ((step, *accesses) for step, accesses in self.accesses[i].items())
        reached = tuple(self.reached[i].items())
        return self.items[i], stay, self.costs, self.lifetimes.steps, tuple(placed), scattered, tuple(uses), reached

    def _events(self, i: int, stay: bool) -> tuple[Event, ...]:
        item = self.items[i]
        kinds = {self.storage.problem.buffers[b].kind for b in self.buffers[i]}
        enters = self._enters(i)
        leaves = any(lives_on(self.storage.problem.buffers[b]) for b in self.buffers[i])
        stay = stay or item.pinned == "L2"
        constant = Kind.CONSTANT in kinds and not item.staged
        rules = Rules(constant or Kind.VARIABLE in kinds, stay, constant, item.staged)
        ends = {step for p in item.pieces for step in (p[0], p[1] - 1)}
        reached = {step for step in self.reached[i] if item.span[0] <= step < item.span[1]}
        steps = sorted({*self.accesses[i], *ends, *reached})
        events: list[Event] = []
        before = self._cover(i, steps[0] - 1)
        changes = sorted(
            {at for u in self._units(i) for at in (self.lifetimes.unit[u][0], self.lifetimes.unit[u][1] - 1)}
        )
        covers: dict[int, tuple[int, ...] | None] = {}  # changes up to a step -> the cover after it
        for step, following in zip(steps, [*steps[1:], self.lifetimes.steps], strict=True):
            past = bisect_right(changes, step)
            if past not in covers:
                covers[past] = self._cover(i, step)
            events.append(self._event(i, step, following, before, covers[past], rules))
            before = covers[past]  # between events the same is live
        if enters or stay or constant:
            gap, tail = self.item_lines(item.pieces, 0) if steps[0] > 0 else (0, False)
            events.insert(0, Event(-1, rules.entry(), gap, self._cover(i, -1), False, tail))
        if leaves or stay or constant:
            events.append(Event(self.lifetimes.steps, rules.exit(), 0, (), False))
        return tuple(events)

    def _scratch(self, item: Item, stay: bool) -> Event:
        step, costs, size = item.pieces[0][0], self.costs, item.size
        inside = size * (costs.l2_write + costs.l2_read)
        options = [Option(OUT, OUT, IN_L2, inside, 0, *self.item_lines(item.pieces, step))]
        if not stay and not self.operands_in_l2:
            outside = size * (costs.ddr_write + costs.ddr_read) + 2 * costs.transfer
            options.append(Option(OUT, OUT, IN_DDR, outside, 0, 0))
        return Event(step, tuple(options), 0, (), False)

    def _event(
        self,
        i: int,
        step: int,
        following: int,
        before: tuple[int, ...] | None,
        after: tuple[int, ...] | None,
        rules: Rules,
    ) -> Event:
        """`following`: the step of the next event."""
        item = self.items[i]
        accesses = self.accesses[i].get(step, ())
        # Bytes that end one step before others come to lie there count as held, which nobody asks where no step is
        # between.
        held = [p for p in item.pieces if p[1] > step + 1] if following > step + 1 else []
        gap, tail = self.item_lines(held, step)
        chooser = Chooser(self, item, step, before, after, accesses, rules)
        home, changed = step in self.reached[i], self.reached[i].get(step, False)
        options = [o for o in chooser.options() if not (home and o.from_state == DIRTY)]
        options = [o for o in options if not (changed and o.to_state != OUT)]
        return Event(step, tuple(options), gap, after, any(a.writes for a in accesses), tail, home, changed)

    def item_lines(self, pieces: Sequence[Piece], step: int) -> tuple[int, bool]:
        """Lines at a step, and whether the last byte of all may be in the part of a line that L2 ends with."""
        a = self.alignment
        live = [(lo, hi) for start, end, lo, hi in pieces if start <= step < end]
        tail = self.rest > 0 and bool(live) and 0 < max(hi for _, hi in live) % a <= self.rest
        return sum(-(-hi // a) - -(-lo // a) for lo, hi in live), tail

    def lines(self, root: int, step: int) -> tuple[int, bool]:
        """Of a root alone."""
        storage, unit = self.storage, self.lifetimes.unit
        return self.item_lines([(*unit[u], storage.unit_lo[u], storage.unit_hi[u]) for u in storage.units[root]], step)

    def live(self, i: int, step: int) -> set[int]:
        """Units of an item that are live at a step and at the next."""
        unit, first, last = self.lifetimes.unit, max(step, 0), self._last(i, step)
        return {u for u in self._units(i) if unit[u][0] <= first and unit[u][1] > last}

    def _units(self, i: int) -> Iterator[int]:
        """Of an item, those that have bytes."""
        storage = self.storage
        for root, _ in self.items[i].members:
            yield from (u for u in storage.units[root] if storage.unit_lo[u] < storage.unit_hi[u])

    def _last(self, i: int, step: int) -> int:
        """The step after `step`; of what goes home to DDR after the last one, that one."""
        item, buffers = self.items[i], self.storage.problem.buffers
        written = any(buffers[root].kind in (Kind.OUTPUT, Kind.VARIABLE) for root, _ in item.members)
        goes_home = item.staged and (written or not item.external)
        return min(step + 1, self.lifetimes.steps - 1) if goes_home else step + 1

    def _cover(self, i: int, step: int) -> tuple[int, ...] | None:
        """Buffers that are live, one beside the other, from `step` to the next, and all that is.

        None as well if the last byte of a root with a place then is not: the place would reach out of its memory.
        """
        left = self.live(i, step)
        if step < 0 and not self._enters(i):
            return ()
        if left and (self._stays_whole(i) or not self._tops(i, step) <= left):
            return None
        cover = []
        for b in self.movers[i] if left else ():
            units = self.storage.units[b]
            if units.start in left and left.issuperset(units):
                cover.append(b)
                left.difference_update(units)
        return None if left else tuple(cover)

    def _tops(self, i: int, step: int) -> set[int]:
        """The last units of roots that are stored from a step to the next."""
        storage, stored, first, last = self.storage, self.lifetimes.stored, max(step, 0), self._last(i, step)
        return {
            storage.units[root][-1]
            for root, _ in self.items[i].members
            if stored[root][0] <= first and stored[root][1] > last and storage.problem.buffers[root].size
        }

    def _stays_whole(self, i: int) -> bool:
        return any(self.storage.problem.buffers[root].whole for root, _ in self.items[i].members)

    def _enters(self, i: int) -> bool:
        return any(self.storage.enters(b) for b in self.buffers[i])
