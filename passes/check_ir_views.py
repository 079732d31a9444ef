"""Exactly which bytes a memref value names: root views of an arena, and what is derived from them.

A `Target` is a strided set of bytes at absolute positions. The aligned pointer that a memref carries (`base`) is kept
apart from its offset, since `reinterpret_cast` and `extract_strided_metadata` start again from it. Where a subview's
offset, size or stride is only known at run time, the target is all of its source's bytes and no longer exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from l2opt.mlir import ir
from l2opt.passes.diagnostics import LocatedError

__all__ = ["VIEW_OPS", "Target", "constant_index", "derive", "layout_of", "stride_bytes"]

_SAME_BYTES = {
    "memref.assume_alignment",
    "memref.cast",
    "memref.collapse_shape",
    "memref.distinct_objects",
    "memref.expand_shape",
    "memref.memory_space_cast",
    "memref.reshape",
    "memref.transpose",
}
VIEW_OPS = _SAME_BYTES | {"memref.extract_strided_metadata", "memref.reinterpret_cast", "memref.subview", "memref.view"}


@dataclass(frozen=True, slots=True)
class Target:
    """Bytes that a value names, all of them inside one root."""

    root: int  # which logical buffer
    base: int  # bytes; where the memref's aligned pointer is
    offset: int  # bytes, from base to the first element
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # bytes
    element: int  # bytes
    exact: bool = True  # False: some of these bytes, which ones is known at run time only

    @property
    def start(self) -> int:
        """Where the first element is."""
        return self.base + self.offset

    @property
    def extent(self) -> tuple[int, int]:
        """First byte and one past the last; equal when there is none."""
        start = self.base + self.offset
        if 0 in self.shape:
            return start, start
        spans = [(size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True)]
        low = sum(span for span in spans if span < 0)
        return start + low, start + sum(span for span in spans if span > 0) + self.element

    def same_bytes(self, other: Target) -> bool:
        """Whether element i of one is element i of the other. A stride along a single element moves nothing."""
        return (
            self.exact
            and other.exact
            and self.base + self.offset == other.base + other.offset
            and (self.shape, self.element) == (other.shape, other.element)
            and all(
                size == 1 or stride == own
                for size, stride, own in zip(self.shape, other.strides, self.strides, strict=True)
            )
        )


def derive(op: ir.Operation, source: Target) -> Target:
    """The target of the first result of the view-like `op` on `source`. LocatedError where it cannot be known."""
    name = op.name
    if name in _SAME_BYTES:
        return source
    if name == "memref.view":
        return _byte_view(op, source)
    type_ = op.results[0].type
    layout = layout_of(type_)
    if layout is None:
        if name == "memref.subview":
            return replace(source, exact=False)
        raise LocatedError(op, f"'{name}' of an arena's bytes with a layout known at run time only: want a static one")
    offset, strides = layout
    return Target(source.root, source.base, offset, tuple(type_.shape), strides, stride_bytes(type_.element_type))


def layout_of(type_: ir.MemRefType) -> tuple[int, tuple[int, ...]] | None:
    """Offset and strides in bytes; None if something in the type is dynamic, or its layout is not strided."""
    if not type_.has_static_shape:
        return None
    try:
        strides, offset = type_.get_strides_and_offset()
    except RuntimeError:
        return None
    dynamic = type_.get_dynamic_stride_or_offset()
    if offset == dynamic or dynamic in strides:
        return None
    element = stride_bytes(type_.element_type)
    return offset * element, tuple(stride * element for stride in strides)


def constant_index(value: ir.Value) -> int | None:
    """The value of an `arith.constant`, or None."""
    owner = None if isinstance(value.owner, ir.Block) else value.owner.operation
    if owner is None or owner.name != "arith.constant":
        return None
    return int(ir.IntegerAttr(owner.attributes["value"]).value)


def stride_bytes(type_: ir.Type) -> int:
    """Bytes between neighbouring elements, by LLVM's rules: what holds the bits, rounded up to a power of two."""
    if isinstance(type_, ir.ComplexType):
        return 2 * stride_bytes(type_.element_type)
    if isinstance(type_, ir.VectorType):
        *rows, last = type_.shape or [1]
        bits = last * _bits(type_.element_type)
        return int(prod(rows)) * _round_up(bits)
    return _round_up(_bits(type_))


def _bits(type_: ir.Type) -> int:
    if isinstance(type_, ir.IndexType):
        return 64
    if isinstance(type_, (ir.IntegerType, ir.FloatType)):
        return int(type_.width)
    raise LocatedError(ir.Location.unknown(type_.context), f"element type {type_}: want integers, floats or indices")


def _round_up(bits: int) -> int:
    size = 1
    while 8 * size < bits:
        size *= 2
    return size


def _byte_view(op: ir.Operation, source: Target) -> Target:
    """`memref.view` of bytes: a new contiguous memref at a byte shift from the source's aligned pointer."""
    shift = constant_index(op.operands[1])
    layout = layout_of(op.results[0].type)
    if shift is None or layout is None:
        raise LocatedError(op, "'memref.view' with a shift or size known at run time only: want constants")
    type_ = op.results[0].type
    base = source.base + shift
    return Target(source.root, base, 0, tuple(type_.shape), layout[1], stride_bytes(type_.element_type), source.exact)
