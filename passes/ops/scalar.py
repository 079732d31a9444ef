"""arith, math and their like: constants, elementwise on tensors; on scalars they are repeated where used."""

from __future__ import annotations

from l2opt.mlir import ir
from l2opt.passes.ops.traits import Role, Traits, defining_op

__all__ = ["TABLE", "constant_element", "constant_scalar"]

_ELEMENTWISE = Traits(Role.ELEMENTWISE)
_CONSTANT = Traits(Role.CONSTANT)
_CONSTANTS = ("arith.constant", "complex.constant", "index.constant")


class _Table:
    """Every operation of these dialects that is no constant is elementwise."""

    def get(self, name: str) -> Traits:
        return _CONSTANT if name in _CONSTANTS else _ELEMENTWISE


TABLE = _Table()


def constant_scalar(value: ir.Value) -> float | None:
    """The number that a scalar or one-element constant holds; None if it is no such constant, or elided."""
    element = constant_element(value)
    return float(element.value) if isinstance(element, (ir.IntegerAttr, ir.FloatAttr)) else None


def constant_element(value: ir.Value) -> ir.Attribute | None:
    """What a scalar constant, or every element of a constant tensor, is; None if it is no such constant, or elided."""
    owner = defining_op(value)
    if owner is None or owner.name not in ("arith.constant", "tosa.const"):
        return None
    attribute = owner.attributes["values" if owner.name == "tosa.const" else "value"]
    if isinstance(attribute, (ir.IntegerAttr, ir.FloatAttr)):
        return attribute
    if isinstance(attribute, ir.DenseElementsAttr) and attribute.is_splat:
        return attribute.get_splat_value()
    return None
