"""The pass l2-fill-weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, prod
from typing import Any, ClassVar

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.base import Pass, option
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.elided import elided_constants
from l2opt.passes.index_values import picks_elements

__all__ = ["FillWeights"]

_CONV = ("conv2d", "conv3d", "depthwise_conv2d", "fully_connected", "matmul", "transpose_conv2d")
WIDE_TABLE = 513  # entries of a table that is looked up with 16 bits


@dataclass(frozen=True)
class FillWeights(Pass):
    """Give constants whose values were elided seeded random ones, so that the network can run.

    Pre: any module. Post: every `dense_resource` without data is a `dense` constant. Values follow the role of the
    constant, so that results vary: weights take all their range, multipliers of a rescale lie in [2^30, 2^31), its
    shifts follow the fan-in of what is rescaled, wide tables rise as an exponential's do, one-dimensional floats are
    positive, and what picks elements of a tensor is zero.
    """

    name: ClassVar[str] = "l2-fill-weights"
    seed: int = option(0, help="seed of the random values")

    def run(self, module: ir.Module) -> None:
        rng = np.random.default_rng(self.seed)
        for op, attribute in list(elided_constants(module)):
            type_ = op.results[0].type if len(op.results) else None
            if not isinstance(type_, ir.RankedTensorType):
                raise LocatedError(
                    op, f"'{op.name}' has no data for {attribute!r}, and no tensor type to make some for"
                )
            values = _values(op, type_, rng)
            with op.location:
                op.attributes[attribute] = ir.DenseElementsAttr.get(values, type=type_, shape=None)


def _values(op: ir.Operation, type_: ir.RankedTensorType, rng: np.random.Generator) -> Any:
    shape = tuple(type_.shape)
    element = type_.element_type
    if isinstance(element, ir.FloatType):
        return _floats(shape, element, rng)
    if not isinstance(element, ir.IntegerType) or element.width not in (8, 16, 32, 64):
        raise LocatedError(op, f"no random values for elements of type {element}")
    kind = np.dtype(f"{'u' if element.is_unsigned else ''}int{element.width}")
    return _integers(op, shape, kind, rng).astype(kind)


def _floats(shape: tuple[int, ...], element: ir.Type, rng: np.random.Generator) -> Any:
    if len(shape) <= 1:
        values = rng.uniform(0.5, 1.5, shape)
    else:
        fan_in = max(1, prod(shape) // max(shape[0], 1))
        values = rng.normal(0.0, (2.0 / fan_in) ** 0.5, shape)
    kinds = {16: np.float16, 32: np.float32, 64: np.float64}
    if element.width not in kinds or str(element) == "bf16":
        raise LocatedError(ir.Location.current, f"no random values for elements of type {element}")
    return values.astype(kinds[element.width])


def _integers(op: ir.Operation, shape: tuple[int, ...], kind: np.dtype[Any], rng: np.random.Generator) -> Any:
    user, position = _first_use(op)
    if user is not None and user.name == "tosa.rescale" and position == 1:
        return (
            rng.integers(1 << 30, (1 << 31) - 1, shape) if kind.itemsize == 4 else rng.integers(1 << 14, 1 << 15, shape)
        )
    if user is not None and user.name == "tosa.rescale" and position == 2:
        return np.full(shape, _shift(user)) + rng.integers(0, 2, shape)
    if picks_elements(op.results[0]):
        return np.zeros(shape)
    if kind.itemsize == 2 and shape == (WIDE_TABLE,):
        return np.minimum(127.0 * np.exp((np.arange(WIDE_TABLE) - WIDE_TABLE // 2) / 4.0), 127.0)
    if kind.itemsize == 1:
        return rng.integers(-127 if kind.kind == "i" else 0, 128, shape)
    return rng.integers(0, 1 << 8, shape) if kind.itemsize == 2 else rng.integers(-100, 101, shape)


def _first_use(op: ir.Operation) -> tuple[ir.Operation | None, int]:
    for use in op.results[0].uses:
        return use.owner.operation, use.operand_number
    return None, 0


def _shift(rescale: ir.Operation) -> int:
    """What brings the accumulated products of `rescale`'s producer back to about 40 in standard deviation."""
    source = rescale.operands[0]
    if isinstance(source, ir.BlockArgument) or source.owner.operation.name.partition(".")[2] not in _CONV:
        return 30
    weights = ir.RankedTensorType(source.owner.operation.operands[1].type).shape
    depthwise = "depthwise" in source.owner.operation.name
    fan_in = prod(weights[:2]) if depthwise else prod(weights) // max(weights[0], 1)
    return round(30.6 + 5.0 + log2(max(fan_in, 1)) / 2)
