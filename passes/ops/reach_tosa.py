"""tosa: the windows of convolutions and pools, broadcasts, and what moves elements without mixing them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.ops.boxes import Boxes, Ints
from l2opt.passes.ops.reach import Reach, shape_of
from l2opt.passes.ops.reach_tensor import inside, reshape
from l2opt.passes.ops.tosa import TABLE as _TRAITS
from l2opt.passes.ops.traits import Role, Traits, defining_op

__all__ = ["TABLE"]

Found = Mapping[int, Boxes] | None
Range = tuple["Ints | int", "Ints | int"]


def _window(out: tuple[Ints, Ints], stride: int, before: int, reach: int, size: int) -> Range:
    """Of an input of `size` with `before` elements of padding, what `reach` elements from each of `out` can touch."""
    first, end = out[0] * stride - before, (out[1] - 1) * stride - before + reach
    return np.clip(first, 0, size), np.clip(end, 0, size)


def _conv2d(op: ir.Operation, boxes: Boxes) -> Found:
    source, window = shape_of(op.operands[0]), shape_of(op.operands[1])
    if source is None or window is None:
        return None
    (_, height, width, channels), (_, kh, kw, _) = source, window
    rows, columns = _spatial(op, boxes, (kh, kw), (height, width))
    weights = Boxes.of([boxes.dim(3), (0, kh), (0, kw), (0, channels)], boxes.steps)
    return {0: Boxes.of([boxes.dim(0), rows, columns, (0, channels)], boxes.steps), 1: weights}


def _depthwise(op: ir.Operation, boxes: Boxes) -> Found:
    source, window = shape_of(op.operands[0]), shape_of(op.operands[1])
    if source is None or window is None:
        return None
    (_, height, width, _), (kh, kw, _, times) = source, window
    rows, columns = _spatial(op, boxes, (kh, kw), (height, width))
    lo, hi = boxes.dim(3)
    return {0: Boxes.of([boxes.dim(0), rows, columns, (lo // times, (hi - 1) // times + 1)], boxes.steps)}


def _pool(op: ir.Operation, boxes: Boxes) -> Found:
    shape = shape_of(op.operands[0])
    if shape is None:
        return None
    rows, columns = _spatial(op, boxes, tuple(op.attributes["kernel"]), (shape[1], shape[2]))
    return {0: Boxes.of([boxes.dim(0), rows, columns, boxes.dim(3)], boxes.steps)}


def _spatial(op: ir.Operation, boxes: Boxes, kernel: tuple[int, ...], size: tuple[int, int]) -> tuple[Range, Range]:
    """Rows and columns read by a window of shape `kernel`."""
    top, _, left, _ = list(op.attributes["pad"])
    stride = list(op.attributes["stride"])
    dilation = list(op.attributes["dilation"]) if "dilation" in op.attributes else [1, 1]
    reach = [(kernel[d] - 1) * dilation[d] + 1 for d in (0, 1)]
    return (
        _window(boxes.dim(1), stride[0], top, reach[0], size[0]),
        _window(boxes.dim(2), stride[1], left, reach[1], size[1]),
    )


def _elementwise(op: ir.Operation, boxes: Boxes) -> Found:
    """Operands of the result's rank are read at the result's place, in dimensions of one element there."""
    made = shape_of(op.results[0]) or []
    found = {}
    for k, value in enumerate(op.operands):
        shape = shape_of(value)
        if (
            shape is not None
            and len(shape) == boxes.rank
            and all(size in (1, full) for size, full in zip(shape, made, strict=True))
        ):
            ranges = [(0, 1) if size == 1 else boxes.dim(d) for d, size in enumerate(shape)]
            found[k] = Boxes.of([*ranges], boxes.steps)
    return found


def _matmul(op: ir.Operation, boxes: Boxes) -> Found:
    shape = shape_of(op.operands[0])
    if shape is None:
        return None
    inner: Range = (0, shape[2])
    return {
        0: Boxes.of([boxes.dim(0), boxes.dim(1), inner], boxes.steps),
        1: Boxes.of([boxes.dim(0), inner, boxes.dim(2)], boxes.steps),
    }


def _pad(op: ir.Operation, boxes: Boxes) -> Found:
    shape, widths = shape_of(op.operands[0]), _numbers(op.operands[1])
    return None if shape is None or widths is None else {0: inside(boxes, widths[::2], shape)}


def _slice(op: ir.Operation, boxes: Boxes) -> Found:
    start = _numbers(op.operands[1])
    if start is None:
        return None
    return {0: Boxes.of([(lo + s, hi + s) for (lo, hi), s in zip(_dims(boxes), start, strict=True)], boxes.steps)}


def _transpose(op: ir.Operation, boxes: Boxes) -> Found:
    order = list(op.attributes["perms"])
    ranges = [boxes.dim(order.index(d)) for d in range(boxes.rank)]
    return {0: Boxes.of([*ranges], boxes.steps)}


def _reduce(op: ir.Operation, boxes: Boxes) -> Found:
    shape, axis = shape_of(op.operands[0]), op.attributes["axis"].value
    if shape is None:
        return None
    ranges: list[Range] = [(0, size) if d == axis else boxes.dim(d) for d, size in enumerate(shape)]
    return {0: Boxes.of(ranges, boxes.steps)}


def _numbers(value: ir.Value) -> list[int] | None:
    """What a constant shape holds."""
    owner = defining_op(value)
    if owner is None or owner.name != "tosa.const_shape":
        return None
    attribute = owner.attributes["values"]
    return [int(each) for each in attribute] if isinstance(attribute, ir.DenseElementsAttr) else None


def _dims(boxes: Boxes) -> list[tuple[Ints, Ints]]:
    return [boxes.dim(d) for d in range(boxes.rank)]


def _nothing(op: ir.Operation, boxes: Boxes) -> Found:
    return {}


TABLE: dict[str, Reach] = {
    **{
        name: _elementwise
        for name, traits in _TRAITS.items()
        if isinstance(traits, Traits) and traits.role is Role.ELEMENTWISE
    },
    **{f"tosa.reduce_{each}": _reduce for each in "all any max min product sum".split()},
    "tosa.avg_pool2d": _pool,
    "tosa.const": _nothing,
    "tosa.const_shape": _nothing,
    "tosa.conv2d": _conv2d,
    "tosa.depthwise_conv2d": _depthwise,
    "tosa.matmul": _matmul,
    "tosa.max_pool2d": _pool,
    "tosa.pad": _pad,
    "tosa.reshape": reshape,
    "tosa.slice": _slice,
    "tosa.transpose": _transpose,
}
