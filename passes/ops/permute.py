"""Operations that compute alike whatever the order of their dimensions: how each is written in another order.

Definition. In the order P, dimension k of a tensor is what was its dimension P[k]. An operation here has one result
and data operands of the same rank; with these and the result in order P, its attributes and constant operands say the
same as before. What else it reads has no such order: zero points, multipliers, a lookup table. Only TOSA is handled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from l2opt.mlir import ir
from l2opt.passes.ops import Role, traits_of
from l2opt.passes.ops.moves import constant_shape

__all__ = ["data_operands", "is_still", "permuted", "permuted_shape"]


def data_operands(op: ir.Operation) -> tuple[int, ...]:
    """Operands whose dimensions are those of the result; none if the order of dimensions matters to `op`."""
    if len(op.results) != 1 or not isinstance(op.results[0].type, ir.RankedTensorType):
        return ()
    rank, traits = op.results[0].type.rank, traits_of(op)
    if op.name in _LISTED:
        found = tuple(range(len(op.operands))) if op.name == "tosa.concat" else (0,)
        constants = [k for k in range(len(op.operands)) if k not in found]
        return found if all(constant_shape(op.operands[k]) or k == _PAD_VALUE for k in constants) else ()
    if not op.name.startswith("tosa.") or traits.role is not Role.ELEMENTWISE:
        return ()
    if "per_channel" in op.attributes and op.attributes["per_channel"].value:
        return ()
    found = tuple(k for k in range(len(op.operands)) if not _is_aside(op, k, traits.is_parameter(k)))
    return found if all(_rank(op.operands[k]) == rank for k in found) else ()


def permuted(op: ir.Operation, order: Sequence[int], operands: Mapping[int, ir.Value]) -> ir.Value:
    """The result of `op` in another order of dimensions, computed at the insertion point. `operands`: the data
    operands, in that order."""
    rest = {k: value for k, value in enumerate(op.operands) if k not in operands}
    attributes = {op.attributes[k].name: op.attributes[k].attr for k in range(len(op.attributes))}
    if op.name in _LISTED:
        _LISTED[op.name](order, attributes, rest)
    type_ = op.results[0].type
    made = ir.RankedTensorType.get(permuted_shape(type_.shape, order), type_.element_type)
    listed = [operands[k] if k in operands else rest[k] for k in range(len(op.operands))]
    return ir.Operation.create(op.name, results=[made], operands=listed, attributes=attributes).results[0]


def permuted_shape(shape: Sequence[int], order: Sequence[int]) -> list[int]:
    return [shape[k] for k in order]


def is_still(shape: Sequence[int], order: Sequence[int]) -> bool:
    """Whether a tensor of `shape` has its elements where they are in that order too: only ones are moved."""
    kept = [k for k in order if shape[k] > 1]
    return kept == sorted(kept)


_PAD_VALUE = 2
_Attributes = dict[str, ir.Attribute]
_Rest = dict[int, ir.Value]


def _is_aside(op: ir.Operation, operand: int, parameter: bool) -> bool:
    """Whether an operand has no dimensions of the result."""
    return parameter or (op.name == "tosa.table" and operand == 1)


def _rank(value: ir.Value) -> int | None:
    return value.type.rank if isinstance(value.type, ir.RankedTensorType) else None


def _axis(order: Sequence[int], attributes: _Attributes, rest: _Rest) -> None:
    axis = attributes["axis"]
    attributes["axis"] = ir.IntegerAttr.get(axis.type, list(order).index(axis.value))


def _lists(order: Sequence[int], attributes: _Attributes, rest: _Rest) -> None:
    """Constant shapes with so many numbers a dimension."""
    for k, value in rest.items():
        numbers = constant_shape(value)
        if numbers is not None:
            width = len(numbers) // len(order)
            rest[k] = _constant(value, [numbers[d * width + each] for d in order for each in range(width)])


def _constant(like: ir.Value, numbers: Sequence[int]) -> ir.Value:
    values = ir.Attribute.parse(f"dense<{list(numbers)}> : tensor<{len(numbers)}xindex>")
    return ir.Operation.create("tosa.const_shape", [like.type], attributes={"values": values}).results[0]


_LISTED: dict[str, Callable[[Sequence[int], _Attributes, _Rest], None]] = {
    "tosa.concat": _axis,
    **{f"tosa.reduce_{each}": _axis for each in "all any max min product sum".split()},
    "tosa.pad": _lists,
    "tosa.slice": _lists,
}
