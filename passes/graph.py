"""A function's body as plain data: operations, the values they exchange, and which operations are repeated in place.

Read once, so that the grouping into kernels walks integers instead of IR. An operation's inputs are its operands and
every value that its regions take from outside. `free` operations depend on constants alone; `repeated` ones are those
and others cheap enough to run again in each kernel that uses them, so that their results are never buffers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from l2opt.mlir import ir
from l2opt.passes import ops
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.ops import Role, Traits
from l2opt.passes.types import element_width, static_tensor

__all__ = ["Graph", "Node", "Value", "read_graph"]

_SINKS = ("func.return", "tosa.variable_write")
_STATE = ("tosa.variable_write", "tosa.variable_read")


@dataclass(slots=True)
class Value:
    """An SSA value of the function's entry block."""

    ir: ir.Value
    producer: int  # index of the node; -1: an argument
    shape: tuple[int, ...] | None  # None: not a tensor
    width: int  # bits of an element
    is_float: bool
    users: list[int] = field(default_factory=list)  # indices of nodes, ascending, once each

    @property
    def bits(self) -> int:
        count = self.width
        for extent in self.shape or ():
            count *= extent
        return count


@dataclass(slots=True)
class Node:
    """An operation of the entry block."""

    op: ir.Operation
    name: str
    traits: Traits
    inputs: tuple[int, ...]  # operands, then captured values; indices of values
    operands: int  # how many of the inputs are operands
    outputs: tuple[int, ...]
    pure: bool
    free: bool = False
    repeated: bool = False

    @property
    def role(self) -> Role:
        return self.traits.role

    @property
    def is_sink(self) -> bool:
        return self.name in _SINKS

    @property
    def is_state(self) -> bool:
        return self.name in _STATE


@dataclass(slots=True)
class Graph:
    """All of it; nodes are in program order."""

    nodes: list[Node]
    values: list[Value]
    index: dict[ir.Value, int]
    narrow: int | None  # bits; integers wider than this stay inside kernels. None: not an integer network

    def is_wide(self, value: int) -> bool:
        """Whether a value is too precise to be a buffer of this network, or no tensor at all."""
        each = self.values[value]
        if each.shape is None:
            return True
        return self.narrow is not None and not each.is_float and each.width > self.narrow

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
        _add_value(graph, argument, -1)
    for op in block.operations:
        _add_node(graph, op.operation)
    graph.narrow = _narrow_width(graph)
    _mark_repeated(graph)
    return graph


def _add_value(graph: Graph, value: ir.Value, producer: int) -> int:
    type_ = value.type
    shape = tuple(type_.shape) if isinstance(type_, ir.RankedTensorType) else None
    element = type_.element_type if shape is not None else type_
    graph.index[value] = len(graph.values)
    graph.values.append(Value(value, producer, shape, element_width(type_), isinstance(element, ir.FloatType)))
    return len(graph.values) - 1


def _add_node(graph: Graph, op: ir.Operation) -> None:
    number = len(graph.nodes)
    traits = ops.traits_of(op)
    taken = [graph.index[value] for value in op.operands]
    taken += [graph.index[value] for value in captured(op, graph.index)]
    for value in dict.fromkeys(taken):
        graph.values[value].users.append(number)
    pure = ops.is_pure(op)
    free = traits.role is Role.CONSTANT or (pure and bool(taken) and all(_is_free(graph, value) for value in taken))
    outputs = []
    for result in op.results:
        _check_value(op, result.type, free)
        outputs.append(_add_value(graph, result, number))
    graph.nodes.append(Node(op, op.name, traits, tuple(taken), len(op.operands), tuple(outputs), pure, free))


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


def captured(op: ir.Operation, outer: dict[ir.Value, int]) -> list[ir.Value]:
    """Values of `outer` that operations inside the regions of `op` use, in order, once each."""
    if not len(op.regions):
        return []
    found: dict[ir.Value, None] = {}

    def visit(inner: ir.Operation) -> ir.WalkResult:
        if inner.operation != op:
            for value in inner.operands:
                if value in outer:
                    found[value] = None
        return ir.WalkResult.ADVANCE

    op.walk(visit)
    return list(found)


def _narrow_width(graph: Graph) -> int | None:
    """The element width of an integer network's buffers: that of its narrowest integer argument or result, if at most
    16 bits; 8 where it rescales but talks to its caller in other types."""
    types = [value.ir.type for value in graph.values if value.producer < 0]
    for node in graph.nodes:
        if node.name == "func.return":
            types += [graph.values[value].ir.type for value in node.inputs]
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
    for node in graph.nodes:
        node.repeated = node.free or _is_cheap(graph, node)
    for node in reversed(graph.nodes):
        kept = node.is_sink or (node.role is Role.VIEW and not node.repeated)
        for value in node.inputs[:1] if node.role is Role.VIEW else node.inputs:
            producer = graph.values[value].producer
            if kept and producer >= 0:
                graph.nodes[producer].repeated = False


def _is_cheap(graph: Graph, node: Node) -> bool:
    """A widening of one narrow tensor, a view of such, or a scalar read from tensors."""
    if not node.pure or not node.outputs or not graph.is_wide(node.outputs[0]):
        return False
    if graph.values[node.outputs[0]].shape is None:
        return True
    producer = graph.values[node.inputs[0]].producer
    if node.role is Role.VIEW:
        return producer >= 0 and graph.nodes[producer].repeated
    unfree = [value for value in node.inputs if not _is_free(graph, value)]
    return node.traits.widening and len(unfree) == 1 and not graph.is_wide(unfree[0])
