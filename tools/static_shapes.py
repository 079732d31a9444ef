"""Shapes that a converter left dynamic though every input's is fixed, inferred again.

Shapes go forward through operations, then out of branches and functions, whose results are casts of what was inferred.
A shape that is dynamic after that depends on values, or on an operation that has no lowering here: an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO

from l2opt.errors import L2OptError
from l2opt.mlir import PassManager, ir
from l2opt.passes.diagnostics import Collector
from l2opt.tools import source
from l2opt.tools.repair import named
from l2opt.tools.source import Source

__all__ = ["with_static_shapes"]

_INFER = "builtin.module(func.func(tosa-infer-shapes),canonicalize,resolve-shaped-type-result-dims,canonicalize)"
_DYNAMIC = re.compile(rb"tensor<[^>]*\?")  # in text


def with_static_shapes(name: str, data: bytes) -> bytes:
    """A converter's MLIR with static shapes between the operations of its functions. Raises L2OptError."""
    read = Source(name, data)
    if not read.is_bytecode and not _DYNAMIC.search(data):
        return data
    collector = Collector(name)
    with source.new_context(allow_unregistered=True) as context, ir.Location.unknown(context):
        module = source.parse(read, context, collector)
        if next(_dynamic(module), None) is None:
            return data
        _infer(module, name)
        for branch in named(module, "scf.if"):
            _refine_branch(branch)
        _infer(module, name)
        for function in _functions(module):
            _refine_function(function)
        _check(module, name)
        written = BytesIO()
        module.operation.write_bytecode(written)
    return written.getvalue()


def _infer(module: ir.Module, name: str) -> None:
    for cast in named(module, "tensor.cast"):
        value = _before_cast(cast.results[0])
        for use in list(cast.results[0].uses):
            if use.owner.name.startswith("tosa.") and not len(use.owner.regions):
                use.owner.operands[use.operand_number] = value
    try:
        PassManager.parse(_INFER).run(module.operation)
    except ir.MLIRError as error:
        raise L2OptError(f"{name}: its shapes cannot be inferred: {error}") from error


def _functions(module: ir.Module) -> list[ir.Operation]:
    return [op.operation for op in module.body.operations if op.operation.name == "func.func"]


def _dynamic(module: ir.Module) -> Iterator[tuple[str, ir.Type]]:
    """Operations of the functions' own blocks with a result of dynamic shape, and its type."""
    for function in _functions(module):
        for op in (op.operation for block in function.regions[0] for op in block.operations):
            yield from ((op.name, result.type) for result in op.results if not _is_static(result.type))


def _is_static(kind: ir.Type) -> bool:
    return not isinstance(kind, ir.ShapedType) or (kind.has_rank and kind.has_static_shape)


def _check(module: ir.Module, name: str) -> None:
    left = sorted(_dynamic(module), key=lambda each: each[0] == "tensor.cast")  # a cast is no cause
    if left:
        found = left[0]
        raise L2OptError(
            f"{name}: {found[0]!r} has a result of dynamic shape, {found[1]}: it depends on values, or on an operation "
            "that has no lowering here"
        )


def _refine_branch(branch: ir.Operation) -> None:
    """Results that are casts of one static type at the end of both branches have that type, and are cast after."""
    ends = [list(region.blocks[0].operations)[-1].operation for region in branch.regions]
    for number, result in enumerate(branch.results):
        if _is_static(result.type):
            continue
        sources = [_before_cast(end.operands[number]) for end in ends]
        if any(each.type != sources[0].type for each in sources) or not _is_static(sources[0].type):
            continue
        for end, value in zip(ends, sources, strict=True):
            end.operands[number] = value
        wide = result.type
        result.set_type(sources[0].type)
        with ir.InsertionPoint.after(branch):
            cast = ir.Operation.create("tensor.cast", results=[wide], operands=[result])
        result.replace_all_uses_except(cast.results[0], cast)


def _refine_function(function: ir.Operation) -> None:
    """A function whose results are casts of static types returns those."""
    for end in _ends(function):
        for number, value in enumerate(end.operands):
            end.operands[number] = _before_cast(value)
        results = [value.type for value in end.operands]
        inputs = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value).inputs
        function.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, results))
    for op in [each.operation for block in function.regions[0] for each in block.operations]:
        if op.name == "tensor.cast" and not any(True for _ in op.results[0].uses):
            op.erase()


def _ends(function: ir.Operation) -> Sequence[ir.Operation]:
    """The return of a function of one block; none for others."""
    blocks = list(function.regions[0])
    return [list(blocks[0].operations)[-1].operation] if len(blocks) == 1 else []


def _before_cast(value: ir.Value) -> ir.Value:
    """What `value` is a cast of, if that has a static shape; else itself."""
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.name != "tensor.cast" or _is_static(value.type):
        return value
    operand: ir.Value = owner.operands[0]
    return operand if _is_static(operand.type) else value
