"""One operation computed on a part of its result: a copy of it on parts of its operands.

A part is a box of the result; `ops.reach` says which boxes of the operands it reads, and these are what the copy gets.
Where a part begins may be a value of the program, that of a loop; its sizes are numbers, and so is all that a border
depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from l2opt.mlir import arith, bufferization, ir, linalg, tensor, tosa
from l2opt.passes.ops import Role, traits_of
from l2opt.passes.ops.moves import constant_shape
from l2opt.passes.ops.reach_tensor import low_widths

__all__ = ["Box", "Part", "can_rebuild", "rebuild"]

Start: TypeAlias = "int | ir.Value"


@dataclass(frozen=True, slots=True)
class Box:
    """Elements from `first` on, so many in each dimension."""

    first: Sequence[int]
    sizes: Sequence[int]


@dataclass(frozen=True, slots=True)
class Part:
    """What is computed, what is read for it, and from which index on every loop runs.

    `box` and `reads` are those of one step where many are computed alike; `starts` is for all.
    """

    box: Box
    reads: Mapping[int, Box]  # by operand
    starts: Sequence[Start] = ()  # of a linalg operation: for each loop
    allocates: bool = False  # what is made of nothing must be memory of its own

    def type(self, op: ir.Operation) -> ir.RankedTensorType:
        """The type of the part of the result of `op`."""
        return ir.RankedTensorType.get(list(self.box.sizes), ir.RankedTensorType(op.results[0].type).element_type)


def can_rebuild(op: ir.Operation) -> bool:
    """Whether `rebuild` knows the operation."""
    if op.name == "tensor.pad":
        return len(list(op.regions[0].blocks[0].operations)) == 1  # the value comes from outside
    return op.name.startswith("linalg.") or op.name in _OTHERS or _is_elementwise(op)


def rebuild(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    """The part of the result of `op`, at the insertion point. `operands`: cut to what is read, where `part` says so."""
    if op.name in _OTHERS:
        return _OTHERS[op.name](op, operands, part)
    new = _clone(op, operands, part)
    if op.name == "linalg.generic":
        _shift_indices(new, part.starts)
    return new.results[0]


def _is_elementwise(op: ir.Operation) -> bool:
    return op.name.startswith("tosa.") and traits_of(op).role is Role.ELEMENTWISE


def _clone(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Operation:
    new = op.clone(ir.InsertionPoint.current)
    for k, each in enumerate(operands):
        new.operands[k] = each
    new.results[0].set_type(part.type(op))
    return new


def _same(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    return _clone(op, operands, part).results[0]


def _shift_indices(op: ir.Operation, starts: Sequence[Start]) -> None:
    """Let the body of `op` see the loops' numbers as they are in the whole."""
    for inner in [inner.operation for inner in op.regions[0].blocks[0].operations]:
        if inner.name != "linalg.index":
            continue
        start = starts[inner.attributes["dim"].value]
        if isinstance(start, int) and start == 0:
            continue
        with ir.InsertionPoint(op), op.location:
            index = ir.IndexType.get()
            first = (
                arith.ConstantOp(index, ir.IntegerAttr.get(index, start)).result if isinstance(start, int) else start
            )
        with ir.InsertionPoint.after(inner), inner.location:
            shifted = arith.AddIOp(inner.results[0], first)
        inner.results[0].replace_all_uses_except(shifted.result, shifted.operation)


def _empty(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    return _nothing(part.type(op), part)


def _nothing(type_: ir.RankedTensorType, part: Part) -> ir.Value:
    if part.allocates:
        return bufferization.AllocTensorOp(type_, []).result
    return tensor.EmptyOp(list(type_.shape), type_.element_type).result


def _pad(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    """The part's own border; nothing but border where it lies outside of the operand."""
    type_ = part.type(op)
    if 0 in part.reads[0].sizes:
        return linalg.fill(_border(op), outs=[_nothing(type_, part)])
    before = low_widths(op)
    assert before is not None, "a pad of known widths"
    low, high = _borders(part, before)
    if not any(low) and not any(high):
        return operands[0]
    new = tensor.PadOp(type_, operands[0], [], [], low, high)
    index, rank = ir.IndexType.get(), type_.rank
    with ir.InsertionPoint(new.regions[0].blocks.append(*[index] * rank, arg_locs=[op.location] * rank)):
        tensor.YieldOp(_border(op))
    return new.result


def _borders(part: Part, before: Sequence[int]) -> tuple[list[int], list[int]]:
    """Elements before and behind what the part reads of a pad's operand, which has `before` before it as a whole."""
    read, box = part.reads[0], part.box
    low = [int(a) + b - int(c) for a, b, c in zip(read.first, before, box.first, strict=True)]
    high = [int(size) - int(taken) - first for size, taken, first in zip(box.sizes, read.sizes, low, strict=True)]
    return low, high


def _border(pad: ir.Operation) -> ir.Value:
    """The value of a pad's border."""
    return list(pad.regions[0].blocks[0].operations)[-1].operands[0]


def _extract_slice(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    strides = list(op.attributes["static_strides"])
    if set(strides) == {1}:
        return operands[0]
    type_ = part.type(op)
    zeros = [0] * type_.rank
    return tensor.ExtractSliceOp(type_, operands[0], [], [], [], zeros, list(type_.shape), strides).result


def _reshape(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    """The same elements, through one dimension."""
    type_ = part.type(op)
    flat = operands[0]
    rank = ir.RankedTensorType(flat.type).rank
    if rank > 1:
        line = ir.RankedTensorType.get([prod(type_.shape)], type_.element_type)
        flat = tensor.CollapseShapeOp(line, flat, [list(range(rank))]).result
    if type_.rank == 1:
        return flat
    return tensor.ExpandShapeOp(type_, flat, [list(range(type_.rank))], [], list(type_.shape)).result


def _first(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    return operands[0]


def _window(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    """A convolution or pool whose padding is what its windows reach beyond the operand."""
    new = _clone(op, operands, part)
    before = list(op.attributes["pad"])[::2]
    stride = list(op.attributes["stride"])
    dilation = list(op.attributes["dilation"]) if "dilation" in op.attributes else [1, 1]
    kernel = _kernel(op)
    whole = ir.RankedTensorType(op.operands[0].type).shape
    pads: list[int] = []
    for d in (0, 1):
        first = int(part.box.first[d + 1]) * stride[d] - before[d]
        reach = (int(part.box.sizes[d + 1]) - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1
        pads += [max(0, -first), max(0, first + reach - whole[d + 1])]
    new.attributes["pad"] = ir.DenseI64ArrayAttr.get(pads)
    return new.results[0]


def _kernel(op: ir.Operation) -> list[int]:
    """Rows and columns of a window."""
    if "kernel" in op.attributes:
        return list(op.attributes["kernel"])
    shape = ir.RankedTensorType(op.operands[1].type).shape
    return list(shape[:2]) if op.name == "tosa.depthwise_conv2d" else list(shape[1:3])


def _tosa_pad(op: ir.Operation, operands: Sequence[ir.Value], part: Part) -> ir.Value:
    widths = constant_shape(op.operands[1])
    assert widths is not None, "a pad of known widths"
    low, high = _borders(part, widths[::2])
    if not any(low) and not any(high):
        return operands[0]
    listed = [each for pair in zip(low, high, strict=True) for each in pair]
    return _clone(op, [operands[0], _shape(listed), operands[2]], part).results[0]


def _shape(numbers: Sequence[int]) -> ir.Value:
    """A tosa.const_shape."""
    index = ir.IndexType.get()
    listed = ir.DenseElementsAttr.get([ir.IntegerAttr.get(index, each) for each in numbers], _line(len(numbers)))
    return tosa.ConstShapeOp(ir.Type.parse(f"!tosa.shape<{len(numbers)}>"), listed).result


def _line(count: int) -> ir.RankedTensorType:
    return ir.RankedTensorType.get([count], ir.IndexType.get())


_OTHERS: dict[str, Callable[[ir.Operation, Sequence[ir.Value], Part], ir.Value]] = {
    "tensor.collapse_shape": _reshape,
    "tensor.concat": _same,
    "tensor.empty": _empty,
    "tensor.expand_shape": _reshape,
    "tensor.extract_slice": _extract_slice,
    "tensor.pad": _pad,
    "tosa.avg_pool2d": _window,
    "tosa.concat": _same,
    "tosa.conv2d": _window,
    "tosa.depthwise_conv2d": _window,
    "tosa.matmul": _same,
    "tosa.max_pool2d": _window,
    "tosa.pad": _tosa_pad,
    **{f"tosa.reduce_{each}": _same for each in "all any max min product sum".split()},
    "tosa.reshape": _reshape,
    "tosa.slice": _first,
    "tosa.transpose": _same,
}
