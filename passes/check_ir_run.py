"""The walk of one function's nodes with a shadow of its arenas: who reads bytes that are no longer its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from l2opt.mlir import ir
from l2opt.passes.check_ir_effects import Read, Write
from l2opt.passes.check_ir_flow import Access, Branch, Event, Loop, Node, events
from l2opt.passes.check_ir_places import Places
from l2opt.passes.check_ir_shadow import Indices, Shadow, State
from l2opt.passes.check_ir_views import Target
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Run"]

_ROUNDS = 8  # of a loop; the second one shows nearly all
_BEFORE = 0  # number of no event: what wrote the state before the first run


@dataclass
class Run:
    """The faults met, one for an operand of an operation, in the order met."""

    shadow: Shadow
    places: Places
    by_number: Mapping[int, Event]
    faults: dict[tuple[int, int], LocatedError] = field(default_factory=dict)
    made: dict[Target, int] = field(default_factory=dict)  # bytes, as one event wrote them -> the last such event

    def function(self, nodes: Sequence[Node], kept: Sequence[Target]) -> None:
        """One run; with `kept` roots, which are written before the first run and last from run to run, a second one."""
        state = self.shadow.start()
        for target in kept:
            self.shadow.write(state, target, _BEFORE, whole=True)
        state = self._run(nodes, state)
        if kept:
            self._run(nodes, self.shadow.only(state, [target.root for target in kept]))

    def _run(self, nodes: Iterable[Node], state: State) -> State:
        for node in nodes:
            if not isinstance(node, Event):
                self._check_entry(node, state)
            state = self._node(node, state, straight=isinstance(node, Event))
        return state

    def _node(self, node: Node, state: State, straight: bool) -> State:
        if isinstance(node, Event):
            self._event(node, state, straight)
            return state
        if isinstance(node, Branch):
            return self.shadow.merge(state, [self._nodes(body, state.copy()) for body in node.bodies])
        return self._loop(node, state)

    def _loop(self, loop: Loop, state: State) -> State:
        """Rounds until one more shows nothing new."""
        after = self._nodes(loop.body, state.copy())
        if not self._shares(loop):
            return self.shadow.merge(state, [state, after])
        for _ in range(_ROUNDS):
            before = after
            after = self.shadow.merge(state, [before, self._nodes(loop.body, before.copy())])
            if after.same(before):
                return self.shadow.merge(state, [state, after])
        raise LocatedError(loop.op, f"'{loop.op.name}' changes who holds what in each of {_ROUNDS} rounds")

    def _nodes(self, nodes: Iterable[Node], state: State) -> State:
        for node in nodes:
            state = self._node(node, state, straight=False)
        return state

    def _event(self, event: Event, state: State, straight: bool) -> None:
        for access in event.accesses:
            for target in access.targets if access.read else ():
                self._read(event, access, target, state, straight)
        for access in event.accesses:
            for target in access.targets if access.write else ():
                self.shadow.write(state, target, event.number, access.write == Write.WHOLE)
                if straight:
                    self.made[_bytes(target)] = event.number

    def _read(self, event: Event, access: Access, target: Target, state: State, straight: bool) -> None:
        lost = self.shadow.lost(state, target)
        if lost is not None:
            self._fault(event, access, target, "were overwritten by", lost)
        elif straight and access.read == Read.WHOLE and (other := self.shadow.foreign(state, target)) is not None:
            self._fault(event, access, target, "hold only", other)
        elif straight and access.read >= Read.PART and not self.shadow.written(state, target):
            self._unwritten(event, access, target)
        elif straight and access.read == Read.WHOLE and (holes := self.shadow.unwritten(state, target)).size:
            where = self.places.bytes(holes, target.root)
            message = f"{self._subject(event, access)}: nothing has written {where}"
            self._add(event, access, LocatedError(event.op, message, [self._made(target)]))
        elif straight and target.exact and (writer := self._crossed(state, target)) is not None:
            message = f"{self._subject(event, access)}: some of it was overwritten by another part of the same buffer"
            notes = [(writer.op, f"written here, at step {writer.step}"), self._made(target)]
            self._add(event, access, LocatedError(event.op, message, notes))
        elif access.since is not None:
            self._check_unchanged(event, access, target, state)

    def _check_unchanged(self, event: Event, access: Access, target: Target, state: State) -> None:
        written = self.shadow.written_since(state, target, access.since or 0)
        if written is not None:
            writer = self.by_number[written]
            message = f"{self._subject(event, access)}: it was written while it was moved"
            notes = [(writer.op, f"written here, at step {writer.step}"), self._made(target)]
            self._add(event, access, LocatedError(event.op, message, notes))

    def _crossed(self, state: State, target: Target) -> Event | None:
        """The event that, after one had written just these bytes, wrote some of them as bytes of another part, neither
        of which holds the other; unless it read them too."""
        made = self.made.get(_bytes(target))
        if made is None:
            return None
        for number in self.shadow.writers(state, target):
            if number <= made:
                continue
            event = self.by_number[int(number)]
            parts = [t for a in event.accesses if a.write for t in a.targets if t.root == target.root]
            read = {t for a in event.accesses if a.read for t in a.targets}
            if any(part not in read and self.shadow.crosses(part, target).size for part in parts):
                return event
        return None

    def _check_entry(self, node: Branch | Loop, state: State) -> None:
        """What a branch or loop reads and does not write must be there before it."""
        inside = [(event, access) for event in events([node]) for access in event.accesses]
        made = {target.root for _, access in inside if access.write for target in access.targets}
        for event, access in inside:
            for target in access.targets if access.read >= Read.PART else ():
                if target.root not in made and not self.shadow.written(state, target):
                    self._unwritten(event, access, target)

    def _shares(self, loop: Loop) -> bool:
        """Whether two roots in the loop lie over each other; if none do, one round shows all."""
        spans = {
            (*target.extent, target.root) for event in events([loop]) for a in event.accesses for target in a.targets
        }
        reach, last = -1, -1
        for low, high, root in sorted(spans):
            if low < reach and root != last:
                return True
            if high > reach:
                reach, last = high, root
        return False

    def _fault(self, event: Event, access: Access, target: Target, how: str, what: tuple[Indices, int]) -> None:
        segments, number = what
        where = f"{self._subject(event, access)}: {self.places.bytes(segments, target.root)}"
        if number == _BEFORE:
            fault = LocatedError(event.op, f"{where} {how} state of earlier runs", [self._made(target)])
        else:
            writer = self.by_number[number]
            written = [
                each.root for each_access in writer.accesses if each_access.write for each in each_access.targets
            ]
            other = next((root for root in written if root != target.root), None)
            by = "another buffer" if other is None else self.places.root(other)
            notes = [(writer.op, f"written here, at step {writer.step}"), self._made(target)]
            fault = LocatedError(event.op, f"{where} {how} {by}", notes)
        self._add(event, access, fault)

    def _unwritten(self, event: Event, access: Access, target: Target) -> None:
        message = f"{self._subject(event, access)}: nothing has written any of it"
        self._add(event, access, LocatedError(event.op, message, [self._made(target)]))

    def _subject(self, event: Event, access: Access) -> str:
        return f"{self.places.name(access.value)} read at step {event.step}"

    def _made(self, target: Target) -> tuple[ir.Operation, str]:
        return self.places.roots[target.root].op, "the buffer that is read lies here"

    def _add(self, event: Event, access: Access, fault: LocatedError) -> None:
        self.faults.setdefault((event.number, access.operand), fault)


def _bytes(target: Target) -> Target:
    """The target as bytes, dimensions that follow one another in memory joined: however its elements are seen."""
    joined: list[tuple[int, int]] = []
    for size, stride in (*zip(target.shape, target.strides, strict=True), (target.element, 1)):
        if size == 1:
            continue
        if joined and joined[-1][1] == size * stride:
            size *= joined.pop()[0]
        joined.append((size, stride))
    start = target.base + target.offset
    return Target(target.root, start, 0, tuple(size for size, _ in joined), tuple(stride for _, stride in joined), 1)
