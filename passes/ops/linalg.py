"""linalg: structured operations are read off their indexing maps; named ones by name."""

from __future__ import annotations

from collections.abc import Callable

from l2opt.mlir import ir
from l2opt.passes.ops import moves
from l2opt.passes.ops.scalar import constant_scalar
from l2opt.passes.ops.traits import Role, Traits

__all__ = ["TABLE"]

_ELEMENTWISE_NAMES = (
    "abs add ceil copy div div_unsigned elementwise erf exp floor log map max min mul negf powf reciprocal round rsqrt "
    "select sqrt square sub tanh"
).split()


def _generic(op: ir.Operation) -> Traits:
    """Elementwise where every loop is parallel and the result is written in loop order; a reduction where one operand
    is folded; otherwise computation."""
    if len(op.results) != 1:
        return _COMPUTE
    kinds, maps = ir.ArrayAttr(op.attributes["iterator_types"]), ir.ArrayAttr(op.attributes["indexing_maps"])
    identity = ir.AffineMap.get_identity(len(kinds))
    if str(kinds).count("parallel") == len(kinds):
        if maps[len(maps) - 1].value != identity:
            return _MOVE
        return _WIDENING if _widens(op) else _ALL_PARALLEL
    return _REDUCE if len(maps) == 2 and maps[0].value == identity else _COMPUTE


def _transpose(op: ir.Operation) -> Traits:
    return moves.transposed(op, list(ir.DenseI64ArrayAttr(op.attributes["permutation"])))


def _widens(op: ir.Operation) -> bool:
    """Whether the body does nothing but give an element more bits."""
    inside = op.regions[0].blocks[0].operations
    return len(inside) == 2 and inside[0].operation.name in ("arith.extf", "arith.extsi", "arith.extui")


def _aligned(op: ir.Operation) -> tuple[int, ...]:
    """Operands of a generic that are read in loop order."""
    maps = [attribute.value for attribute in ir.ArrayAttr(op.attributes["indexing_maps"])]
    return tuple(k for k, each in enumerate(maps) if each == maps[-1])


_COMPUTE, _MOVE, _REDUCE = Traits(Role.COMPUTE), Traits(Role.MOVE), Traits(Role.REDUCE)
_ALL_PARALLEL = Traits(Role.ELEMENTWISE, aligned=_aligned)
_WIDENING = Traits(Role.ELEMENTWISE, aligned=_aligned, widening=True)


def _padding_value(pad: ir.Operation) -> float | None:
    if pad.name != "tensor.pad":
        return None
    yielded = list(pad.regions[0].blocks[0].operations)[-1]
    return constant_scalar(yielded.operands[0])


def _pads_with(*accepted: float) -> Callable[[ir.Operation, ir.Operation], bool]:
    return lambda op, pad: _padding_value(pad) in accepted


def _quantized_carries(conv: ir.Operation, pad: ir.Operation) -> bool:
    value = _padding_value(pad)
    return value is not None and value == constant_scalar(conv.operands[2])


def _max_carries(pool: ir.Operation, pad: ir.Operation) -> bool:
    """Minus infinity, or the least finite number, which importers use in its place."""
    value = _padding_value(pad)
    element = ir.RankedTensorType(pad.results[0].type).element_type
    if value is None:
        return False
    if isinstance(element, ir.IntegerType):
        return value <= -float(2 ** (element.width - 1))
    return value <= -3.4e38 or (element.width == 16 and value <= -65504)


class _Table:
    """Named operations: convolutions and pools by their family, the rest from the list above."""

    def get(self, name: str) -> Traits | Callable[[ir.Operation], Traits]:
        short = name.partition(".")[2]
        if short in _NAMED:
            return _NAMED[short]
        if short.startswith(("conv_", "depthwise_conv_")):
            carries = _quantized_carries if short.endswith("_q") else _pads_with(0.0)
            return Traits(Role.WINDOW, carries=carries)
        if short.startswith("pooling_"):
            return Traits(Role.WINDOW, carries=_max_carries if "max" in short else _pads_with(0.0))
        return Traits(Role.COMPUTE)


_NAMED: dict[str, Traits | Callable[[ir.Operation], Traits]] = {
    **{name: Traits(Role.ELEMENTWISE) for name in _ELEMENTWISE_NAMES},
    "broadcast": Traits(Role.MOVE),
    "fill": Traits(Role.ELEMENTWISE, aligned=lambda op: ()),
    "generic": _generic,
    "index": Traits(Role.CONSTANT),
    "reduce": Traits(Role.REDUCE),
    "transpose": _transpose,
}
TABLE = _Table()
