"""Integer elements of odd widths in memory, for a CPU: each takes a power of two of bytes, extended when stored and cut
when loaded, as LLVM lays them out.

MLIR's lowering refuses to store elements narrower than a byte, and would leave the bits beyond wider ones undefined.
Done once linalg has become loops.
"""

from __future__ import annotations

import numpy as np

from l2opt.mlir import arith, ir

__all__ = ["widen_odd_elements"]

WIDTHS = (8, 16, 32, 64)  # bits of the elements that need nothing


def widen_odd_elements(module: ir.Module) -> None:
    """Turn every memref of integers of an odd width into one of the next width that a CPU has."""
    operations: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        operations.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    for op in operations:
        if op.name == "memref.load" and _is_odd(op.operands[0].type):
            _cut(op)
        elif op.name == "memref.store" and _is_odd(op.operands[1].type):
            with ir.InsertionPoint(op), op.location:
                wide = _wide(op.operands[0].type)
                op.operands[0] = arith.ExtUIOp(wide, op.operands[0]).result
    for op in operations:
        _retype(op)


def _is_odd(type_: ir.Type) -> bool:
    element = type_.element_type if isinstance(type_, ir.MemRefType) else None
    return isinstance(element, ir.IntegerType) and element.width not in WIDTHS and element.width < WIDTHS[-1]


def _wide(narrow: ir.IntegerType) -> ir.IntegerType:
    """The least type that holds `narrow` and that a CPU has."""
    return ir.IntegerType.get_signless(next(width for width in WIDTHS if width >= narrow.width))


def _cut(load: ir.Operation) -> None:
    """Let `load` give a wider element, of which its users take the low bits."""
    value = load.results[0]
    narrow = value.type
    with ir.InsertionPoint.after(load), load.location:
        value.set_type(_wide(narrow))
        cut = arith.TruncIOp(narrow, value)
    value.replace_all_uses_except(cut.result, cut.operation)


def _retype(op: ir.Operation) -> None:
    for result in op.results:
        result.set_type(_widened(result.type))
    for region in op.regions:
        for block in region.blocks:
            for argument in block.arguments:
                argument.set_type(_widened(argument.type))
    if op.name == "func.func":
        type_ = ir.TypeAttr(op.attributes["function_type"]).value
        inputs = [_widened(each) for each in type_.inputs]
        results = [_widened(each) for each in type_.results]
        op.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, results))
    elif op.name == "memref.global":
        type_ = ir.TypeAttr(op.attributes["type"]).value
        if _is_odd(type_):
            op.attributes["type"] = ir.TypeAttr.get(_widened(type_))
            if "initial_value" in op.attributes and isinstance(op.attributes["initial_value"], ir.DenseElementsAttr):
                op.attributes["initial_value"] = _bytes(op.attributes["initial_value"], type_)


def _widened(type_: ir.Type) -> ir.Type:
    if not _is_odd(type_):
        return type_
    return ir.MemRefType.get(
        type_.shape, _wide(type_.element_type), layout=type_.layout, memory_space=type_.memory_space
    )


def _bytes(value: ir.DenseElementsAttr, type_: ir.MemRefType) -> ir.Attribute:
    """The elements of a constant, widened without their signs."""
    mask = (1 << type_.element_type.width) - 1
    wide = _wide(type_.element_type)
    whole = ir.RankedTensorType.get(type_.shape, wide)
    if value.is_splat:
        return ir.DenseElementsAttr.get_splat(
            whole, ir.IntegerAttr.get(wide, int(value.get_splat_value().value) & mask)
        )
    integers = ir.DenseIntElementsAttr(value)
    elements = np.array([int(integers[k]) & mask for k in range(len(integers))], f"int{wide.width}")
    return ir.DenseElementsAttr.get(elements.reshape(tuple(type_.shape)), type=whole, shape=None)
