"""The pass l2-bufferize."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from l2opt.dialect.l2 import BufferOp, KernelOp, ValueOp, ViewOp
from l2opt.mlir import func, ir
from l2opt.passes import ops
from l2opt.passes.base import Pass, option
from l2opt.passes.functions import KERNEL, functions, is_tensor_level, target_function
from l2opt.passes.ops import Role
from l2opt.passes.types import static_tensor, tensor_bytes

__all__ = ["Bufferize"]


@dataclass(frozen=True)
class Bufferize(Pass):
    """Turn calls of kernels on tensors into l2.kernel on l2.buffer.

    Pre: a function after l2-form-kernels. A function on memrefs is left as it is.
    Post: the function declares its buffers and views first, then has one l2.kernel a call, in order, then the tensors
    it returns as l2.value. Inputs, constants and variables are buffers of those kinds; what is returned is of kind
    output. A write of state, and a result that state would overwrite, become copy kernels.

        %0 = call @k(%x, %w) : (...) -> tensor<4xi8>   ->   %0 = "l2.buffer"() {bytes = 4, holds = tensor<4xi8>, ...}
                                                             "l2.kernel"(%x, %w, %0) {callee = @k, ...}
    """

    name: ClassVar[str] = "l2-bufferize"
    function: str = option("", help="the function to plan; default: the only public one, or main")

    def run(self, module: ir.Module) -> None:
        fn = target_function(module, self.function)
        if is_tensor_level(fn):
            _Bufferizer(module, fn).run()


@dataclass
class _Bufferizer:
    module: ir.Module
    fn: func.FuncOp
    buffers: dict[ir.Value, ir.Value] = field(default_factory=dict)  # tensor -> its buffer
    variables: dict[str, ir.Value] = field(default_factory=dict)
    copies: dict[ir.Type, str] = field(default_factory=dict)

    def run(self) -> None:
        block = self.fn.entry_block
        old = [op.operation for op in block.operations]
        self.returned = {self._origin(value) for value in old[-1].operands}
        writes = self._state_ops("tosa.variable_write")
        self.overwritten = {_symbol(op) for op in writes if self._state_of(op.operands[0]) != _symbol(op)}
        first = next(k for k, op in enumerate(old) if ops.traits_of(op).role is not Role.CONSTANT)
        self.leading = set(old[:first])
        self.declare = ir.InsertionPoint(old[first])
        self.anchor = old[first]
        self.steps = ir.InsertionPoint(old[-1])
        state = ir.AsmState(self.fn.operation)
        for argument in block.arguments:
            self._declare(argument, "input", argument, name=argument.get_name(state))
        for op in old[:-1]:
            self._convert(op)
        self._return(old[-1])
        for op in reversed(old[:-1]):
            if not any(len(list(result.uses)) for result in op.results):
                op.erase()
        self._drop_variables()

    def _convert(self, op: ir.Operation) -> None:
        if op.name == "func.call":
            self._call(op)
        elif op.name == "tosa.variable_read":
            self.buffers[op.results[0]] = self._variable(op, op.results[0].type)
        elif op.name == "tosa.variable_write" and _symbol(op) in self.overwritten:
            source = self._kept(op.operands[0], op, "tensor")
            with self.steps, op.location:
                target = self._variable(op, op.operands[0].type)
                KernelOp.call(self._copy_function(op.operands[0].type), [source], [target])
        elif ops.traits_of(op).role is Role.VIEW:
            holds = static_tensor(op.results[0].type, op)
            with self.declare, op.location:
                view = ViewOp.of(self._buffer(op.operands[0]), 0, tensor_bytes(holds, op, {}), holds)
            self.buffers[op.results[0]] = view.result

    def _call(self, op: ir.Operation) -> None:
        labels = [attribute.value for attribute in op.attributes["l2.values"]] if "l2.values" in op.attributes else []
        reads = [self._buffer(value) for value in op.operands]
        for k, result in enumerate(op.results):
            kind = "output" if result in self.returned else "tensor"
            more = {"name": labels[k]} if k < len(labels) else {}
            self._declare(result, kind, None, **more)
        with self.steps, op.location:
            KernelOp.call(
                ir.FlatSymbolRefAttr(op.attributes["callee"]).value,
                reads,
                [self.buffers[result] for result in op.results],
            )

    def _buffer(self, value: ir.Value) -> ir.Value:
        """The buffer of a tensor; a constant is declared when first used."""
        if value not in self.buffers:
            owner = ops.defining_op(value)
            assert owner is not None, f"no buffer: {value}"
            assert ops.traits_of(owner).role is Role.CONSTANT, f"no buffer: {owner}"
            if owner not in self.leading:
                owner.move_before(self.anchor)
            self._declare(value, "constant", value)
        return self.buffers[value]

    def _declare(self, value: ir.Value, kind: str, source: ir.Value | None, **more: str) -> None:
        where = ops.defining_op(value) or value.location
        holds = static_tensor(value.type, where)
        with self.declare, value.location:
            buffer = BufferOp.declare(kind, tensor_bytes(holds, where, {}), holds, source, **more)
        self.buffers[value] = buffer.result

    def _variable(self, op: ir.Operation, type_: ir.Type) -> ir.Value:
        name = _symbol(op)
        if name not in self.variables:
            holds = static_tensor(type_, op)
            declared = self._variable_op(name)
            initial = (
                {"initial": declared.attributes["initial_value"]} if "initial_value" in declared.attributes else {}
            )
            with self.declare, op.location:
                buffer = BufferOp.declare("variable", tensor_bytes(holds, op, {}), holds, name=name, **initial)
            self.variables[name] = buffer.result
        return self.variables[name]

    def _variable_op(self, name: str) -> ir.Operation:
        for op in self.module.body.operations:
            if op.operation.name == "tosa.variable" and _symbol(op.operation) == name:
                return op.operation
        raise AssertionError(f"tosa.variable {name!r} is not declared")

    def _return(self, terminator: ir.Operation) -> None:
        for k, value in enumerate(terminator.operands):
            source = self._kept(value, terminator, "output")
            with self.steps, terminator.location:
                terminator.operands[k] = ValueOp.make([source], [value.type]).result

    def _kept(self, value: ir.Value, where: ir.Operation, kind: str) -> ir.Value:
        """The buffer of `value`; if that is state which this run overwrites, one of `kind` with a copy made before."""
        if self._state_of(value) not in self.overwritten:
            return self._buffer(value)
        holds = static_tensor(value.type, where)
        with self.declare, where.location:
            buffer = BufferOp.declare(kind, tensor_bytes(holds, where, {}), holds)
        first = next(op for op in self.fn.entry_block.operations if isinstance(op, (KernelOp, ValueOp, func.ReturnOp)))
        with ir.InsertionPoint(first.operation), where.location:
            KernelOp.call(self._copy_function(holds), [self._buffer(value)], [buffer.result])
        return buffer.result

    def _state_of(self, value: ir.Value) -> str | None:
        """The variable that `value` is read from, as it is or through views."""
        owner = ops.defining_op(self._origin(value))
        return _symbol(owner) if owner is not None and owner.name == "tosa.variable_read" else None

    def _copy_function(self, type_: ir.Type) -> str:
        """A kernel that returns its argument."""
        if type_ not in self.copies:
            name = f"{self.fn.sym_name.value}_copy_{len(self.copies)}"
            with ir.InsertionPoint(self.fn.operation), self.fn.location:
                copy = func.FuncOp(name, ir.FunctionType.get([type_], [type_]), visibility="private")
                copy.attributes[KERNEL] = ir.UnitAttr.get()
                block = copy.add_entry_block()
                with ir.InsertionPoint(block):
                    func.ReturnOp([block.arguments[0]])
            self.copies[type_] = name
        return self.copies[type_]

    def _origin(self, value: ir.Value) -> ir.Value:
        """What a value is a view of, through all views."""
        while (op := ops.defining_op(value)) is not None and ops.traits_of(op).role is Role.VIEW:
            value = op.operands[0]
        return value

    def _state_ops(self, name: str) -> list[ir.Operation]:
        return [op.operation for op in self.fn.entry_block.operations if op.operation.name == name]

    def _drop_variables(self) -> None:
        """Erase the declarations that have become buffers, unless another function uses them."""
        if not self.variables:
            return
        others = [fn for fn in functions(self.module) if fn.operation != self.fn.operation]
        used: set[str] = set()

        def visit(op: ir.Operation) -> ir.WalkResult:
            if op.name in ("tosa.variable_read", "tosa.variable_write"):
                used.add(_symbol(op))
            return ir.WalkResult.ADVANCE

        for fn in others:
            fn.operation.walk(visit)
        for op in list(self.module.body.operations):
            if op.operation.name == "tosa.variable" and _symbol(op.operation) in set(self.variables) - used:
                op.operation.erase()


def _symbol(op: ir.Operation) -> str:
    """The name of the variable that a `tosa.variable*` operation is about."""
    attribute = op.attributes["sym_name" if "sym_name" in op.attributes else "name"]
    return str(attribute.value)
