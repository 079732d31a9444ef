"""tensor: pads, slices and reshapes by their static offsets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.ops.boxes import Boxes
from l2opt.passes.ops.reach import Reach, shape_of
from l2opt.passes.ops.scalar import constant_scalar

__all__ = ["TABLE", "inside", "low_widths", "reshape"]


def inside(boxes: Boxes, low: list[int], shape: list[int]) -> Boxes:
    """The part of `boxes` that lies in a tensor of `shape` whose first element is at index `low`."""
    ranges = [
        (np.clip(lo - start, 0, size), np.clip(hi - start, 0, size))
        for (lo, hi), start, size in zip((boxes.dim(d) for d in range(boxes.rank)), low, shape, strict=True)
    ]
    return Boxes.of([*ranges], boxes.steps)


def low_widths(pad: ir.Operation) -> list[int] | None:
    """How many elements a tensor.pad puts before each dimension; None if that is not constant."""
    dynamic = ir.ShapedType.get_dynamic_size()
    given = iter(list(pad.operands)[1:])
    found = [constant_scalar(next(given)) if each == dynamic else each for each in pad.attributes["static_low"]]
    return None if None in found else [int(each) for each in found if each is not None]


def reshape(op: ir.Operation, boxes: Boxes) -> Mapping[int, Boxes] | None:
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    if before is None or after is None:
        return None
    made = boxes.reshaped(after, before)
    return None if made is None else {0: made}


def _pad(op: ir.Operation, boxes: Boxes) -> Mapping[int, Boxes] | None:
    shape, low = shape_of(op.operands[0]), low_widths(op)
    return None if shape is None or low is None else {0: inside(boxes, low, shape)}


def _extract_slice(op: ir.Operation, boxes: Boxes) -> Mapping[int, Boxes] | None:
    shape = shape_of(op.operands[0])
    strides = list(op.attributes["static_strides"])
    if shape is None or len(op.operands) != 1 or len(shape) != boxes.rank:
        return None
    first = list(op.attributes["static_offsets"])
    ranges = [(lo * s + f, (hi - 1) * s + f + 1) for (lo, hi), f, s in zip(_dims(boxes), first, strides, strict=True)]
    return {0: Boxes.of([*ranges], boxes.steps)}


def _dims(boxes: Boxes) -> list[tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], ...]]:
    return [boxes.dim(d) for d in range(boxes.rank)]


def _nothing(op: ir.Operation, boxes: Boxes) -> Mapping[int, Boxes]:
    return {}


TABLE: dict[str, Reach] = {
    "tensor.collapse_shape": reshape,
    "tensor.empty": _nothing,
    "tensor.expand_shape": reshape,
    "tensor.extract_slice": _extract_slice,
    "tensor.pad": _pad,
}
