"""What is in L2 when not all of it fits, and when; the rest is in DDR.

First today's rule: whole items, the most cost a byte first (`admit`). Then the least cost that the load allows, by
interval (`residency`). If that does not pack, what stuck out of L2 is learned from: room is taken away at the fullest
step of it and the choice made again; and if that does not help soon, the item may not be in L2 then. Items pinned to L2
never leave it. What is kept never costs more than the rule, and never goes above the capacity.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from l2opt.errors import DeadlinePassed, Infeasible
from l2opt.plan import cp
from l2opt.plan.chunks import Choices, Chunk, cut, split_targets, whole_chunks
from l2opt.plan.costs import Costs
from l2opt.plan.cp_residency import proven_by_cp
from l2opt.plan.events import OUT, Known, Timeline, timelines_of
from l2opt.plan.items import Item, items_of
from l2opt.plan.lifetimes import Lifetimes
from l2opt.plan.merge import Joined
from l2opt.plan.model import Copy, Memory
from l2opt.plan.options import Options
from l2opt.plan.pack import Packed, keep_by_load, least_peak, pack, pack_within
from l2opt.plan.residency import Chosen, Effort, choose, lines_of
from l2opt.plan.storage import Storage
from l2opt.plan.traffic import cost_of, traffic_of
from l2opt.plan.windows import improved
from l2opt.sizes import format_size

__all__ = ["Care", "Resident", "Scene", "by_rule", "reside", "too_large"]

_SHOWN = 5  # buffers named in a message
_TIGHTER = 8  # attempts with less room at a step
_ATTEMPTS = 40  # in all
_LOOKS = 2_000_000  # options looked at by the first choice, and by later ones
_LOOKS_AGAIN = 300_000
_BOUND_LOOKS = 300_000  # for a bound alone
_WINDOWS = 200_000  # events in windows chosen anew of the last choice, and of those before
_WINDOWS_FIRST = 80_000
_CP_WORK = 1.0  # of CP-SAT, about as many seconds
_SEARCHED = 500  # items: more are packed by greedy rules alone, where others would do as well
_SHARE = 0.4  # of the time left, for one choice
_HURRY = 1e-4  # seconds an access: with less left, the rule alone


class Care(Enum):
    """How much effort a choice of residency is worth."""

    QUICK = "quick"  # a trial among many
    PLAIN = "plain"
    THOROUGH = "thorough"  # the last one


@dataclass(frozen=True, slots=True)
class Scene:
    """What residency is chosen for."""

    storage: Storage
    lifetimes: Lifetimes
    order: tuple[int, ...]
    joined: Joined
    items: tuple[Item, ...]
    known: Known = field(default_factory=dict, compare=False, repr=False)  # of other scenes of the same problem


@dataclass(frozen=True, slots=True)
class Resident:
    """Where items are, cut in time. `offsets`: of the chunks in L2, in their order among the chunks."""

    scene: Scene  # with what is written over another only where both are in one memory
    chunks: tuple[Chunk, ...]
    copies: tuple[Copy, ...]
    offsets: tuple[int, ...]
    peak: int  # bytes
    lower_bound: int  # bytes; of any packing of these chunks
    window: tuple[str, ...]  # what needs that by itself, as `Plan.l2_window`; (): what is live at one step does
    winner: str
    cost: float
    cost_bound: float  # no residency of the scene's items costs less
    traffic_bound: float  # or moves fewer bytes


def reside(
    scene: Scene, options: Options, seconds: float, below: float = math.inf, care: Care = Care.PLAIN
) -> Resident | None:
    """None if not all fits and none that costs less than `below` was found.

    Raises Infeasible, naming what holds the peak, if something that must be in L2 does not fit.
    """
    memory = scene.storage.problem.l2
    end = time.perf_counter() + seconds if seconds else math.inf
    inside = [item.pinned != "DDR" for item in scene.items]
    movable = [item for item, free in zip(scene.items, inside, strict=True) if free and item.pieces]
    capacity, bound = memory.capacity, least_peak(movable, memory.alignment)
    if capacity is None or bound <= capacity:
        packed = pack(movable, memory.alignment, options, seconds, search=True)
        if capacity is None or packed.peak <= capacity:
            fitting = _whole(_resident(scene, whole_chunks(scene.items, inside), (), packed, options))
            if not _may_stage(scene, options):
                return fitting
            return _Search(scene, options, end).best(
                below, care, None if scene.storage.problem.operands_in_l2 else fitting
            )
    pinned = [item for item in movable if _must(item, options)]
    if least_peak(pinned, memory.alignment) > capacity:
        raise too_large(pinned, memory)
    hurry = end - time.perf_counter() < _HURRY * sum(map(len, scene.storage.accesses))
    if scene.storage.problem.operands_in_l2 or (options.intervals and not hurry):
        return _Search(scene, options, end).best(below, care)
    whole = by_rule(scene, options, seconds)
    if isinstance(whole, DeadlinePassed):
        raise whole
    return whole


def _may_stage(scene: Scene, options: Options) -> bool:
    """Whether copies in L2 of what is at home in DDR are needed, or may move less than each use of it there."""
    staged = [item for item in scene.items if item.staged and item.pieces]
    needed = scene.storage.problem.operands_in_l2
    return options.intervals and any(needed or item.value > item.size for item in staged)


def _must(item: Item, options: Options) -> bool:
    return item.pinned == "L2" or options.spill == "never"


def by_rule(scene: Scene, options: Options, seconds: float = 0.0) -> Resident | DeadlinePassed:
    """Whole items in L2, the most cost a byte first; the rest in DDR. An error if what must be in L2 was not packed."""
    memory = scene.storage.problem.l2
    assert memory.capacity is not None
    movable = [item for item in scene.items if item.pinned != "DDR" and item.pieces]
    must = [_must(item, options) for item in movable]
    stays = keep_by_load(movable, memory.alignment, memory.capacity, must)
    kept = [item for item, inside in zip(movable, stays, strict=True) if inside]
    search = len(kept) <= _SEARCHED
    packed = pack(kept, memory.alignment, options, seconds, enough=memory.capacity, search=search)
    if packed.peak > memory.capacity:
        within = pack_within(movable, memory.alignment, memory.capacity, must, options, seconds)
        if within is None:
            return DeadlinePassed(
                f"no packing of what must be in {memory.name} was found within its {memory.capacity} B; the best has "
                f"{packed.peak} B. This does not prove that there is none"
            )
        stays = [offset is not None for offset in within.offsets]
        packed = Packed(tuple(o for o in within.offsets if o is not None), within.peak, within.winner)
    inside = dict(zip((item.name for item in movable), stays, strict=True))
    chunks = whole_chunks(scene.items, [item.pinned != "DDR" and inside.get(item.name, True) for item in scene.items])
    return _resident(scene, chunks, (), packed, options)


def _whole(resident: Resident) -> Resident:
    """All that may be in L2 is: no other residency costs less."""
    scene = resident.scene
    moved = traffic_of(scene.storage, scene.order, scene.items, resident.chunks, ())
    return replace(resident, cost_bound=resident.cost, traffic_bound=moved)


def _resident(
    scene: Scene,
    chunks: tuple[Chunk, ...],
    copies: tuple[Copy, ...],
    packed: Packed,
    options: Options,
) -> Resident:
    cost = cost_of(scene.storage, scene.order, scene.items, chunks, copies, options.cost_model)
    parts = [chunk.part for chunk in chunks if chunk.in_l2]
    whole = all(chunk.part is scene.items[chunk.item] for chunk in chunks)
    lowest = least_peak(parts, scene.storage.problem.l2.alignment, whole)
    window: tuple[str, ...] = ()
    if whole and packed.window and packed.lower_bound > lowest:
        lowest = packed.lower_bound
        window = tuple(item.name if item.kernel is None else f"scratch of {item.name}" for item in packed.window)
    offsets = tuple(offset or 0 for offset in packed.offsets)
    return Resident(scene, chunks, copies, offsets, packed.peak, lowest, window, packed.winner, cost, 0.0, 0.0)


class _Search:
    """By interval: choose, pack, learn. An L2 without a capacity has room for all at once."""

    def __init__(self, scene: Scene, options: Options, end: float) -> None:
        self.scene, self.options, self.end = scene, options, end
        self.memory = scene.storage.problem.l2
        all_ = sum(item.size + self.memory.alignment for item in scene.items)
        self.capacity = all_ if self.memory.capacity is None else self.memory.capacity
        self.timelines = self._timelines(options.cost_model)
        self.whole = self.capacity // self.memory.alignment
        self.room = [lines_of(self.capacity, self.memory.alignment)] * scene.lifetimes.steps
        self.fixed = self._fixed(options.cost_model)

    def _timelines(self, costs: Costs) -> list[Timeline]:
        scene = self.scene
        stay = [self.options.spill == "never" and item.pinned != "DDR" for item in scene.items]
        return list(timelines_of(scene.storage, scene.lifetimes, scene.items, scene.order, costs, stay, scene.known))

    def left(self) -> float:
        """Seconds; 0 means no deadline."""
        return 0.0 if self.end == math.inf else max(1e-3, self.end - time.perf_counter())

    def best(self, below: float, care: Care, fitting: Resident | None = None) -> Resident | None:
        """`fitting`: with all in L2 that may be. Raises DeadlinePassed if nothing is found."""
        self._check_options()
        first = self._choose(_LOOKS_AGAIN if care is Care.QUICK else _LOOKS, below)
        bound = first.bound + self.fixed
        if bound > below or (bound == below and fitting is None):
            return None
        if care is not Care.QUICK:
            work = _WINDOWS if care is Care.THOROUGH else _WINDOWS_FIRST
            first = improved(self.timelines, self.room, self.whole, first, work, self.left() * _SHARE)
        rule: Resident | DeadlinePassed | None = fitting
        if rule is None and not self.scene.storage.problem.operands_in_l2:
            rule = by_rule(self.scene, self.options, self.left())
        if care is Care.THOROUGH and first.choices is not None and not first.proven and cp.installed():
            own, _ = self._pack(first.choices)  # what CP-SAT finds may not pack
            if own is not None and (not isinstance(rule, Resident) or own.cost < rule.cost):
                rule = own
            first = proven_by_cp(self.timelines, self.room, self.whole, first, _CP_WORK, self.left() * _SHARE)
            bound = max(bound, first.bound + self.fixed)
        best = self._improved(first, rule if isinstance(rule, Resident) else None) or self._least()
        if best is None:
            raise rule if isinstance(rule, DeadlinePassed) else self._not_found()
        return replace(best, cost_bound=min(bound, best.cost), traffic_bound=self._traffic_bound(bound))

    def _check_options(self) -> None:
        for timeline in self.timelines:
            item = self.scene.items[timeline.item]
            for event in timeline.events:
                if not event.options:
                    raise Infeasible(
                        f"{item.name!r} ({item.size} B) is needed in {self.memory.name} at step {event.step}, and does "
                        f"not fit into its {self.capacity} B",
                        (item.name,),
                    )

    def _not_found(self) -> DeadlinePassed:
        return DeadlinePassed(
            f"no packing with every operand in {self.memory.name} was found within its {self.capacity} B. "
            "This does not prove that there is none"
        )

    def _least(self) -> Resident | None:
        """With each item in L2 only while a kernel needs it there, if that packs."""
        self.timelines = [_leaving(timeline) for timeline in self.timelines]
        self.room = [lines_of(self.capacity, self.memory.alignment)] * len(self.room)
        chosen = self._choose(_LOOKS_AGAIN, math.inf)
        return None if chosen.choices is None else self._pack(chosen.choices)[0]

    def _choose(self, looks: int, below: float) -> Chosen:
        effort = Effort(looks=looks, seconds=self.left() * _SHARE)
        return choose(self.timelines, self.room, self.whole, effort, below - self.fixed)

    def _improved(self, chosen: Chosen, best: Resident | None) -> Resident | None:
        for attempt in range(_ATTEMPTS):
            if chosen.choices is None or (best is not None and chosen.cost + self.fixed >= best.cost):
                break
            made, stuck = self._pack(chosen.choices)
            if made is not None:
                return made if best is None or made.cost < best.cost else best
            if time.perf_counter() > self.end:
                break
            self._learn(stuck, attempt)
            chosen = self._choose(_LOOKS_AGAIN, math.inf if best is None else best.cost)
        return best

    def _traffic_bound(self, bound: float) -> float:
        """`bound`: on the objective."""
        if self.options.cost_model == Costs():
            return bound
        room = [lines_of(self.capacity, self.memory.alignment)] * len(self.room)
        effort = Effort(looks=_BOUND_LOOKS, seconds=self.left() * _SHARE)
        return choose(self._timelines(Costs()), room, self.whole, effort).bound + self._fixed(Costs())

    def _fixed(self, costs: Costs) -> float:
        """What no choice changes: all else in DDR, each item that has a timeline in L2."""
        chosen = {timeline.item for timeline in self.timelines}
        chunks = tuple(
            replace(chunk, in_l2=chunk.item in chosen)
            for chunk in whole_chunks(self.scene.items, [True] * len(self.scene.items))
        )
        free = replace(costs, l2_read=0.0, l2_write=0.0)
        return cost_of(self.scene.storage, self.scene.order, self.scene.items, chunks, (), free)

    def _pack(self, choices: Choices) -> tuple[Resident | None, list[Chunk]]:
        """What was chosen, if it packs; else what sticks out of L2."""
        scene = self.scene
        targets = split_targets(scene.storage, scene.order, scene.items, choices)
        made = scene
        if targets:
            joined = scene.joined.without(targets)
            items = items_of(scene.storage, scene.lifetimes, joined, scene.order)
            made = replace(scene, joined=joined, items=items)
        chunks, copies = cut(scene.storage, made.items, scene.items, choices, targets, scene.lifetimes.steps)
        inside = [chunk for chunk in chunks if chunk.in_l2]
        packed = pack(
            [chunk.part for chunk in inside],
            self.memory.alignment,
            self.options,
            self.left(),
            enough=self.capacity,
            search=len(inside) <= _SEARCHED,
        )
        if packed.peak <= self.capacity:
            return _resident(made, chunks, copies, packed, self.options), []
        roots = {root: i for i, item in enumerate(scene.items) for root, _ in item.members}
        kernels = {item.kernel: i for i, item in enumerate(scene.items) if item.kernel is not None}
        stuck = []
        for chunk, offset in zip(inside, packed.offsets, strict=True):
            if (offset or 0) + chunk.part.size > self.capacity and chunk.part.pinned != self.memory.name:
                part = chunk.part
                old = kernels[part.kernel] if part.kernel is not None else roots[part.members[0][0]]
                stuck.append(replace(chunk, item=old))
        self.loads = _loads([chunk.part for chunk in inside], self.memory.alignment, len(self.room))
        return None, stuck

    def _learn(self, stuck: Sequence[Chunk], attempt: int) -> None:
        if attempt < _TIGHTER or not stuck:
            steps = {max(range(c.start, c.end), key=lambda step: (self.loads[step], -step)) for c in stuck}
            if not stuck:
                steps = {max(range(len(self.loads)), key=lambda step: (self.loads[step], -step))}
            for step in steps:
                self.room[step] = min(self.room[step], self.loads[step] - 1)
            return
        chunk = max(stuck, key=lambda c: (c.part.size, -c.start))
        self.timelines = [
            _without(timeline, chunk.start, chunk.end) if timeline.item == chunk.item else timeline
            for timeline in self.timelines
        ]


def _loads(parts: Sequence[Item], alignment: int, steps: int) -> list[int]:
    """Lines of L2 taken at each step."""
    change = [0] * (steps + 1)
    for part in parts:
        for start, end, lo, hi in part.pieces:
            lines = -(-hi // alignment) - -(-lo // alignment)
            change[start] += lines
            change[end] -= lines
    loads, now = [], 0
    for step in range(steps):
        now += change[step]
        loads.append(now)
    return loads


def _leaving(timeline: Timeline) -> Timeline:
    """Without what keeps the item in L2 between events, where it may leave."""
    events = [
        replace(event, options=tuple(o for o in event.options if o.to_state == OUT) or event.options)
        for event in timeline.events
    ]
    return replace(timeline, events=tuple(events))


def _without(timeline: Timeline, start: int, end: int) -> Timeline:
    """Without what brings the item to L2 during [start, end)."""
    events = []
    for event in timeline.events:
        if start <= event.step < end:
            kept = tuple(o for o in event.options if not (o.mode.before or o.mode.after))
            event = replace(event, options=kept or event.options)
        events.append(event)
    return replace(timeline, events=tuple(events))


def too_large(items: Sequence[Item], memory: Memory) -> Infeasible:
    assert memory.capacity is not None
    load: dict[int, int] = {}
    for item in items:
        for start, end, lo, hi in item.pieces:
            load[start] = load.get(start, 0) + hi - lo
            load[end] = load.get(end, 0) - (hi - lo)
    step, largest, now = 0, 0, 0
    for at in sorted(load):
        now += load[at]
        if now > largest:
            step, largest = at, now
    needed = least_peak(items, memory.alignment)
    live = {item.name: sum(p[3] - p[2] for p in item.pieces if p[0] <= step < p[1]) for item in items}
    names = sorted((name for name in live if live[name]), key=lambda name: (-live[name], name))
    shown = ", ".join(f"{name!r} ({live[name]} B)" for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Infeasible(
        f"{memory.name} needs {needed} B, {needed - memory.capacity} B more than its capacity of {memory.capacity} B "
        f"({format_size(memory.capacity)}): at step {step} it holds {shown}{more}",
        tuple(names),
    )
