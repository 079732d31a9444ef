"""Buffers of the l2 dialect become views of arenas, kernels calls on memrefs.

A root view of a buffer is made where it is first used. Where a buffer has several placements, a kernel uses the one
that covers its step, in L2 if there is a choice, and `l2.copy` becomes a memref.copy between two of them. An input is
brought in at the first step of its first placement, a constant just before its first use there. A kernel's scratch is
reserved in an arena for its own memory: the call says where, as `l2.scratch`, to whoever lowers it for the device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from l2opt.dialect.l2 import BufferOp, CopyOp, KernelOp, ValueOp, ViewOp
from l2opt.mlir import func, ir, memref
from l2opt.passes.arena import Arenas, ArenaSpec, memref_type
from l2opt.passes.functions import functions
from l2opt.passes.intervals import Intervals, root_buffer
from l2opt.passes.kernel_function import KernelFunctions
from l2opt.passes.materialize_state import State
from l2opt.passes.materialize_within import Rests, region_of, region_view
from l2opt.passes.ops import defining_op
from l2opt.passes.overlap import OVERLAP
from l2opt.passes.symbols import Symbols, make_global
from l2opt.plan import Placement

__all__ = ["L2Materializer"]


@dataclass
class L2Materializer:
    """The rewrite of one function."""

    module: ir.Module
    fn: func.FuncOp
    specs: Mapping[str, ArenaSpec]
    mode: Literal["argument", "alloc"]
    views: dict[tuple[ir.Value, Placement | None], ir.Value] = field(default_factory=dict)
    parts: dict[tuple[ir.Value, ir.Value], ir.Value] = field(default_factory=dict)
    finals: dict[ir.Value, Placement] = field(default_factory=dict)  # state -> its last placement, at its first place
    late: dict[int, list[BufferOp]] = field(default_factory=dict)  # step -> inputs that enter just before it

    def run(self) -> None:
        block = self.fn.entry_block
        old = [op.operation for op in block.operations]
        self.symbols = Symbols(self.module)
        self.kernels = KernelFunctions(self.module, self.symbols)
        self.rests = Rests(self.fn, self.symbols, {fn.sym_name.value: fn for fn in functions(self.module)})
        self._retype_arguments()
        self.arenas = Arenas.attach(self.fn, self.specs, self.mode)
        self.intervals = Intervals.of(old)
        self.state = State(self.fn, self.symbols, self.specs, self.mode)
        step = 0
        for op in map(_view_op, old):
            with ir.InsertionPoint(op.operation), op.location:
                if isinstance(op, BufferOp):
                    self._enter(op)
                elif isinstance(op, KernelOp):
                    for late in self.late.pop(step, ()):
                        self._bring_in(late)
                    self._call(op, step)
                    step += 1
                elif isinstance(op, CopyOp):
                    self._copy(op, step)
        self._leave(old[-1])
        for operation in reversed(old[:-1]):
            if operation.name.startswith("l2.") or _is_dead_source(operation):
                operation.erase()
        self.rests.drop_unused()
        self.kernels.finish()

    def _retype_arguments(self) -> None:
        space = self.specs["DDR"].space
        arguments = list(self.fn.entry_block.arguments)
        for argument in arguments:
            argument.set_type(memref_type(argument.type.shape, argument.type.element_type, space))
        signature = ir.FunctionType.get([argument.type for argument in arguments], self.fn.type.results)
        self.fn.attributes["function_type"] = ir.TypeAttr.get(signature)

    def _enter(self, op: BufferOp) -> None:
        """What a buffer needs at its declaration: inputs are brought in, state is loaded where no caller keeps it."""
        kind, first = op.string("kind"), self.intervals.first(op)
        if kind == "input" and first is not None:
            if first.start:
                self.late.setdefault(first.start, []).append(op)
            else:
                self._bring_in(op)
        elif kind == "variable":
            last = self.intervals.last(op)
            assert first is not None, "state has a place"
            assert last is not None
            if (first.memory, first.offset) == (last.memory, last.offset):
                self.finals[op.result] = last
            self.state.enter(op, first, lambda: self._root(op.result, first), lambda: self._root(op.result, last))

    def _bring_in(self, op: BufferOp) -> None:
        memref.CopyOp(op.operands[0], self._root(op.result, self.intervals.first(op)))

    def _call(self, op: KernelOp, step: int) -> None:
        if "within" in op.attributes:
            self._call_rest(op, step)
            return
        operands = [self._at(value, step) for value in op.operation.operands]
        call = self._emit(op, op.callee, operands, [_label(value) for value in op.writes])
        if "in_place" in op.attributes:
            pairs = [list(pair) for pair in op.attributes["in_place"]]
            shifted = [ir.DenseI64ArrayAttr.get([op.split + written, read]) for written, read in pairs]
            call.attributes["l2.in_place"] = ir.ArrayAttr.get(shifted)
        if "overlap" in op.attributes:
            triples = [list(each) for each in op.attributes["overlap"]]
            moved = [ir.DenseI64ArrayAttr.get([op.split + written, read, least]) for written, read, least in triples]
            call.attributes[OVERLAP] = ir.ArrayAttr.get(moved)
            self.kernels.ordered.add(ir.FlatSymbolRefAttr(call.attributes["callee"]).value)
        if "scratch" in op.attributes:
            call.attributes["l2.scratch"] = op.attributes["scratch"]

    def _emit(self, op: KernelOp, callee: str, operands: list[ir.Value], labels: list[ir.Attribute]) -> func.CallOp:
        """A call of kernel `callee`, on memrefs; what it writes comes last, one label each."""
        name = self.kernels.on_memrefs(callee, [value.type for value in operands])
        call = func.CallOp([], ir.FlatSymbolRefAttr.get(name), operands)
        call.attributes["l2.kernel"] = op.attributes["id"]
        written = range(len(operands) - len(labels), len(operands))
        call.attributes["l2.writes"] = ir.DenseI64ArrayAttr.get(list(written))
        call.attributes["l2.values"] = ir.ArrayAttr.get(labels)
        return call

    def _call_rest(self, op: KernelOp, step: int) -> None:
        """A call that makes those moves of a kernel that are work."""
        rest = self.rests.of(op.callee, list(ir.DenseI64ArrayAttr(op.attributes["within"])))
        if rest is None:
            return
        reads, writes = op.reads, op.writes
        sources = [(reads[move.argument], move.source, move.target.sizes) for _, move in rest.moves if move.source]
        targets = [(writes[result], move.target, move.target.sizes) for result, move in rest.moves]
        operands = []
        for value, region, shape in (*sources, *targets):
            memref_ = self._at(value, step)
            operands.append(region_view(memref_, region, shape, ir.MemRefType(memref_.type).element_type))
        self._emit(op, rest.name, operands, [ir.StringAttr.get("") for _ in targets])

    def _copy(self, op: CopyOp, step: int) -> None:
        buffer, before, after = self.intervals.moved(op, step)
        target = self._on(op.operands[0], after)
        if buffer.string("kind") != "constant":  # a constant comes from where the program stores it
            memref.CopyOp(self._on(op.operands[0], before), target)

    def _at(self, value: ir.Value, step: int) -> ir.Value:
        """The memref that stands for a buffer or view at `step`."""
        return self._on(value, self.intervals.at(root_buffer(value), step))

    def _on(self, value: ir.Value, placement: Placement | None) -> ir.Value:
        """The memref that stands for a buffer or view where what it lies in is at `placement`."""
        declared = defining_op(value)
        assert declared is not None
        if isinstance(declared.opview, ViewOp):
            return self._part(declared.opview, self._on(declared.operands[0], placement))
        return self._root(value, placement)

    def _root(self, value: ir.Value, placement: Placement | None) -> ir.Value:
        """The root view of a buffer at a placement; of an unplaced one the argument or constant itself.

        State that a run leaves where it found it has one root view there, so that the next run finds it.
        """
        if placement is not None and placement == self.finals.get(value):
            placement = self.intervals.placements[value][0]
        if (value, placement) not in self.views:
            declared = defining_op(value)
            assert declared is not None
            op = declared.opview
            holds = op.type_of("holds")
            if placement is not None:
                view = self.arenas.view(placement.memory, placement.offset, holds.shape, holds.element_type)
                if op.string("kind") == "constant":  # brought in just before its first use
                    memref.CopyOp(self._constant(op), view)
            elif op.string("kind") == "constant":
                view = self._constant(op)
            else:
                view = op.operands[0]
            self.views[value, placement] = view
        return self.views[value, placement]

    def _part(self, op: ViewOp, source: ir.Value) -> ir.Value:
        """A view of another buffer, whose memref is `source`: of a region or under another shape."""
        holds = op.type_of("holds")
        if (op.result, source) not in self.parts:
            self.parts[op.result, source] = region_view(source, region_of(op), holds.shape, holds.element_type)
        return self.parts[op.result, source]

    def _constant(self, op: BufferOp) -> ir.Value:
        source = defining_op(op.operands[0])
        assert source is not None
        value = source.attributes["values" if source.name == "tosa.const" else "value"]
        type_ = memref_type(op.type_of("holds").shape, op.type_of("holds").element_type, self.specs["DDR"].space)
        name = self.symbols.fresh(f"{self.fn.sym_name.value}_constant")
        make_global(self.fn, name, type_, value, constant=True)
        return memref.GetGlobalOp(type_, name).result

    def _leave(self, terminator: ir.Operation) -> None:
        """Return memrefs, and finish the state."""
        with ir.InsertionPoint(terminator), terminator.location:
            for k, operand in enumerate(terminator.operands):
                value = defining_op(operand)
                assert value is not None
                assert isinstance(value.opview, ValueOp), "a planned function returns l2.value"
                terminator.operands[k] = self._last(value.operands[0])
            self.state.leave()
        results = [value.type for value in terminator.operands]
        inputs = self.fn.type.inputs
        self.fn.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, results))

    def _last(self, value: ir.Value) -> ir.Value:
        """The memref that stands for a buffer or view after the last step."""
        return self._on(value, self.intervals.last(root_buffer(value)))


def _label(buffer: ir.Value) -> ir.Attribute:
    """The name, in the source, of the value that a buffer is made for; empty for a variable and a copy."""
    declared = defining_op(buffer)
    assert declared is not None
    part = isinstance(declared.opview, ViewOp)
    kept = "name" in declared.attributes and (part or declared.attributes["kind"].value in ("tensor", "output"))
    return declared.attributes["name"] if kept else ir.StringAttr.get("")


def _view_op(op: ir.Operation) -> Any:
    return op.opview


def _is_dead_source(op: ir.Operation) -> bool:
    """A constant whose value has moved to a memref.global."""
    return op.name in ("tosa.const", "arith.constant") and not any(len(list(r.uses)) for r in op.results)
