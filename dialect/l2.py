"""Python classes of the dialect's operations. Named after the namespace, so that MLIR finds them when iterating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from l2opt.mlir import ir, site

__all__ = ["BufferOp", "CopyOp", "KernelOp", "MemoryOp", "PlacementOp", "ValueOp", "ViewOp"]

T = TypeVar("T", bound="_Op")


@site.register_dialect
class _Dialect(ir.Dialect):  # type: ignore[misc]  # the bindings' Dialect is untyped
    DIALECT_NAMESPACE = "l2"


class _Op(ir.OpView):  # type: ignore[misc]  # and so is its OpView
    """What the classes share: creation at the insertion point, and attributes by name as Python values."""

    OPERATION_NAME: ClassVar[str]

    @classmethod
    def make(cls: type[T], operands: Sequence[ir.Value], results: Sequence[ir.Type], **attributes: Any) -> T:
        """The operation at the current insertion point and location; ints become i64, strings and types attributes."""
        made = ir.Operation.create(
            cls.OPERATION_NAME,
            results=list(results),
            operands=list(operands),
            attributes={key.rstrip("_"): _attribute(value) for key, value in attributes.items()},
        )
        return cls(made)

    def integer(self, name: str) -> int:
        return int(ir.IntegerAttr(self.attributes[name]).value)

    def string(self, name: str) -> str:
        return str(ir.StringAttr(self.attributes[name]).value)

    def type_of(self, name: str) -> ir.Type:
        return ir.TypeAttr(self.attributes[name]).value


def _attribute(value: Any) -> ir.Attribute:
    if isinstance(value, int):
        return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)
    if isinstance(value, str):
        return ir.StringAttr.get(value)
    if isinstance(value, ir.Type):
        return ir.TypeAttr.get(value)
    assert isinstance(value, ir.Attribute), f"no attribute from {value!r}"
    return value


def _ref() -> ir.Type:
    return ir.Type.parse("!l2.ref")


@site.register_operation(_Dialect)
class MemoryOp(_Op):
    """`l2.memory`: a memory that arenas lie in."""

    OPERATION_NAME = "l2.memory"

    @property
    def capacity(self) -> int | None:
        """Bytes; None where the memory is unbounded."""
        return self.integer("capacity") if "capacity" in self.attributes else None


@site.register_operation(_Dialect)
class BufferOp(_Op):
    """`l2.buffer`: declares a buffer."""

    OPERATION_NAME = "l2.buffer"

    @classmethod
    def declare(cls, kind: str, size: int, holds: ir.Type, source: ir.Value | None = None, **more: Any) -> BufferOp:
        """A buffer of `size` bytes that holds a tensor of type `holds`."""
        return cls.make([source] if source is not None else [], [_ref()], kind=kind, bytes=size, holds=holds, **more)


@site.register_operation(_Dialect)
class ViewOp(_Op):
    """`l2.view`: a buffer that is part of another."""

    OPERATION_NAME = "l2.view"

    @classmethod
    def of(cls, source: ir.Value, offset: int, size: int, holds: ir.Type, **more: Any) -> ViewOp:
        """`size` bytes of `source`, the first at byte `offset`, as a tensor of type `holds`."""
        return cls.make([source], [_ref()], offset=offset, bytes=size, holds=holds, **more)

    def dimensions(self, name: str) -> tuple[int, ...] | None:
        """`starts`, `sizes` or `steps` of the region of its source that it is; None where it is all of it."""
        return tuple(ir.DenseI64ArrayAttr(self.attributes[name])) if name in self.attributes else None


@site.register_operation(_Dialect)
class KernelOp(_Op):
    """`l2.kernel`: one step."""

    OPERATION_NAME = "l2.kernel"

    @classmethod
    def call(cls, callee: str, reads: Sequence[ir.Value], writes: Sequence[ir.Value], **more: Any) -> KernelOp:
        """A call of the tensor function `callee`, its arguments from `reads`, its results into `writes`."""
        segments = ir.DenseI32ArrayAttr.get([len(reads), len(writes)])
        symbol = ir.FlatSymbolRefAttr.get(callee)
        return cls.make([*reads, *writes], [], callee=symbol, operandSegmentSizes=segments, **more)

    @property
    def callee(self) -> str:
        return str(ir.FlatSymbolRefAttr(self.attributes["callee"]).value)

    @property
    def split(self) -> int:
        """How many operands are read; the rest are written."""
        return int(ir.DenseI32ArrayAttr(self.attributes["operandSegmentSizes"])[0])

    @property
    def reads(self) -> list[ir.Value]:
        return list(self.operation.operands)[: self.split]

    @property
    def writes(self) -> list[ir.Value]:
        return list(self.operation.operands)[self.split :]


@site.register_operation(_Dialect)
class PlacementOp(_Op):
    """`l2.placement`: where a buffer is during some steps."""

    OPERATION_NAME = "l2.placement"


@site.register_operation(_Dialect)
class CopyOp(_Op):
    """`l2.copy`: a transfer of a whole buffer between memories."""

    OPERATION_NAME = "l2.copy"


@site.register_operation(_Dialect)
class ValueOp(_Op):
    """`l2.value`: the tensor that a buffer holds at the end."""

    OPERATION_NAME = "l2.value"
