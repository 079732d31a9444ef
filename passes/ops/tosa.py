"""tosa: the operator sets of TFLite and PyTorch as TOSA 1.0 spells them."""

from __future__ import annotations

from collections.abc import Callable

from l2opt.mlir import ir
from l2opt.passes.ops import moves
from l2opt.passes.ops.scalar import constant_scalar
from l2opt.passes.ops.traits import Role, Traits, defining_op

__all__ = ["TABLE"]

_UNARY = (
    "abs bitwise_not ceil clamp clz cos erf exp floor identity log logical_not reciprocal rsqrt sigmoid sin tanh"
).split()
_BINARY = (
    "add arithmetic_right_shift bitwise_and bitwise_or bitwise_xor equal greater greater_equal intdiv logical_and "
    "logical_left_shift logical_or logical_right_shift logical_xor maximum minimum pow select sub table"
).split()
_REDUCE = "reduce_all reduce_any reduce_max reduce_min reduce_product reduce_sum".split()
_MOVE = "gather reverse scatter tile".split()


def _spatial_only(border: ir.Operation) -> bool:
    """Whether a pad or slice changes only the dimensions between batch and channels."""
    before = ir.RankedTensorType(border.operands[0].type).shape
    after = ir.RankedTensorType(border.results[0].type).shape
    return len(before) > 2 and bool(before[0] == after[0] and before[-1] == after[-1])


def _carries_slice(window: ir.Operation, border: ir.Operation) -> bool:
    """Any window may leave out rows and columns."""
    return border.name == "tosa.slice" and _spatial_only(border)


def _conv_carries(conv: ir.Operation, border: ir.Operation) -> bool:
    """A convolution pads with its input's zero point."""
    if border.name != "tosa.pad":
        return _carries_slice(conv, border)
    value, zero_point = constant_scalar(border.operands[2]), constant_scalar(conv.operands[3])
    return value is not None and value == zero_point and _spatial_only(border)


def _max_pool_carries(pool: ir.Operation, border: ir.Operation) -> bool:
    """A max pool ignores its border, which a value no larger than any element equals."""
    if border.name != "tosa.pad":
        return _carries_slice(pool, border)
    value = constant_scalar(border.operands[2])
    if value is None or not _spatial_only(border):
        return False
    source = defining_op(border.operands[0])
    if source is not None and source.name == "tosa.clamp":
        return value <= float(source.attributes["min_val"].value)
    element = ir.RankedTensorType(border.results[0].type).element_type
    if isinstance(element, ir.IntegerType):
        return value <= (0 if element.is_unsigned else -(2 ** (element.width - 1)))
    return value == float("-inf")


def _transpose(op: ir.Operation) -> Traits:
    perms = list(ir.DenseI32ArrayAttr(op.attributes["perms"]))
    return moves.transposed(op, perms)


_CONV = Traits(Role.WINDOW, parameters=frozenset({3, 4}), carries=_conv_carries)

TABLE: dict[str, Traits | Callable[[ir.Operation], Traits]] = {
    **{f"tosa.{name}": Traits(Role.ELEMENTWISE) for name in [*_UNARY, *_BINARY]},
    **{f"tosa.{name}": Traits(Role.REDUCE) for name in _REDUCE},
    **{f"tosa.{name}": Traits(Role.MOVE) for name in _MOVE},
    "tosa.argmax": Traits(Role.COMPUTE),
    "tosa.avg_pool2d": Traits(Role.WINDOW, parameters="rest", carries=_carries_slice),
    "tosa.cast": Traits(Role.ELEMENTWISE, widening=True),
    "tosa.const": Traits(Role.CONSTANT),
    "tosa.const_shape": Traits(Role.CONSTANT),
    "tosa.concat": Traits(Role.MOVE, moves=moves.tosa_concat),
    "tosa.conv2d": _CONV,
    "tosa.conv3d": _CONV,
    "tosa.depthwise_conv2d": _CONV,
    "tosa.fft2d": Traits(Role.COMPUTE),
    "tosa.matmul": Traits(Role.COMPUTE, parameters=frozenset({2, 3})),
    "tosa.max_pool2d": Traits(Role.WINDOW, carries=_max_pool_carries),
    "tosa.mul": Traits(Role.ELEMENTWISE, parameters=frozenset({2})),
    "tosa.negate": Traits(Role.ELEMENTWISE, parameters="rest"),
    "tosa.pad": Traits(Role.PAD, parameters="rest", moves=moves.tosa_pad),
    "tosa.rescale": Traits(Role.ELEMENTWISE, parameters="rest", widening=True),
    "tosa.reshape": Traits(Role.VIEW, parameters="rest"),
    "tosa.resize": Traits(Role.COMPUTE, parameters="rest"),
    "tosa.slice": Traits(Role.MOVE, parameters="rest", moves=moves.tosa_slice),
    "tosa.transpose": _transpose,
    "tosa.transpose_conv2d": Traits(Role.COMPUTE, parameters=frozenset({3, 4})),
    "tosa.while_loop": Traits(Role.COMPUTE, scratch=True, strided_reads=False, strided_writes=False),
    "tosa.cond_if": Traits(Role.COMPUTE, scratch=True, strided_reads=False, strided_writes=False),
}
