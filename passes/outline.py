"""Groups become private functions on tensors, and the function a list of calls.

A kernel function takes the values it reads, then returns those it makes. Constants come in as arguments where an
operand may be any tensor (weights: they become buffers of kind constant) and are repeated inside where the operation
needs to see them (zero points, shapes, multipliers). Operations move into their kernel; repeated ones are cloned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from l2opt.mlir import func, ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.functions import EFFECTS, KERNEL
from l2opt.passes.fusion import Group
from l2opt.passes.graph import Graph, Node
from l2opt.passes.kernel_traits import contiguous, in_place_pairs, only_moves, scratch_bytes, with_repeated
from l2opt.passes.move_kernels import CONTIGUOUS, KEPT, PARTLY, WITHIN, Choice, moves_of, partly_read, possible_choices
from l2opt.passes.names import names_given
from l2opt.passes.ops import Role
from l2opt.passes.symbols import Symbols

__all__ = ["Outliner", "value_names"]

_LITERALS = ("tosa.const", "arith.constant")


def value_names(fn: func.FuncOp) -> dict[ir.Value, str]:
    """The tensors that the function's operations make, as the source calls them."""
    state = ir.AsmState(fn.operation)
    given = names_given(fn)
    results = [result for op in fn.entry_block.operations for result in op.operation.results]
    now = {value: value.get_name(state) for value in results if isinstance(value.type, ir.RankedTensorType)}
    return now if given is None else {value: given.get(name, "") for value, name in now.items()}


@dataclass
class Outliner:
    """Rewrites `fn` call by call; `mapped` says which new value stands for each value of the graph."""

    module: ir.Module
    fn: func.FuncOp
    graph: Graph
    names: Mapping[ir.Value, str]  # of values, as the source calls them
    mapped: dict[int, ir.Value] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        graph = self.graph
        self.end = ir.InsertionPoint(graph.nodes[-1].op)
        self.mapped = {k: graph.values[k].ir for k in range(len(self.fn.entry_block.arguments))}
        self.taken = Symbols(self.module).taken
        self.before = ir.InsertionPoint(self.fn.operation)
        self.unknown = ir.TypeAttr.get(ir.FunctionType.get([], []))
        self.private = {"sym_visibility": ir.StringAttr.get("private"), KERNEL: ir.UnitAttr.get()}

    def run(self, groups: list[Group]) -> None:
        """Emit a call for each group, then the sinks, then drop the old operations."""
        body = Bodies(self.graph)
        for group in groups:
            self._call(group, body)
        sinks = [node for node in self.graph.nodes if node.is_sink]
        for node in sinks:
            for k in range(node.operands):
                node.op.operands[k] = self.value(node.inputs[k])
            if node.name != "func.return":
                node.op.move_before(self.graph.nodes[-1].op)
        kept = {id(node) for node in sinks} | body.moved
        for node in reversed(self.graph.nodes):
            if id(node) not in kept:
                node.op.erase()

    def value(self, number: int) -> ir.Value:
        """The new value for `number`; views and constants are emitted when first asked for."""
        if number not in self.mapped:
            node = self.graph.nodes[self.graph.values[number].producer]
            assert node.role in (Role.VIEW, Role.CONSTANT) or node.is_state, f"{node.name} has no kernel"
            operands = [self.value(each) for each in node.inputs]
            new = node.op.clone(self.end)
            for k, operand in enumerate(operands):
                new.operands[k] = operand
            self.mapped[number] = new.results[0]
        return self.mapped[number]

    def _call(self, group: Group, bodies: Bodies) -> None:
        results = [self._tensor(value) for value in group.writes]
        location = self.graph.nodes[group.nodes[-1]].op.location
        name = self._name(group)
        attributes = {"sym_name": ir.StringAttr.get(name), "function_type": self.unknown, **self.private}
        kernel = ir.Operation.create("func.func", attributes=attributes, regions=1, loc=location, ip=self.before)
        reads = bodies.fill(kernel, group)
        self._annotate(kernel, group, reads)
        labels = ir.ArrayAttr.get(
            [ir.StringAttr.get(self.names.get(self.graph.values[value].ir, "")) for value in group.writes]
        )
        call = ir.Operation.create(
            "func.call",
            results=results,
            operands=[self.value(read) for read in reads],
            attributes={"callee": ir.FlatSymbolRefAttr.get(name), "l2.values": labels},
            loc=location,
            ip=self.end,
        )
        for value, result in zip(group.writes, call.results, strict=True):
            self.mapped[value] = result

    def _tensor(self, value: int) -> ir.Type:
        made = self.graph.values[value]
        if made.shape is None:
            op = self.graph.nodes[made.producer].op
            raise LocatedError(op, f"'{op.name}' makes a {made.ir.type} that other kernels use: want a tensor")
        return made.ir.type

    def _name(self, group: Group) -> str:
        title = self._title(group)
        while True:
            name = f"{self.fn.sym_name.value}_{self.count}_{title}"
            self.count += 1
            if name not in self.taken:
                self.taken.add(name)
                return name

    def _annotate(self, kernel: ir.Operation, group: Group, reads: list[int]) -> None:
        every = with_repeated(self.graph, group)
        pairs = in_place_pairs(self.graph, group, every, reads)
        if pairs:
            kernel.attributes["l2.in_place"] = ir.ArrayAttr.get([ir.DenseI64ArrayAttr.get(pair) for pair in pairs])
        nodes = [self.graph.nodes[k] for k in group.nodes]
        scratch = sum(scratch_bytes(node) for node in nodes if node.traits.scratch)
        if scratch:
            kernel.attributes["l2.scratch"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), scratch)
        if any(node.has_effects for node in nodes):
            kernel.attributes[EFFECTS] = ir.UnitAttr.get()
        whole = contiguous(group, every, reads)
        if whole:
            kernel.attributes[CONTIGUOUS] = ir.DenseI64ArrayAttr.get(whole)
        if only_moves(self.graph, group):
            fn = kernel.opview
            moves = moves_of(fn)
            possible = possible_choices(moves or (), fn)
            choices = [each.attribute() for each in possible if not self._is_kept(each, group, reads)]
            if choices:
                kernel.attributes[WITHIN] = ir.ArrayAttr.get(choices)
            partly = partly_read(moves, fn) if moves is not None else {}
            if partly:
                counted = [ir.DenseI64ArrayAttr.get(pair) for pair in partly.items()]
                kernel.attributes[PARTLY] = ir.ArrayAttr.get(counted)

    def _is_kept(self, choice: Choice, group: Group, reads: list[int]) -> bool:
        """Whether the part of the choice must be a buffer of its own."""
        part = reads[choice.read] if choice.whole == "written" else group.writes[choice.written]
        producer = self.graph.values[part].producer
        return producer >= 0 and KEPT in self.graph.nodes[producer].op.attributes

    def _title(self, group: Group) -> str:
        """The kernel's most telling operation: the first that computes more than element by element, else the last."""
        nodes = [self.graph.nodes[k] for k in group.nodes]
        told = [node for node in nodes if node.role in (Role.WINDOW, Role.COMPUTE, Role.REDUCE)]
        told += [node for node in nodes if node.role is Role.MOVE]
        chosen = told[0] if told else nodes[-1]
        return chosen.name.rpartition(".")[2]


class Bodies:
    """Fills kernel functions, adding arguments as operations ask for values from outside."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.moved: set[int] = set()  # ids of the nodes whose operation is in a kernel now
        self.literals: dict[int, bool] = {}  # value -> whether it is a constant that may come in as an argument

    def fill(self, kernel: ir.Operation, group: Group) -> list[int]:
        """Move the group's operations into the function `kernel`, and set its type.

        Returns the values of the graph that the arguments stand for, in order.
        """
        self.local: dict[int, ir.Value] = {}
        self.weights: dict[int, ir.Value] = {}
        self.reads: list[int] = []
        self.block = kernel.regions[0].blocks.append()
        self.end = ir.InsertionPoint(self.block)
        for k in group.nodes:
            self._emit(k)
        results = [self.local[value] for value in group.writes]
        ir.Operation.create("func.return", operands=results, loc=kernel.location, ip=self.end)
        inputs = [argument.type for argument in self.block.arguments]
        signature = ir.FunctionType.get(inputs, [value.type for value in results])
        kernel.attributes["function_type"] = ir.TypeAttr.get(signature)
        return self.reads

    def _emit(self, k: int) -> None:
        node = self.graph.nodes[k]
        operands = [self._operand(node, position) for position in range(len(node.inputs))]
        new = node.op
        if node.repeated:
            new = new.clone(self.end)
        else:
            self.block.append(new)
            self.moved.add(id(node))
        old = [self.graph.values[value].ir for value in node.inputs]
        for position in range(node.operands):
            if operands[position] is not old[position]:
                new.operands[position] = operands[position]
        if len(node.inputs) > node.operands:
            inner = dict(zip(old[node.operands :], operands[node.operands :], strict=True))
            _replace_inside(new, inner)
        if node.repeated:
            for value, result in zip(node.outputs, new.results, strict=True):
                self.local[value] = result
        else:
            for value in node.outputs:
                self.local[value] = self.graph.values[value].ir

    def _operand(self, node: Node, position: int) -> ir.Value:
        value = node.inputs[position]
        if self._is_weight(node, position):
            if value not in self.weights:
                self.weights[value] = self._argument(value)
            return self.weights[value]
        if value not in self.local:
            producer = self.graph.values[value].producer
            if producer >= 0 and self.graph.nodes[producer].repeated:
                self._emit(producer)
            else:
                self.local[value] = self._argument(value)
        return self.local[value]

    def _argument(self, value: int) -> ir.Value:
        self.reads.append(value)
        source = self.graph.values[value].ir
        return self.block.add_argument(source.type, source.location)

    def _is_weight(self, node: Node, position: int) -> bool:
        """Whether an operand is a constant tensor of several elements that need not be seen by the operation."""
        value = node.inputs[position]
        if value not in self.literals:
            self.literals[value] = self._is_literal(value)
        return self.literals[value] and node.pure and not node.traits.is_parameter(position)

    def _is_literal(self, value: int) -> bool:
        source = self.graph.values[value]
        if source.producer < 0 or source.shape is None or prod(source.shape) < 2:
            return False
        maker = self.graph.nodes[source.producer]
        return maker.name in _LITERALS and maker.repeated


def _replace_inside(op: ir.Operation, mapping: dict[ir.Value, ir.Value]) -> None:
    def visit(inner: ir.Operation) -> ir.WalkResult:
        if inner.operation != op:
            for position, operand in enumerate(inner.operands):
                if operand in mapping:
                    inner.operands[position] = mapping[operand]
        return ir.WalkResult.ADVANCE

    op.walk(visit)
