"""A convolution of a concatenation as partial convolutions, one for each part, that add up in one wide buffer.

conv(concat(a, b), w) = conv(a, w_a) + conv(b, w_b), where w_a and w_b are the slices of the weights for the channels of
a and b (Serenity's rewriting, Ahn et al. 2020). So a is dead before b need be there; in exchange the sum so far is a
buffer of the accumulator's width. Sums of integers do not depend on their order, so the result is the same bit for bit:
each tap's product counts (x - zero point) * (w - zero point), and what is padded counts 0 in every part.

Handled: tosa.conv2d with 32-bit integer sums whose weights are a constant with data, or an elided one, and whose input
is a tosa.concat of channels that nothing but such convolutions reads. Not: floating point, where the order of a sum
shows in the result; anything between the concatenation and the convolution.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from l2opt.mlir import func, ir, tosa
from l2opt.passes.names import OWN
from l2opt.passes.ops.traits import defining_op

__all__ = ["ACCUMULATOR", "Candidate", "candidates", "rewrite"]

ACCUMULATOR = "l2.accumulator"  # on an operation: its result is a buffer, wide as it is
_CHANNELS = 3  # the dimension of them
_ELIDED = "dense_resource<__elided__"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A concatenation, by its position among the operations of its block, and the bytes that it makes."""

    position: int
    size: int  # elements


def candidates(fn: func.FuncOp) -> list[Candidate]:
    """The concatenations of `fn` that can be rewritten, largest first."""
    found = []
    for position, view in enumerate(fn.entry_block.operations):
        op = view.operation
        if op.name == "tosa.concat" and _convolutions(op):
            found.append(Candidate(position, int(np.prod(ir.RankedTensorType(op.results[0].type).shape))))
    return sorted(found, key=lambda each: (-each.size, each.position))


def rewrite(fn: func.FuncOp, chosen: Collection[int]) -> None:
    """Rewrite the concatenations at the positions `chosen`, which are of `candidates`."""
    block = [view.operation for view in fn.entry_block.operations]
    order = {op: k for k, op in enumerate(block)}
    for position in sorted(chosen):
        concat = block[position]
        for conv in _convolutions(concat):
            _split(conv, concat, order)
        concat.erase()


def _convolutions(concat: ir.Operation) -> list[ir.Operation]:
    """The users of a concatenation, if all can be split; in program order of their uses."""
    users = [use.owner.operation for use in concat.results[0].uses]
    shape = ir.RankedTensorType(concat.results[0].type).shape
    fits = concat.attributes["axis"].value == _CHANNELS and len(shape) == 4 and len(concat.operands) > 1
    return users[::-1] if fits and users and all(_can_split(op, concat) for op in users) else []


def _can_split(op: ir.Operation, concat: ir.Operation) -> bool:
    if op.name != "tosa.conv2d" or op.operands[0] != concat.results[0] or op.block != concat.block:
        return False
    if list(op.operands).count(concat.results[0]) != 1:
        return False
    element = ir.RankedTensorType(op.results[0].type).element_type
    weights = defining_op(op.operands[1])
    if (
        not isinstance(element, ir.IntegerType)
        or element.width != 32
        or weights is None
        or weights.name != "tosa.const"
    ):
        return False
    values = weights.attributes["values"]
    return isinstance(values, ir.DenseElementsAttr) or str(values).startswith(_ELIDED)


def _split(conv: ir.Operation, concat: ir.Operation, order: dict[ir.Operation, int]) -> None:
    """Partial convolutions in the order in which their inputs are made; each sum but the last is a buffer."""
    starts = np.cumsum([0, *(ir.RankedTensorType(value.type).shape[_CHANNELS] for value in concat.operands)])
    parts = sorted(range(len(concat.operands)), key=lambda k: (_made_at(concat.operands[k], order), k))
    total: ir.Value | None = None
    for n, k in enumerate(parts):
        value = concat.operands[k]
        with ir.InsertionPoint(conv), conv.location:
            weights = _slice(conv.operands[1], int(starts[k]), int(starts[k + 1]))
            bias = conv.operands[2] if n == 0 else _zeros(conv.operands[2].type)
            partial = conv.clone(ir.InsertionPoint.current)
            if OWN in partial.attributes:
                del partial.attributes[OWN]
            partial.operands[0], partial.operands[1], partial.operands[2] = value, weights, bias
            made = partial
            if total is not None:
                made = tosa.AddOp(conv.results[0].type, total, partial.results[0]).operation
            if n < len(parts) - 1:
                made.attributes[ACCUMULATOR] = ir.UnitAttr.get()
            total = made.results[0]
    assert total is not None, "a concatenation of nothing"
    conv.results[0].replace_all_uses_with(total)
    conv.erase()


def _made_at(value: ir.Value, order: dict[ir.Operation, int]) -> int:
    op = defining_op(value)
    return -1 if op is None else order.get(op, -1)


def _slice(weights: ir.Value, start: int, end: int) -> ir.Value:
    """The constant `weights` for input channels [start, end)."""
    source = defining_op(weights)
    assert source is not None
    whole = ir.RankedTensorType(weights.type)
    type_ = ir.RankedTensorType.get([*whole.shape[:_CHANNELS], end - start], whole.element_type)
    values = source.attributes["values"]
    if isinstance(values, ir.DenseElementsAttr):
        array = np.ascontiguousarray(np.array(values)[..., start:end])
        return tosa.ConstOp(ir.DenseElementsAttr.get(array, type=type_, shape=None)).result
    return tosa.ConstOp(ir.Attribute.parse(f"dense_resource<__elided__> : {type_}")).result


def _zeros(type_: ir.Type) -> ir.Value:
    zero = ir.IntegerAttr.get(ir.RankedTensorType(type_).element_type, 0)
    return tosa.ConstOp(ir.DenseElementsAttr.get_splat(type_, zero)).result
