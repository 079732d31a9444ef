"""tensor: reshapes are views, the rest moves elements."""

from __future__ import annotations

from l2opt.mlir import ir
from l2opt.passes.ops import moves
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
    "tensor.concat": Traits(Role.MOVE, moves=moves.tensor_concat),
    "tensor.empty": Traits(Role.CONSTANT),
    "tensor.expand_shape": _VIEW,
    "tensor.extract_slice": Traits(Role.MOVE, moves=moves.extract_slice),
    "tensor.gather": _MOVE,
    "tensor.insert_slice": Traits(Role.MOVE, moves=moves.insert_slice, into=1),
    "tensor.pack": _MOVE,
    "tensor.pad": Traits(Role.PAD, moves=moves.tensor_pad),
    "tensor.reshape": Traits(Role.VIEW, parameters="rest"),
    "tensor.scatter": _MOVE,
    "tensor.unpack": _MOVE,
}
