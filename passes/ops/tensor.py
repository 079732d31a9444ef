"""tensor: reshapes are views, the rest moves elements."""

from __future__ import annotations

from l2opt.mlir import ir
from l2opt.passes.ops.traits import Role, Traits

__all__ = ["TABLE"]

_VIEW = Traits(Role.VIEW)
_MOVE = Traits(Role.MOVE)


def _cast(op: ir.Operation) -> Traits:
    return _VIEW if op.operands[0].type == op.results[0].type else _MOVE


TABLE = {
    "tensor.bitcast": _MOVE,
    "tensor.cast": _cast,
    "tensor.collapse_shape": _VIEW,
    "tensor.concat": _MOVE,
    "tensor.empty": Traits(Role.CONSTANT),
    "tensor.expand_shape": _VIEW,
    "tensor.extract_slice": _MOVE,
    "tensor.gather": _MOVE,
    "tensor.insert_slice": _MOVE,
    "tensor.pack": _MOVE,
    "tensor.pad": Traits(Role.PAD),
    "tensor.reshape": Traits(Role.VIEW, parameters="rest"),
    "tensor.scatter": _MOVE,
    "tensor.unpack": _MOVE,
}
