"""Results that lie over an operand which the call still reads, and when that is sound.

A call may declare `l2.overlap`, arrays (operand written, operand read, distance): the one read starts at least so many
bytes above the one written. What distance the callee really needs is found by following its body, loop by loop and
iteration by iteration: no byte may be read once it can have been written. A body that still computes on tensors, or
none, is taken at its word, if the function is marked with the number of parts that it is to be computed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_effects import Read, Write, effects
from l2opt.passes.check_ir_views import Target, layout_of, stride_bytes
from l2opt.passes.diagnostics import LocatedError

__all__ = ["declared_overlaps", "least_distance"]

_MOST_EVENTS = 1 << 20
_VIEWS = ("memref.cast", "memref.memory_space_cast", "memref.collapse_shape", "memref.expand_shape")
Span = tuple[int, int, int]  # argument, first byte, end


def declared_overlaps(op: ir.Operation) -> dict[tuple[int, int], int]:
    """(Operand written, operand read) -> distance in bytes."""
    if "l2.overlap" not in op.attributes:
        return {}
    attribute = op.attributes["l2.overlap"]
    found: dict[tuple[int, int], int] = {}
    for each in attribute if isinstance(attribute, ir.ArrayAttr) else [attribute]:
        if not isinstance(each, ir.DenseI64ArrayAttr) or len(each) != 3 or min(each) < 0:
            raise LocatedError(op, f"'l2.overlap': want triples such as [array<i64: 1, 0, 64>], got {attribute}")
        written, read, distance = each
        found[written, read] = distance
    return found


def least_distance(fn: func.FuncOp, written: int, read: int) -> int | None:
    """Bytes that argument `read` must start above argument `written` so that `fn` reads nothing that it has written.

    None if the body still computes on tensors, or there is none. LocatedError if it cannot be followed.
    """
    if fn.is_external or any(op.operation.name == "bufferization.to_tensor" for op in fn.entry_block):
        return None
    trace = _Trace(fn, written, read)
    trace.block(fn.entry_block)
    return max(trace.least, 0)


@dataclass
class _Trace:
    """A run of a body, with the numbers that its loops count and without any data."""

    fn: func.FuncOp
    written: int
    read: int
    numbers: dict[ir.Value, int] = field(default_factory=dict)
    end: int = -1  # of what was written so far, from the written argument's start; -1: nothing was
    least: int = 0
    events: int = 0

    def block(self, block: ir.Block) -> None:
        for view in block:
            self._op(view.operation)

    def _op(self, op: ir.Operation) -> None:
        name = op.name
        if name == "scf.for":
            self._loop(op)
        elif name == "arith.constant":
            if isinstance(op.results[0].type, ir.IndexType):
                self.numbers[op.results[0]] = ir.IntegerAttr(op.attributes["value"]).value
        elif name in ("arith.addi", "arith.muli") and isinstance(op.results[0].type, ir.IndexType):
            a, b = (self._number(value) for value in op.operands)
            self.numbers[op.results[0]] = a + b if name == "arith.addi" else a * b
        elif name in _VIEWS or name == "memref.subview" or name == "memref.alloc" or name.endswith(".yield"):
            return
        else:
            self._touch(op)

    def _loop(self, op: ir.Operation) -> None:
        if len(op.results):
            raise LocatedError(op, f"'{op.name}' in a kernel in parts carries values: not understood")
        lower, upper, step = (self._number(value) for value in op.operands)
        body = op.regions[0].blocks[0]
        for number in range(lower, upper, step):
            self.numbers[body.arguments[0]] = number
            self.block(body)

    def _touch(self, op: ir.Operation) -> None:
        """One operation: all that it reads, then what it writes."""
        self.events += 1
        if self.events > _MOST_EVENTS:
            raise LocatedError(op, f"more than {_MOST_EVENTS} steps in a kernel in parts: too many to follow")
        found = [(effect, self._span(effect.value)) for effect in effects(op)]
        reads = [span for effect, span in found if span and span[0] == self.read and effect.read > Read.NONE]
        writes = [span for effect, span in found if span and span[0] == self.written and effect.write > Write.NONE]
        ends = [span[2] for span in writes]
        for _, first, _ in reads:
            self.least = max([self.least, *(end - first for end in (self.end, *ends) if end >= 0)])
        self.end = max([self.end, *ends])

    def _number(self, value: ir.Value) -> int:
        if value not in self.numbers:
            raise LocatedError(value.location, "a number that is not known decides what a kernel in parts touches")
        return self.numbers[value]

    def _span(self, value: ir.Value) -> Span | None:
        """The bytes around what `value` is of an argument; None if it is of none."""
        type_ = value.type
        if isinstance(value, ir.BlockArgument):
            layout = (
                layout_of(type_) if value.owner == self.fn.entry_block and isinstance(type_, ir.MemRefType) else None
            )
            if layout is None:
                return None
            return (value.arg_number, *_extent(0, list(type_.shape), layout[1], type_.element_type))
        op = value.owner.operation
        if op.name in _VIEWS:
            return self._span(op.operands[0])
        if op.name != "memref.subview":
            return None
        return self._part(op)

    def _part(self, op: ir.Operation) -> Span | None:
        around = self._span(op.operands[0])
        if around is None:
            return None
        source = op.operands[0]
        if not isinstance(source, ir.BlockArgument):
            return around  # a part of a part: no more than the part
        type_ = source.type
        layout = layout_of(type_)
        assert layout is not None, "an argument with a span has a layout"
        strides = layout[1]
        given = iter(list(op.operands)[1:])
        dynamic = ir.ShapedType.get_dynamic_stride_or_offset()
        offsets = [self._number(next(given)) if each == dynamic else each for each in op.attributes["static_offsets"]]
        sizes = [self._number(next(given)) if each == dynamic else each for each in op.attributes["static_sizes"]]
        steps = list(op.attributes["static_strides"])
        if dynamic in steps:
            return around
        first = sum(offset * stride for offset, stride in zip(offsets, strides, strict=True))
        scaled = [stride * step for stride, step in zip(strides, steps, strict=True)]
        return (around[0], *_extent(first, sizes, scaled, type_.element_type))


def _extent(first: int, sizes: Sequence[int], strides: Sequence[int], element: ir.Type) -> tuple[int, int]:
    """First byte and end of a strided set of elements; strides in bytes."""
    return Target(0, 0, first, tuple(sizes), tuple(strides), stride_bytes(element)).extent
