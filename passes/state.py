"""State between runs (`tosa.variable`) in a normal form: each variable is read as it was before the run and written
once, at the end, so that a planner may keep it in one buffer."""

from __future__ import annotations

from l2opt.mlir import func, ir
from l2opt.passes.diagnostics import LocatedError

__all__ = ["normalize_state", "state_as_arguments", "zeros"]

_READ, _WRITE = "tosa.variable_read", "tosa.variable_write"


def normalize_state(fn: func.FuncOp) -> None:
    """Forward what was written to later reads; drop all but the last write of each variable, and move it to the end."""
    _refuse_nested(fn)
    operations = [op.operation for op in fn.entry_block.operations]
    written: dict[str, ir.Operation] = {}
    for op in operations:
        if op.name not in (_READ, _WRITE):
            continue
        name = str(op.attributes["name"])
        if op.name == _READ and name in written:
            op.results[0].replace_all_uses_with(written[name].operands[0])
            op.erase()
        elif op.name == _WRITE:
            if name in written:
                written[name].erase()
            written[name] = op
    for op in written.values():
        op.move_before(operations[-1])


def _refuse_nested(fn: func.FuncOp) -> None:
    nested: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in (_READ, _WRITE) and op.parent.operation != fn.operation:
            nested.append(op)
        return ir.WalkResult.ADVANCE

    fn.operation.walk(visit)
    for op in nested:
        raise LocatedError(op, f"'{op.name}' inside a region: want state read and written by the function itself")


def state_as_arguments(module: ir.Module, fn: func.FuncOp) -> list[ir.Attribute]:
    """Make each variable an argument, after the others, and its new value a result, after the others.

    For a function in normal form. Returns the initial values, zeros where none is declared, in that order.
    """
    operations = [op.operation for op in fn.entry_block.operations]
    old: dict[str, ir.Value] = {}
    new: dict[str, ir.Value] = {}
    for op in operations:
        if op.name not in (_READ, _WRITE):
            continue
        name = op.attributes["name"].value
        value = op.results[0] if op.name == _READ else op.operands[0]
        if name not in old:
            old[name] = fn.entry_block.add_argument(value.type, op.location)
        if op.name == _READ:
            value.replace_all_uses_with(old[name])
        else:
            new[name] = value
    for op in operations:
        if op.name in (_READ, _WRITE):
            op.erase()
    _return(fn, operations[-1], [new.get(name, value) for name, value in old.items()])
    declared = [op.operation for op in module.body.operations if op.operation.name == "tosa.variable"]
    initial = {op.attributes["sym_name"].value: _initial_value(op, old) for op in declared}
    for op in declared:
        op.erase()
    return [initial[name] for name in old]


def zeros(type_: ir.RankedTensorType) -> ir.Attribute:
    """All elements zero."""
    zero = "0.0" if isinstance(type_.element_type, ir.FloatType) else "0"
    return ir.DenseElementsAttr.get_splat(type_, ir.Attribute.parse(f"{zero} : {type_.element_type}"))


def _initial_value(op: ir.Operation, values: dict[str, ir.Value]) -> ir.Attribute:
    """What a `tosa.variable` holds at first."""
    if "initial_value" in op.attributes:
        return op.attributes["initial_value"]
    name = op.attributes["sym_name"].value
    return zeros(values[name].type) if name in values else ir.UnitAttr.get()


def _return(fn: func.FuncOp, terminator: ir.Operation, more: list[ir.Value]) -> None:
    """Return `more` after the results, and set the function's type from its arguments and results."""
    results = [*terminator.operands, *more]
    with ir.InsertionPoint(terminator), terminator.location:
        func.ReturnOp(results)
    terminator.erase()
    inputs = [argument.type for argument in fn.entry_block.arguments]
    signature = ir.FunctionType.get(inputs, [value.type for value in results])
    fn.attributes["function_type"] = ir.TypeAttr.get(signature)
    for name in ("arg_attrs", "res_attrs"):
        if name in fn.attributes:
            del fn.attributes[name]
