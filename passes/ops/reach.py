"""What each operation reads to compute a part of its result: one table a dialect, which a user can extend or restrict.

    from l2opt.passes.ops import reach
    reach.register("mydialect.conv", lambda op, boxes: {0: ...})
    reach.register("tosa.resize", None)         # its result never overlaps its operand

An entry is a function of an operation with one result, and of the boxes of the result that are computed step by step;
it gives the boxes of the operands that each step reads. An operand that it leaves out may be read anywhere, at any
time. Without an entry, or where the entry gives None, nothing is known: no operand of the kernel overlaps its result.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.ops.boxes import Boxes

__all__ = ["Reach", "boxes_read", "register", "shape_of"]

Reach = Callable[[ir.Operation, Boxes], "Mapping[int, Boxes] | None"]

_DIALECTS = {
    "linalg": "l2opt.passes.ops.reach_linalg",
    "tensor": "l2opt.passes.ops.reach_tensor",
    "tosa": "l2opt.passes.ops.reach_tosa",
}
_EXTENSIONS: dict[str, Reach | None] = {}


def register(name: str, reach: Reach | None) -> None:
    """Say what the operation `name` reads; None: its result never overlaps an operand."""
    _EXTENSIONS[name] = reach


def boxes_read(op: ir.Operation, boxes: Boxes) -> Mapping[int, Boxes] | None:
    """The boxes of `op`'s operands that it reads to compute `boxes` of its result; None if that is not known."""
    name = op.name
    if name in _EXTENSIONS:
        found = _EXTENSIONS[name]
    else:
        dialect = name.partition(".")[0]
        found = _table(_DIALECTS[dialect]).get(name) if dialect in _DIALECTS else None
    read = None if found is None else found(op, boxes)
    if read is None or not boxes.empty.any():
        return read
    kept = np.where(boxes.empty, 0, 1)[:, None]  # what computes nothing reads nothing
    return {k: Boxes(each.lo * kept, each.hi * kept) for k, each in read.items()}


def shape_of(value: ir.Value) -> list[int] | None:
    """The shape of a static tensor; None for any other value."""
    type_ = value.type
    if not isinstance(type_, ir.RankedTensorType) or not type_.has_static_shape:
        return None
    return list(type_.shape)


@cache
def _table(module: str) -> Any:
    """The table of one dialect, imported when first needed."""
    return importlib.import_module(module).TABLE
