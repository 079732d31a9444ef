"""How operations that only move elements put their results together. What is not known when planning gives None."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from l2opt.mlir import ir
from l2opt.passes.ops.scalar import constant_element
from l2opt.passes.ops.traits import Assembly, Piece, Role, Traits, defining_op
from l2opt.passes.regions import Region

__all__ = [
    "concat",
    "constant_shape",
    "extract_slice",
    "insert_slice",
    "tensor_concat",
    "tensor_pad",
    "tosa_concat",
    "tosa_pad",
    "tosa_slice",
    "transposed",
]

_DYNAMIC = -(1 << 63)


def concat(op: ir.Operation, axis: int) -> Assembly:
    """The operands, one after the other along `axis`."""
    rank = len(_shape(op.results[0]))
    pieces, at = [], 0
    for k, value in enumerate(op.operands):
        shape = _shape(value)
        start = [0] * rank
        start[axis] = at
        if 0 not in shape:
            pieces.append(Piece(k, Region.all_of(shape), Region.box(start, shape)))
        at += shape[axis]
    return Assembly(tuple(pieces))


def tosa_concat(op: ir.Operation) -> Assembly:
    return concat(op, ir.IntegerAttr(op.attributes["axis"]).value)


def tensor_concat(op: ir.Operation) -> Assembly:
    return concat(op, ir.IntegerAttr(op.attributes["dim"]).value)


def tosa_slice(op: ir.Operation) -> Assembly | None:
    start = constant_shape(op.operands[1])
    return None if start is None else _cut(Region.box(start, _shape(op.results[0])), op)


def tosa_pad(op: ir.Operation) -> Assembly | None:
    padding = constant_shape(op.operands[1])
    return None if padding is None else _padded(op, padding[::2], constant_element(op.operands[2]))


def tensor_pad(op: ir.Operation) -> Assembly | None:
    """A pad whose border is one constant."""
    low = ir.DenseI64ArrayAttr(op.attributes["static_low"])
    yielded = list(op.regions[0].blocks[0].operations)[-1].operation
    if _DYNAMIC in list(low) or yielded.name != "tensor.yield":
        return None
    return _padded(op, list(low), constant_element(yielded.operands[0]))


def extract_slice(op: ir.Operation) -> Assembly | None:
    region = _static_region(op)
    return None if region is None else _cut(region, op)


def insert_slice(op: ir.Operation) -> Assembly | None:
    """The second operand, and over it the first."""
    region = _static_region(op)
    if region is None or any(step != 1 for step in region.steps):
        return None
    whole = Region.all_of(_shape(op.results[0]))
    return Assembly((Piece(1, whole, whole), Piece(0, Region.all_of(_shape(op.operands[0])), region)))


def transposed(op: ir.Operation, permutation: Sequence[int]) -> Traits:
    """A transpose that only moves dimensions of one element leaves every element where it is."""
    shape = _shape(op.operands[0])
    kept = [k for k in permutation if shape[k] > 1]
    return Traits(Role.VIEW, parameters="rest") if kept == sorted(kept) else Traits(Role.MOVE, permutes=True)


def constant_shape(value: ir.Value) -> list[int] | None:
    """The numbers that a `tosa.const_shape` holds; None for another operation."""
    owner = defining_op(value)
    if owner is None or owner.name != "tosa.const_shape":
        return None
    values: Any = owner.attributes["values"]
    return [int(each) for each in values] if isinstance(values, ir.DenseElementsAttr) else None


def _padded(op: ir.Operation, low: Sequence[int], fill: ir.Attribute | None) -> Assembly | None:
    shape = _shape(op.operands[0])
    if any(each < 0 for each in low):
        return None
    target = Region.box(low, shape)
    if fill is None and not target.covers(_shape(op.results[0])):
        return None
    return Assembly((Piece(0, Region.all_of(shape), target),), fill)


def _cut(region: Region, op: ir.Operation) -> Assembly:
    return Assembly((Piece(0, region, Region.all_of(_shape(op.results[0]))),))


def _static_region(op: ir.Operation) -> Region | None:
    """The region that the static attributes of an operation on slices give."""
    listed = [tuple(ir.DenseI64ArrayAttr(op.attributes[f"static_{name}"])) for name in ("offsets", "sizes", "strides")]
    if any(_DYNAMIC in each for each in listed):
        return None
    return Region(*listed)


def _shape(value: ir.Value) -> tuple[int, ...]:
    return tuple(ir.RankedTensorType(value.type).shape)
