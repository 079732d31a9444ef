"""The walk of one function's nodes with a shadow of its arenas: who reads bytes that are no longer its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from l2opt.passes.check_ir_arenas import RootView
from l2opt.passes.check_ir_effects import Read, Write
from l2opt.passes.check_ir_flow import Access, Branch, Event, Loop, Node, events
from l2opt.passes.check_ir_shadow import Indices, Shadow, State
from l2opt.passes.check_ir_views import Target
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Run", "place"]


@dataclass
class Run:
    """The faults met, one for an operand of an operation, in the order met."""

    shadow: Shadow
    roots: Mapping[int, RootView]
    by_number: Mapping[int, Event]
    faults: dict[tuple[int, int], LocatedError] = field(default_factory=dict)

    def function(self, nodes: Iterable[Node]) -> None:
        state = self.shadow.start()
        for node in nodes:
            if not isinstance(node, Event):
                self._check_entry(node, state)
            state = self._node(node, state, straight=isinstance(node, Event))

    def _node(self, node: Node, state: State, straight: bool) -> State:
        if isinstance(node, Event):
            self._event(node, state, straight)
            return state
        if isinstance(node, Branch):
            return self.shadow.merge(state, [self._nodes(body, state.copy()) for body in node.bodies])
        after = self._nodes(node.body, state.copy())
        if self._shares(node):
            after = self.shadow.merge(state, [after, self._nodes(node.body, after.copy())])
        return self.shadow.merge(state, [state, after])

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

    def _read(self, event: Event, access: Access, target: Target, state: State, straight: bool) -> None:
        lost = self.shadow.lost(state, target)
        if lost is not None:
            self._fault(event, access, target, "were overwritten by", lost)
        elif straight and access.read == Read.WHOLE and (other := self.shadow.foreign(state, target)) is not None:
            self._fault(event, access, target, "hold only", other)
        elif straight and access.read >= Read.PART and not self.shadow.written(state, target):
            self._unwritten(event, access, target)

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
        writer = self.by_number[number]
        root = self.roots[target.root]
        others = [
            self.roots[each.root].op.results[0].get_name()
            for written in writer.accesses
            for each in written.targets
            if written.write and each.root != target.root
        ]
        by = others[0] if others else "another buffer"
        message = (
            f"'{access.value.get_name()}' read at step {event.step}: "
            f"{place(self.shadow, segments, root)} {how} '{by}' at step {writer.step}"
        )
        notes = [(writer.op, "written here"), (root.op, "the buffer that is read lies here")]
        self._add(event, access, LocatedError(event.op, message, notes))

    def _unwritten(self, event: Event, access: Access, target: Target) -> None:
        message = f"'{access.value.get_name()}' read at step {event.step}: nothing has written any of it"
        notes = [(self.roots[target.root].op, "the buffer that is read lies here")]
        self._add(event, access, LocatedError(event.op, message, notes))

    def _add(self, event: Event, access: Access, fault: LocatedError) -> None:
        self.faults.setdefault((event.number, access.operand), fault)


def place(shadow: Shadow, segments: Indices, root: RootView) -> str:
    """The first bytes of `segments`, as positions in the root's arena."""
    low, high = shadow.bytes_of(segments)
    start = root.arena.start
    return f"bytes [{low - start}, {high - start}) of {root.arena.name}"
