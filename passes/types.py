"""Bytes of tensors, and what element types `--assume` counts as others. Elements and bits end here."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from l2opt.errors import UsageError
from l2opt.mlir import ir
from l2opt.passes.arena import element_bytes
from l2opt.passes.diagnostics import LocatedError
from l2opt.sizes import MAX_SIZE

__all__ = ["element_width", "parse_assume", "static_tensor", "tensor_bytes"]


def static_tensor(type_: ir.Type, where: ir.Operation | ir.Location) -> ir.RankedTensorType:
    """`type_` as a ranked tensor of static shape; a LocatedError at `where` says what it is instead."""
    if not isinstance(type_, ir.RankedTensorType):
        raise LocatedError(where, f"want values that are tensors of static shape, got {type_}")
    if not type_.has_static_shape:
        raise LocatedError(where, f"want a static shape, got {type_}; give the dynamic dimensions a size first")
    return type_


def tensor_bytes(type_: ir.RankedTensorType, where: ir.Operation | ir.Location, assume: Mapping[str, str]) -> int:
    """Bytes of a tensor laid out element after element, each in a power of two of bytes (i4 takes 1, i48 takes 8)."""
    element = type_.element_type
    counted = ir.Type.parse(assume[str(element)]) if assume and str(element) in assume else element
    try:
        each = element_bytes(counted)
    except ValueError as error:
        raise LocatedError(where, f"element type of {type_}: {error}") from error
    size: int = prod(type_.shape) * each
    if size > MAX_SIZE:
        raise LocatedError(where, f"{type_} takes {size} bytes; want at most 2^62")
    return size


def element_width(type_: ir.Type) -> int:
    """Bits of an element of a tensor or of a scalar; 64 where the type does not say."""
    element = type_.element_type if isinstance(type_, ir.RankedTensorType) else type_
    return int(getattr(element, "width", 64))


def parse_assume(text: str) -> dict[str, str]:
    """`f32=i8,f16=i8` as a mapping. Raises UsageError."""
    pairs = [part.split("=") for part in text.split(",") if part]
    for pair in pairs:
        if len(pair) != 2 or not all(_is_element_type(each) for each in pair):
            raise UsageError(f"assume {text!r}: want pairs of element types such as f32=i8, got {'='.join(pair)!r}")
    return dict(pairs)


def _is_element_type(text: str) -> bool:
    head, digits = text[:1], text[1:].removeprefix("f" if text.startswith("bf") else "")
    return text == "index" or (head in "ifbsu" and digits.lstrip("i").isdigit())
