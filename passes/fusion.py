"""Grouping operations into kernels, as an accelerator would run them.

A kernel's value is that of its last operation, so kernels ordered by their last operation can never wait for each other
in a circle; kernels with several results (integer networks alone make them) are checked for that afterwards. Three
steps: operations joined by a wide value are one kernel (an accumulator is no buffer), and so are a pad and the window
that carries it; then each kernel takes in the elementwise operations after it, up to the last point where everything
inside has come together again (a swish's two branches); what it may read beside its own values is set by the mode.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from l2opt.passes.graph import Graph
from l2opt.passes.ops import Role

__all__ = ["MODES", "Group", "form_groups"]

MODES = ("none", "activation", "elementwise")
SMALL = 8  # an activation may read another operand of at most 1/8 of its result
REACH = 64  # operations looked at for a point where branches come together
SEARCHED = 1000  # operations looked at for whether a kernel needs what another makes


@dataclass(slots=True)
class Group:
    """One kernel: nodes ascending, the values it reads and those it makes for others."""

    nodes: list[int]
    reads: tuple[int, ...]
    writes: tuple[int, ...]


def form_groups(graph: Graph, mode: str) -> list[Group]:
    """Kernels, each after those that make what it reads. Views outside of kernels are in none."""
    needed = _needed(graph)
    banned: set[int] = set()
    while True:
        groups = _Grouping(graph, needed, mode, banned).groups()
        ordered, stuck = _in_order(graph, groups)
        if not stuck:
            return ordered
        assert not all(node in banned for group in stuck for node in group.nodes), "kernels wait for each other"
        banned.update(node for group in stuck for node in group.nodes)


def _needed(graph: Graph) -> list[bool]:
    """Nodes whose results reach a result of the function, its state, or an operation that may have other effects."""
    needed = [not _droppable(graph, k) for k in range(len(graph.nodes))]
    for k in range(len(graph.nodes) - 1, -1, -1):
        if needed[k]:
            for value in graph.nodes[k].inputs:
                producer = graph.values[value].producer
                if producer >= 0:
                    needed[producer] = True
    return needed


def _droppable(graph: Graph, k: int) -> bool:
    node = graph.nodes[k]
    return node.free or (not node.is_sink and node.pure)


class _Grouping:
    """The state of one attempt: which group each node is in, and each group's nodes."""

    def __init__(self, graph: Graph, needed: list[bool], mode: str, banned: set[int]) -> None:
        self.graph = graph
        self.mode = mode
        self.waits = False  # whether a kernel may be put off until what it could read is there
        self.live = [needed[k] and not node.repeated for k, node in enumerate(graph.nodes)]
        self.group_of = list(range(len(graph.nodes)))
        self.members = {k: [k] for k, live in enumerate(self.live) if live}
        self.reads = self._sources()
        self.users = self._consumers()
        self._join_wide(banned)
        self._join_borders()
        self._join_inserts()

    def groups(self) -> list[Group]:
        """Extend every group in program order, then collect those that are kernels. What joins two kernels goes to the
        later one, if that may take it."""
        for waits in {"none": (), "activation": (False,), "elementwise": (False, True)}[self.mode]:
            self.waits = waits
            for k in range(len(self.graph.nodes)):
                if self.live[k] and self.group_of[k] == k and self._absorbs(k):
                    self._extend(k)
        found = []
        for members in self.members.values():
            nodes = sorted(members)
            if any(self._makes_kernel(k) for k in nodes):
                found.append(Group(nodes, self._outside_reads(nodes), self._outputs(nodes)))
        return found

    def _makes_kernel(self, k: int) -> bool:
        node = self.graph.nodes[k]
        return node.role is not Role.VIEW and not node.is_sink and not node.is_state

    def _sources(self) -> list[tuple[int, ...]]:
        """For each live node the values, not repeated ones, that it takes directly or through repeated nodes."""
        graph = self.graph
        return [
            tuple(dict.fromkeys(s for value in node.inputs for s in graph.sources(value))) if self.live[k] else ()
            for k, node in enumerate(graph.nodes)
        ]

    def _consumers(self) -> dict[int, list[int]]:
        users: dict[int, list[int]] = {}
        for k, reads in enumerate(self.reads):
            for value in reads:
                users.setdefault(value, []).append(k)
        return users

    def _merge(self, into: int, other: int) -> None:
        """Put the group of `other` into that of `into`; the group keeps its smallest node's name."""
        a, b = sorted((self.group_of[into], self.group_of[other]))
        if a != b:
            for node in self.members[b]:
                self.group_of[node] = a
            self.members[a] += self.members.pop(b)

    def _join_wide(self, banned: set[int]) -> None:
        graph = self.graph
        for k, reads in enumerate(self.reads):
            if graph.nodes[k].is_sink or k in banned:
                continue
            for value in reads:
                producer = graph.values[value].producer
                if producer >= 0 and producer not in banned and graph.is_wide(value):
                    if not graph.nodes[producer].is_state:
                        self._merge(producer, k)

    def _join_borders(self) -> None:
        """A window's own pad or slice; those of several windows are repeated in each."""
        graph = self.graph
        for k, node in enumerate(graph.nodes):
            if self.live[k] and node.role is Role.WINDOW:
                producer = graph.values[node.inputs[0]].producer
                if producer >= 0 and self.live[producer] and graph.carries(k, producer):
                    if self.users[node.inputs[0]] == [k]:
                        self._merge(producer, k)

    def _join_inserts(self) -> None:
        """Moves into what the move before has made, and nobody else reads: one kernel puts the whole together."""
        graph = self.graph
        for k, node in enumerate(graph.nodes):
            if self.live[k] and node.role is Role.MOVE and node.traits.into is not None:
                held = node.inputs[node.traits.into]
                producer = graph.values[held].producer
                if producer >= 0 and self.live[producer] and self.users[held] == [k]:
                    if graph.nodes[producer].traits.into is not None and node.inputs.count(held) == 1:
                        self._merge(producer, k)

    def _absorbs(self, k: int) -> bool:
        """Whether a kernel may go on with elementwise work: one result, and not a mere rearrangement."""
        nodes = self.members[k]
        roles = {self.graph.nodes[node].role for node in nodes}
        if not any(self._makes_kernel(node) for node in nodes) or roles <= {Role.MOVE, Role.PAD, Role.VIEW}:
            return False
        if any(self.graph.nodes[node].has_effects for node in nodes):
            return False
        outputs = self._outputs(sorted(nodes))
        return len(outputs) == 1 and self.graph.values[outputs[0]].producer == max(nodes)

    def _outputs(self, nodes: list[int]) -> tuple[int, ...]:
        """Values used outside of `nodes`; and unused tensors of operations that may write them all the same."""
        inside = set(nodes)
        found = []
        for node in nodes:
            for value in self.graph.nodes[node].outputs:
                users = self.users.get(value)
                if users is None:
                    if not self.graph.nodes[node].pure and self.graph.values[value].shape is not None:
                        found.append(value)
                elif not inside.issuperset(users):
                    found.append(value)
        return tuple(found)

    def _outside_reads(self, nodes: list[int]) -> tuple[int, ...]:
        inside = {value for node in nodes for value in self.graph.nodes[node].outputs}
        return tuple(dict.fromkeys(v for node in nodes for v in self.reads[node] if v not in inside))

    def _extend(self, k: int) -> None:
        """Take in the longest run of elementwise groups after group `k` that leaves one result."""
        value = self._outputs(sorted(self.members[k]))[0]
        region = {value}
        open_users = {value: {self.group_of[user] for user in self.users.get(value, ())}}
        seen: set[int] = set()
        heap = sorted((max(self.members[g]), g) for g in open_users[value])
        taken: list[int] = []
        closed, end = 0, max(self.members[k])
        while heap and len(taken) < REACH:
            _, g = heapq.heappop(heap)
            if g in seen:
                continue
            seen.add(g)
            result = self._eligible(k, g, region, end)
            if result is None:
                continue
            taken.append(g)
            for users in open_users.values():
                users.discard(g)
            open_users = {v: users for v, users in open_users.items() if users}
            region.add(result)
            open_users[result] = {self.group_of[user] for user in self.users.get(result, ())}
            for user in open_users[result]:
                heapq.heappush(heap, (max(self.members[user]), user))
            if set(open_users) <= {result} and self._may_end(g, value, result) and self._pays(k, taken, result):
                closed = len(taken)
        for g in taken[:closed]:
            self._merge(k, g)

    def _eligible(self, k: int, g: int, region: set[int], end: int) -> int | None:
        """The single result of group `g` if kernel `k`, which began as one up to node `end`, may run it; else None."""
        nodes = sorted(self.members[g])
        if self.group_of[k] == g or any(self.graph.nodes[node].is_sink for node in nodes):
            return None
        if not all(self._goes_on(node) for node in nodes):
            return None
        outputs = self._outputs(nodes)
        if len(outputs) != 1 or self.graph.values[outputs[0]].producer != nodes[-1]:
            return None
        bits = self.graph.values[outputs[0]].bits
        limit = bits // SMALL if self.mode == "activation" else max(bits, self.graph.values[min(region)].bits)
        others = [value for value in self._outside_reads(nodes) if value not in region]
        fits = all(
            self.graph.values[value].bits <= limit and self._may_read(k, value, min(region), end) for value in others
        )
        return outputs[0] if fits else None

    def _goes_on(self, node: int) -> bool:
        """Whether a kernel may go on with this operation."""
        role, traits = self.graph.nodes[node].role, self.graph.nodes[node].traits
        if role in (Role.ELEMENTWISE, Role.VIEW):
            return True
        return self.mode == "elementwise" and (role is Role.REDUCE or (role is Role.MOVE and traits.permutes))

    def _pays(self, k: int, taken: Sequence[int], result: int) -> bool:
        """Whether kernel `k` may write its result in another order of dimensions, if some of `taken` do that.

        It can then be written over nothing that the kernel reads. So that this never takes more than the result in both
        orders would, all that is read must be no larger than the result.
        """
        nodes = [*self.members[k], *(node for g in taken for node in self.members[g])]
        if not any(self.graph.nodes[node].traits.permutes for node in nodes):
            return True
        return self._read_bits(nodes) <= self.graph.values[result].bits

    def _is_constant(self, value: int) -> bool:
        producer = self.graph.values[value].producer
        return producer >= 0 and self.graph.nodes[producer].free

    def _may_read(self, k: int, value: int, made: int, end: int) -> bool:
        """Whether kernel `k`, which began as one up to node `end` that makes `made`, may also read `value`.

        It must then wait for that. If it has to in any case, since it needs what `value` is needed for, that costs
        nothing; else it holds what it reads until then, in place of what it makes, and that must not be larger.
        """
        producer = self.graph.values[_roots(self.graph, value)[-1]].producer
        if not (producer < end or self.waits):
            return False
        return (
            self.mode == "activation"
            or self._is_before(producer, k)
            or self._read_bits(self.members[k]) <= self.graph.values[made].bits
        )

    def _is_before(self, node: int, k: int) -> bool:
        """Whether group `k` needs the results of `node`; -1: an argument. No, if that takes too long to find out."""
        todo, seen = list(self.members[k]), set(self.members[k])
        while todo and node >= 0 and len(seen) < SEARCHED:
            for value in self.graph.nodes[todo.pop()].inputs:
                producer = self.graph.values[value].producer
                if producer == node:
                    return True
                if producer > node and producer not in seen:
                    seen.add(producer)
                    todo.append(producer)
        return node < 0

    def _read_bits(self, nodes: Sequence[int]) -> int:
        """Of all that `nodes` read, without constants."""
        reads = [value for value in self._outside_reads(sorted(nodes)) if not self._is_constant(value)]
        return sum(self.graph.values[value].bits for value in reads)

    def _may_end(self, g: int, first: int, result: int) -> bool:
        """A kernel ends at computation, and not at a value reduced from what it began with."""
        roles = [self.graph.nodes[node].role for node in sorted(self.members[g])]
        if roles[-1] is Role.VIEW:
            return False
        if self.mode == "elementwise":
            return self.graph.values[result].bits * SMALL > self.graph.values[first].bits
        return True


def _in_order(graph: Graph, groups: list[Group]) -> tuple[list[Group], list[Group]]:
    """Groups sorted by their last node, each after what it reads; and those that wait for each other, if any."""
    maker = {value: k for k, group in enumerate(groups) for node in group.nodes for value in graph.nodes[node].outputs}
    previous = _previous_effects(graph, groups)
    waits: list[int] = []
    followers: list[list[int]] = [[] for _ in groups]
    for k, group in enumerate(groups):
        before = {maker[value] for read in group.reads for value in _roots(graph, read) if value in maker} - {k}
        if k in previous:
            before.add(previous[k])
        waits.append(len(before))
        for each in before:
            followers[each].append(k)
    ready = [(group.nodes[-1], k) for k, group in enumerate(groups) if not waits[k]]
    heapq.heapify(ready)
    ordered = []
    while ready:
        _, k = heapq.heappop(ready)
        ordered.append(groups[k])
        for each in followers[k]:
            waits[each] -= 1
            if not waits[each]:
                heapq.heappush(ready, (groups[each].nodes[-1], each))
    return ordered, [group for k, group in enumerate(groups) if waits[k]]


def _previous_effects(graph: Graph, groups: list[Group]) -> dict[int, int]:
    """For each group with effects but the first, the one whose effects come before."""
    nodes = {node: k for k, group in enumerate(groups) for node in group.nodes if graph.nodes[node].has_effects}
    order = list(dict.fromkeys(nodes[node] for node in sorted(nodes)))
    return dict(zip(order[1:], order, strict=False))


def _roots(graph: Graph, value: int) -> list[int]:
    """`value`, and what it is a view of."""
    found = [value]
    while True:
        producer = graph.values[found[-1]].producer
        if producer < 0 or graph.nodes[producer].role is not Role.VIEW:
            return found
        found.append(graph.nodes[producer].inputs[0])
