"""From a function's kernels to what of each operand a row of their results reads: the problem of running in stripes.

Kernels are those that l2-form-kernels will make. A kernel's body begins where other kernels' results do: what is
repeated in each kernel, and reshapes between kernels, belong to it. Rows are found by `ops.reach` for each row alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod

import numpy as np

from l2opt.mlir import func, ir
from l2opt.passes.fusion import Group, form_groups
from l2opt.passes.graph import Graph, read_graph
from l2opt.passes.iteration import Iteration
from l2opt.passes.ops import Role, traits_of
from l2opt.passes.ops.boxes import Boxes
from l2opt.passes.ops.reach import boxes_read, shape_of
from l2opt.passes.part import can_rebuild
from l2opt.plan.stripes import Rows, StripeKernel, StripeProblem, StripeValue

__all__ = ["Body", "Formed", "read_kernels"]

_DIMS = (1, 2)  # of a result, along which it may be cut: rows and columns, or time
_CONCATS = {"tosa.concat": "axis", "tensor.concat": "dim"}


@dataclass(frozen=True, slots=True)
class Body:
    """The operations that make one result of a kernel, in order, from the values of `inputs`."""

    ops: list[ir.Operation]
    free: frozenset[ir.Operation]  # of these: they depend on constants alone
    result: ir.Value
    inputs: Mapping[ir.Value, int]  # what other kernels and the caller make: its number in the problem

    def computing(self, boxes: Boxes) -> Iteration | None:
        """What computing `boxes` of the result needs; None if some operation cannot be run on a part alone."""
        found = Iteration.computing(self.ops, self.result, boxes, _reach)
        inner = [op for op in self.ops if op not in self.free]
        if any(len(op.results) != 1 or found.strict(op.results[0]) is None for op in inner):
            return None
        return found


@dataclass(frozen=True, slots=True)
class Formed:
    """The kernels of a function: as a problem, and what each is made of."""

    problem: StripeProblem
    bodies: list[Body | None]  # None: it cannot be cut
    members: list[list[ir.Operation]]  # of each kernel, in program order


def read_kernels(fn: func.FuncOp, fuse: str) -> Formed:
    """The kernels that `fuse` makes of `fn`, in program order. LocatedError for a value that is no static tensor."""
    graph = read_graph(fn.entry_block)
    return _Reading(graph, form_groups(graph, fuse)).formed()


class _Reading:
    def __init__(self, graph: Graph, groups: list[Group]) -> None:
        self.graph, self.groups = graph, groups
        self.group_of = {node: k for k, group in enumerate(groups) for node in group.nodes}
        arguments = [v for v, value in enumerate(graph.values) if value.producer < 0]
        made = [v for group in groups for v in group.writes]
        self.numbers = {v: number for number, v in enumerate(dict.fromkeys(chain(arguments, made)))}

    def formed(self) -> Formed:
        bodies = [self._body(group) for group in self.groups]
        kernels = [self._kernel(group, body) for group, body in zip(self.groups, bodies, strict=True)]
        outside = {self._root(v) for node in self.graph.nodes if node.is_sink for v in node.inputs}
        values = [self._value(v, v in outside) for v in self.numbers]
        members = [[self.graph.nodes[k].op for k in sorted(group.nodes)] for group in self.groups]
        return Formed(StripeProblem(tuple(kernels), tuple(values)), bodies, members)

    def _value(self, v: int, outside: bool) -> StripeValue:
        value = self.graph.values[v]
        return StripeValue(-(-value.bits // 8), value.shape or (), outside)

    def _root(self, v: int) -> int:
        """The value that `v` is a view of, outside of kernels."""
        while v not in self.numbers:
            producer = self.graph.values[v].producer
            if producer < 0 or self.graph.nodes[producer].role is not Role.VIEW:
                break
            v = self.graph.nodes[producer].inputs[0]
        return v

    def _is_free(self, v: int) -> bool:
        producer = self.graph.values[v].producer
        return producer >= 0 and self.graph.nodes[producer].free

    def _kernel(self, group: Group, body: Body | None) -> StripeKernel:
        reads = dict.fromkeys(self._root(v) for v in group.reads if not self._is_free(v))
        weights = sum(-(-self.graph.values[v].bits // 8) for v in self._constants(group))
        return StripeKernel(
            tuple(self.numbers[v] for v in reads if v in self.numbers),
            tuple(self.numbers[v] for v in group.writes),
            weights,
            {} if body is None else _cuts(body),
        )

    def _constants(self, group: Group) -> list[int]:
        """What `group` reads that is known now, but for what only its operations' definitions need."""
        found: dict[int, None] = {}
        for node in (self.graph.nodes[k] for k in group.nodes):
            for position, v in enumerate(node.inputs[: node.operands]):
                if self._is_free(v) and not node.traits.is_parameter(position):
                    found[v] = None
        makers = {v: self.graph.nodes[self.graph.values[v].producer] for v in found}
        return [v for v, made in makers.items() if made.role is Role.CONSTANT and made.name != "tensor.empty"]

    def _body(self, group: Group) -> Body | None:
        """None if part of it has effects, or cannot be computed in parts."""
        if len(group.writes) != 1 or any(self.graph.nodes[k].has_effects for k in group.nodes):
            return None
        nodes, inputs = self._inside(group)
        if inputs is None or not all(self.graph.nodes[k].free or self._can_rebuild(k) for k in nodes):
            return None
        free = frozenset(self.graph.nodes[k].op for k in nodes if self.graph.nodes[k].free)
        ops = [self.graph.nodes[k].op for k in sorted(nodes)]
        return Body(ops, free, self.graph.values[group.writes[0]].ir, inputs)

    def _can_rebuild(self, k: int) -> bool:
        node = self.graph.nodes[k]
        captured = node.inputs[node.operands :]
        return node.pure and len(node.outputs) == 1 and all(map(self._is_free, captured)) and can_rebuild(node.op)

    def _inside(self, group: Group) -> tuple[set[int], dict[ir.Value, int] | None]:
        """Nodes that are run in the kernel, and what comes from outside; None if that is of no kernel."""
        own = self.group_of[group.nodes[0]]
        nodes: set[int] = set()
        inputs: dict[ir.Value, int] = {}
        todo = list(group.writes)
        while todo:
            v = todo.pop()
            producer = self.graph.values[v].producer
            if producer >= 0 and self.group_of.get(producer, own) == own:
                if producer not in nodes:
                    nodes.add(producer)
                    todo += self.graph.nodes[producer].inputs
            elif v in self.numbers:
                inputs[self.graph.values[v].ir] = self.numbers[v]
            else:
                return nodes, None
        return nodes, inputs


def _cuts(body: Body) -> dict[int, dict[int, Rows | None]]:
    """For each dimension of a kernel's result that can be cut: what a row reads of each operand."""
    shape = shape_of(body.result) or []
    found = {}
    for dim in _DIMS:
        if dim < len(shape) and shape[dim] > 1 and 0 not in shape:
            rows = _rows(body, shape, dim)
            if rows is not None:
                found[dim] = rows
    return found


def _rows(body: Body, shape: Sequence[int], dim: int) -> dict[int, Rows | None] | None:
    steps = np.arange(shape[dim], dtype=np.int64)
    ranges = [(steps, steps + 1) if d == dim else (0, size) for d, size in enumerate(shape)]
    iteration = body.computing(Boxes.of(ranges, shape[dim]))
    if iteration is None:
        return None
    found: dict[int, Rows | None] = {}
    for value, number in body.inputs.items():
        boxes = iteration.strict(value)
        moving = [] if boxes is None else _moving(boxes)
        if len(moving) > 1:
            return None
        found[number] = None
        if boxes is not None and moving:
            found[number] = _monotonous(boxes, moving[0], shape_of(value) or [], _moved(body, value))
    return found


def _moved(body: Body, value: ir.Value) -> bool:
    """Whether a kernel cannot read a part of `value` where there are gaps between its rows."""
    users = [op for op in body.ops if value in op.operands]
    return any(traits_of(op).role is Role.VIEW or not traits_of(op).strided_reads for op in users)


def _moving(boxes: Boxes) -> list[int]:
    """The dimensions in which what is read is not the same for all rows."""
    some = ~boxes.empty
    ranges = [[each[some] for each in boxes.dim(d)] for d in range(boxes.rank)]
    return [d for d, (lo, hi) in enumerate(ranges) if len(lo) and ((lo != lo[0]).any() or (hi != hi[0]).any())]


def _monotonous(boxes: Boxes, dim: int, shape: Sequence[int], moved: bool) -> Rows:
    """What rows read, widened so that neither end ever falls; a row of nothing but padding reads nothing."""
    first = np.where(boxes.empty, shape[dim], boxes.lo[:, dim])
    end = np.where(boxes.empty, 0, boxes.hi[:, dim])
    gaps = prod(shape[:dim]) > 1
    return Rows(dim, np.minimum.accumulate(first[::-1])[::-1], np.maximum.accumulate(end), moved and gaps)


def _reach(op: ir.Operation, boxes: Boxes) -> Mapping[int, Boxes] | None:
    """As the tables say; and of a concatenation, if it is whole along its own dimension."""
    if op.name not in _CONCATS:
        return boxes_read(op, boxes)
    axis = ir.IntegerAttr(op.attributes[_CONCATS[op.name]]).value
    shape = shape_of(op.results[0])
    if shape is None or not (boxes.sizes[:, axis] == shape[axis]).all():
        return None
    found = {}
    for k, value in enumerate(op.operands):
        sizes = shape_of(value) or []
        found[k] = Boxes.of([(0, sizes[d]) if d == axis else boxes.dim(d) for d in range(boxes.rank)], boxes.steps)
    return found
