"""Groups become private functions on tensors, and the function a list of calls.

A kernel function takes the values it reads, then returns those it makes. Constants come in as arguments where an operand
may be any tensor (weights: they become buffers of kind constant) and are repeated inside where the operation needs to
see them (zero points, shapes, multipliers).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from l2opt.mlir import func, ir
from l2opt.passes.functions import KERNEL
from l2opt.passes.fusion import Group
from l2opt.passes.graph import Graph
from l2opt.passes.kernel_traits import in_place_pairs, scratch_bytes
from l2opt.passes.ops import Role

__all__ = ["Outliner"]


@dataclass
class Outliner:
    """Rewrites `fn` call by call; `mapped` says which new value stands for each value of the graph."""

    fn: func.FuncOp
    graph: Graph
    mapped: dict[int, ir.Value] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        block = self.fn.entry_block
        self.end = ir.InsertionPoint(block.operations[len(self.graph.nodes) - 1])
        self.state = ir.AsmState(self.fn.operation)
        self.names = {k: v.ir.get_name(self.state) for k, v in enumerate(self.graph.values) if v.shape is not None}
        self.mapped = {k: self.graph.values[k].ir for k in range(len(block.arguments))}

    def run(self, groups: list[Group]) -> None:
        """Emit a call for each group, then the sinks, then drop the old operations."""
        for group in groups:
            self._call(group)
        sinks = [node for node in self.graph.nodes if node.is_sink]
        for node in sinks:
            for k in range(node.operands):
                node.op.operands[k] = self.value(node.inputs[k])
            if node.name != "func.return":
                node.op.move_before(self.graph.nodes[-1].op)
        kept = {id(node) for node in sinks}
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

    def _call(self, group: Group) -> None:
        body = _Body(self.graph)
        name = f"{self.fn.sym_name.value}_{self.count}_{self._title(group)}"
        self.count += 1
        location = self.graph.nodes[group.nodes[-1]].op.location
        results = [self.graph.values[value].ir.type for value in group.writes]
        with ir.InsertionPoint(self.fn.operation), location:
            kernel = func.FuncOp(name, ir.FunctionType.get([], results), visibility="private")
        kernel.attributes[KERNEL] = ir.UnitAttr.get()
        reads = body.fill(kernel, group)
        self._annotate(kernel, group, reads)
        with self.end, location:
            call = func.CallOp(results, ir.FlatSymbolRefAttr.get(name), [self.value(read) for read in reads])
        labels = [ir.StringAttr.get(self.names[value]) for value in group.writes]
        call.attributes["l2.values"] = ir.ArrayAttr.get(labels)
        for value, result in zip(group.writes, call.results, strict=True):
            self.mapped[value] = result

    def _annotate(self, kernel: func.FuncOp, group: Group, reads: list[int]) -> None:
        pairs = in_place_pairs(self.graph, group, reads)
        if pairs:
            kernel.attributes["l2.in_place"] = ir.ArrayAttr.get([ir.DenseI64ArrayAttr.get(pair) for pair in pairs])
        scratch = sum(scratch_bytes(self.graph.nodes[k]) for k in group.nodes)
        if scratch:
            kernel.attributes["l2.scratch"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), scratch)

    def _title(self, group: Group) -> str:
        """The kernel's most telling operation: the first that is not elementwise, else the last."""
        nodes = [self.graph.nodes[k] for k in group.nodes]
        plain = (Role.ELEMENTWISE, Role.VIEW, Role.PAD, Role.CONSTANT)
        chosen = next((node for node in nodes if node.role not in plain), nodes[-1])
        return chosen.name.rpartition(".")[2]


class _Body:
    """Fills one kernel function, adding arguments as operations ask for values from outside."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.local: dict[int, ir.Value] = {}
        self.weights: dict[int, ir.Value] = {}
        self.reads: list[int] = []

    def fill(self, kernel: func.FuncOp, group: Group) -> list[int]:
        """Emit the group's operations. The values of the graph that the arguments stand for, in order."""
        self.block = kernel.add_entry_block()
        self.inside = set(group.nodes)
        for k in group.nodes:
            self._emit(k)
        with ir.InsertionPoint(self.block), kernel.location:
            func.ReturnOp([self.local[value] for value in group.writes])
        inputs = [argument.type for argument in self.block.arguments]
        kernel.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, kernel.type.results))
        return self.reads

    def _emit(self, k: int) -> None:
        node = self.graph.nodes[k]
        operands = [self._operand(k, position) for position in range(len(node.inputs))]
        new = node.op.clone(ir.InsertionPoint(self.block))
        for position in range(node.operands):
            new.operands[position] = operands[position]
        if len(node.inputs) > node.operands:
            inner = {self.graph.values[v].ir: operands[p] for p, v in enumerate(node.inputs) if p >= node.operands}
            _replace_inside(new, inner)
        for value, result in zip(node.outputs, new.results, strict=True):
            self.local[value] = result

    def _operand(self, k: int, position: int) -> ir.Value:
        value = self.graph.nodes[k].inputs[position]
        producer = self.graph.values[value].producer
        if self._is_weight(k, position):
            if value not in self.weights:
                self.weights[value] = self._argument(value)
            return self.weights[value]
        if value not in self.local:
            if producer >= 0 and self.graph.nodes[producer].repeated:
                self._emit(producer)
            else:
                self.local[value] = self._argument(value)
        return self.local[value]

    def _argument(self, value: int) -> ir.Value:
        self.reads.append(value)
        source = self.graph.values[value].ir
        return self.block.add_argument(source.type, source.location)

    def _is_weight(self, k: int, position: int) -> bool:
        """Whether an operand is a constant tensor of several elements that need not be seen by the operation."""
        node = self.graph.nodes[k]
        value = self.graph.values[node.inputs[position]]
        if value.producer < 0 or value.shape is None or prod(value.shape) < 2:
            return False
        maker = self.graph.nodes[value.producer]
        known = node.pure and not node.traits.is_parameter(position)
        literal = maker.role is Role.CONSTANT and not maker.inputs and maker.name in ("tosa.const", "arith.constant")
        return known and literal and maker.repeated


def _replace_inside(op: ir.Operation, mapping: dict[ir.Value, ir.Value]) -> None:
    def visit(inner: ir.Operation) -> ir.WalkResult:
        if inner.operation != op:
            for position, operand in enumerate(inner.operands):
                if operand in mapping:
                    inner.operands[position] = mapping[operand]
        return ir.WalkResult.ADVANCE

    op.walk(visit)

