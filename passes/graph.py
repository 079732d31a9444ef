"""A function's body as plain data: operations, the values they exchange, and which operations are repeated in place.

Read once, so that the grouping into kernels walks integers instead of IR. An operation's inputs are its operands and
every value that its regions take from outside. `free` operations depend on constants alone; `repeated` ones are those
and others cheap enough to run again in each kernel that uses them, so that their results are never buffers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import NamedTuple

from l2opt.mlir import ir
from l2opt.passes import ops
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.ops import Role, Traits
from l2opt.passes.partial_convs import ACCUMULATOR
from l2opt.passes.types import element_width, static_tensor

__all__ = ["Graph", "Node", "Value", "read_graph"]

_SINKS = ("func.return", "tosa.variable_write")
_STATE = ("tosa.variable_write", "tosa.variable_read")


class _Kind(NamedTuple):
    """What a type says of its values."""

    shape: tuple[int, ...] | None
    width: int
    is_float: bool
    bits: int


@dataclass(slots=True)
class Value:
    """An SSA value of the function's entry block."""

    ir: ir.Value
    producer: int  # index of the node; -1: an argument
    shape: tuple[int, ...] | None  # None: not a tensor
    width: int  # bits of an element
    is_float: bool
    bits: int  # of all elements
    users: list[int] = field(default_factory=list)  # indices of nodes, ascending, once each


@dataclass(slots=True)
class Node:
    """An operation of the entry block."""

    op: ir.Operation
    name: str
    traits: Traits
    inputs: tuple[int, ...]  # operands, then captured values; indices of values
    operands: int  # how many of the inputs are operands
    outputs: tuple[int, ...]
    role: Role
    pure: bool
    free: bool
    is_sink: bool
    is_state: bool
    has_effects: bool  # its place among operations that have effects must stay
    repeated: bool = False


@dataclass(slots=True)
class Graph:
    """All of it; nodes are in program order."""

    nodes: list[Node]
    values: list[Value]
    index: dict[ir.Value, int]
    narrow: int | None  # bits; integers wider than this stay inside kernels. None: not an integer network
    narrow_float: int | None = None  # bits; the same of floats. None: what enters and leaves has none, or is f64
    kinds: dict[ir.Type, _Kind] = field(default_factory=dict)

    def is_wide(self, value: int) -> bool:
        """Whether a value is too precise to be a buffer of this network, or no tensor at all."""
        each = self.values[value]
        if each.shape is None:
            return True
        narrow = self.narrow_float if each.is_float else self.narrow
        wide = narrow is not None and each.width > narrow
        return wide and not (each.producer >= 0 and ACCUMULATOR in self.nodes[each.producer].op.attributes)

    def carries(self, window: int, border: int) -> bool:
        """Whether the node `window` does the work of the pad or slice `border` itself."""
        node, producer = self.nodes[window], self.nodes[border]
        if node.traits.carries is None or producer.role not in (Role.PAD, Role.MOVE):
            return False
        return node.traits.carries(node.op, producer.op)

    def sources(self, value: int) -> tuple[int, ...]:
        """The values that must exist before the kernel for it to have `value`: itself, or what it is repeated from."""
        found: dict[int, None] = {}
        todo = [value]
        while todo:
            each = todo.pop()
            producer = self.values[each].producer
            if producer >= 0 and self.nodes[producer].repeated:
                todo.extend(self.nodes[producer].inputs)
            else:
                found[each] = None
        return tuple(found)


def read_graph(block: ir.Block) -> Graph:
    """The graph of a function's entry block. LocatedError for a value that is no tensor of static shape."""
    graph = Graph([], [], {}, None)
    for argument in block.arguments:
        static_tensor(argument.type, argument.location)
        _add_value(graph, argument, argument.type, -1)
    for op in block.operations:
        _add_node(graph, op.operation)
    graph.narrow = _narrow_width(graph)
    graph.narrow_float = _narrow_float_width(graph)
    _mark_repeated(graph)
    return graph


def _add_value(graph: Graph, value: ir.Value, type_: ir.Type, producer: int) -> int:
    if type_ not in graph.kinds:
        graph.kinds[type_] = _kind(type_)
    number = len(graph.values)
    graph.index[value] = number
    graph.values.append(Value(value, producer, *graph.kinds[type_]))
    return number


def _kind(type_: ir.Type) -> _Kind:
    shape = tuple(type_.shape) if isinstance(type_, ir.RankedTensorType) else None
    element = type_.element_type if shape is not None else type_
    width = element_width(type_)
    return _Kind(shape, width, isinstance(element, ir.FloatType), width * prod(shape or ()))


def _add_node(graph: Graph, op: ir.Operation) -> None:
    number, name = len(graph.nodes), op.name
    traits = ops.traits_of(op, name)
    taken = [graph.index[value] for value in op.operands]
    operands = len(taken)
    inner = _inside(op, graph.index)
    taken += [graph.index[value] for value in inner.taken]
    for value in dict.fromkeys(taken):
        graph.values[value].users.append(number)
    pure, sink, state = ops.is_pure(name), name in _SINKS, name in _STATE
    free = traits.role is Role.CONSTANT or (pure and bool(taken) and all(_is_free(graph, value) for value in taken))
    outputs = []
    for result in op.results:
        type_ = result.type
        kind = graph.kinds.get(type_)
        if kind is None or kind.shape is None:
            _check_value(op, type_, free)
        outputs.append(_add_value(graph, result, type_, number))
    hidden = not pure and not sink and not state and not free and not (taken and outputs)
    effects = hidden or inner.stateful or ops.is_stateful(name)
    node = Node(op, name, traits, tuple(taken), operands, tuple(outputs), traits.role, pure, free, sink, state, effects)
    graph.nodes.append(node)
    if sink:
        for value in taken:
            static_tensor(graph.values[value].ir.type, op)


def _is_free(graph: Graph, value: int) -> bool:
    producer = graph.values[value].producer
    return producer >= 0 and graph.nodes[producer].free


def _check_value(op: ir.Operation, type_: ir.Type, free: bool) -> None:
    if isinstance(type_, ir.RankedTensorType):
        static_tensor(type_, op)
    elif isinstance(type_, (ir.MemRefType, ir.UnrankedMemRefType)):
        raise LocatedError(op, f"'{op.name}' makes a memref among tensors; want all tensors or all memrefs")
    elif not free and not isinstance(type_, (ir.IntegerType, ir.FloatType, ir.IndexType, ir.ComplexType)):
        static_tensor(type_, op)


class _Inside(NamedTuple):
    """What the regions of an operation take from outside, in order, once each; whether they touch hidden state."""

    taken: tuple[ir.Value, ...]
    stateful: bool


_NOTHING = _Inside((), False)


def _inside(op: ir.Operation, outer: dict[ir.Value, int]) -> _Inside:
    if not len(op.regions):
        return _NOTHING
    found: dict[ir.Value, None] = {}
    names: set[str] = set()

    def visit(inner: ir.Operation) -> ir.WalkResult:
        if inner.operation != op:
            names.add(inner.name)
            for value in inner.operands:
                if value in outer:
                    found[value] = None
        return ir.WalkResult.ADVANCE

    op.walk(visit)
    return _Inside(tuple(found), any(ops.is_stateful(name) for name in names))


def _narrow_float_width(graph: Graph) -> int | None:
    """32 where floats enter or leave, and none is wider: importers compute means and variances in f64, which no
    accelerator does."""
    found = [type_.element_type for type_ in _outer_types(graph) if isinstance(type_, ir.RankedTensorType)]
    widths = [element.width for element in found if isinstance(element, ir.FloatType)]
    return 32 if widths and max(widths) <= 32 else None


def _outer_types(graph: Graph) -> list[ir.Type]:
    """The types of arguments and results."""
    types = [value.ir.type for value in graph.values if value.producer < 0]
    for node in graph.nodes:
        if node.name == "func.return":
            types += [graph.values[value].ir.type for value in node.inputs]
    return types


def _narrow_width(graph: Graph) -> int | None:
    """The element width of an integer network's buffers: that of its narrowest integer argument or result, if at most
    16 bits; 8 where it rescales but talks to its caller in other types."""
    types = _outer_types(graph)
    widths = [
        element_width(each)
        for each in types
        if isinstance(each, ir.RankedTensorType) and isinstance(each.element_type, ir.IntegerType)
    ]
    narrow = [width for width in widths if 8 <= width <= 16]
    rescales = any(node.name == "tosa.rescale" for node in graph.nodes)
    if rescales or (narrow and len(widths) == len(types)):
        return min(narrow, default=8)
    return None


def _mark_repeated(graph: Graph) -> None:
    """Choose what is repeated, then take back what a sink or an unrepeated view needs as a buffer."""
    for k, node in enumerate(graph.nodes):
        node.repeated = node.free or _is_cheap(graph, node) or _is_carried(graph, k)
    for node in reversed(graph.nodes):
        kept = node.is_sink or (node.role is Role.VIEW and not node.repeated)
        for value in node.inputs[:1] if node.role is Role.VIEW else node.inputs:
            producer = graph.values[value].producer
            if kept and producer >= 0:
                graph.nodes[producer].repeated = False


def _is_carried(graph: Graph, k: int) -> bool:
    """A pad or slice that is read by several windows, all of which do it themselves."""
    node = graph.nodes[k]
    if node.role not in (Role.PAD, Role.MOVE) or not node.pure or len(node.outputs) != 1:
        return False
    users = graph.values[node.outputs[0]].users
    return len(users) > 1 and all(
        graph.nodes[user].inputs.count(node.outputs[0]) == 1
        and graph.nodes[user].inputs[0] == node.outputs[0]
        and graph.carries(user, k)
        for user in users
    )


def _is_cheap(graph: Graph, node: Node) -> bool:
    """A widening of one narrower tensor, a view of such, or a scalar read from tensors."""
    if not node.pure or not node.outputs:
        return False
    made = graph.values[node.outputs[0]]
    if made.shape is None:
        return True
    if node.role is Role.VIEW:
        producer = graph.values[node.inputs[0]].producer
        return producer >= 0 and graph.nodes[producer].repeated
    unfree = [value for value in node.inputs if not _is_free(graph, value)]
    if not node.traits.widening or len(unfree) != 1:
        return False
    if graph.is_wide(node.outputs[0]):
        return not graph.is_wide(unfree[0])
    return made.is_float and graph.values[unfree[0]].width < made.width
