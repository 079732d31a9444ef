"""Results that lie over an operand which the call still reads, and when that is sound.

A call may declare `l2.overlap`, arrays (operand written, operand read, distance): the one read starts at least so many
bytes above the one written. What distance the callee really needs is found by following its body, loop by loop and
iteration by iteration: no byte may be read once it can have been written. A body that still computes on tensors, or
none, is taken at its word, if the function is marked with the number of parts that it is to be computed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_effects import Read, Write, effects
from l2opt.passes.check_ir_views import Target, stride_bytes
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Numbers", "Span", "Trace", "declared_overlaps", "is_followed", "least_distance"]

_MOST_EVENTS = 1 << 22
_NEVER = np.iinfo(np.int64).max // 4
_VIEWS = (
    "memref.cast",
    "memref.collapse_shape",
    "memref.expand_shape",
    "memref.memory_space_cast",
    "memref.subview",
)
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an argument, with a start for each iteration; its bytes are from `low` to `high` after that."""

    argument: int
    start: Numbers  # bytes
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # bytes
    element: int  # bytes
    low: int
    high: int


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


def is_followed(fn: func.FuncOp) -> bool:
    """Whether the body computes on memrefs, so that it shows what is touched when."""
    return not fn.is_external and all(op.operation.name != "bufferization.to_tensor" for op in fn.entry_block)


def least_distance(fn: func.FuncOp, written: int, read: int) -> int:
    """Bytes that argument `read` must start above argument `written` so that `fn` reads nothing that it has written.

    LocatedError if the body cannot be followed.
    """
    trace = Trace(fn, written, read)
    trace.block(fn.entry_block)
    return max(trace.least, 0)


@dataclass
class Trace:
    """A run of a body, with the numbers that its loops count and without any data: what it reads of one argument, and
    writes of another, as the ranges of bytes around that.

    The iterations of an innermost loop are followed together: a number is an array with one element for each of them.
    """

    fn: func.FuncOp
    written: int
    read: int
    numbers: dict[ir.Value, Numbers] = field(default_factory=dict)
    length: int = 1  # iterations that are followed together
    first: list[Numbers] = field(default_factory=list)  # of each operation: where its reads begin; _NEVER: nowhere
    ends: list[Numbers] = field(default_factory=list)  # of each operation: where its writes end; 0: it writes nothing
    end: int = 0  # of all writes so far, from the written argument's start
    least: int = 0
    events: int = 0

    def block(self, block: ir.Block) -> None:
        for view in block:
            self._op(view.operation)
        self.settle()

    def _op(self, op: ir.Operation) -> None:
        name = op.name
        if name == "scf.for":
            self._loop(op)
        elif name == "arith.constant":
            if isinstance(op.results[0].type, ir.IndexType):
                self._bind(op, ir.IntegerAttr(op.attributes["value"]).value)
        elif name in ("arith.addi", "arith.muli") and isinstance(op.results[0].type, ir.IndexType):
            a, b = (self._number(value) for value in op.operands)
            self._bind(op, a + b if name == "arith.addi" else a * b)
        elif not (name in _VIEWS or name == "memref.alloc" or name.endswith(".yield")):
            self._touch(op)

    def _bind(self, op: ir.Operation, number: Numbers | int) -> None:
        self.numbers[op.results[0]] = np.broadcast_to(np.asarray(number, np.int64), (self.length,))

    def _loop(self, op: ir.Operation) -> None:
        """Iteration by iteration; all at once if there is no loop inside."""
        if len(op.results):
            raise LocatedError(op, f"'{op.name}' in a kernel in parts carries values: not understood")
        self.settle()
        bounds = [self._number(value) for value in op.operands]
        if any(each.size != 1 for each in bounds):
            raise LocatedError(op, f"'{op.name}' in a kernel in parts: want bounds that are known")
        body = op.regions[0].blocks[0]
        steps = np.arange(*(int(each[0]) for each in bounds), dtype=np.int64)
        known = dict(self.numbers)
        nested = any(view.operation.name == "scf.for" for view in body)
        for group in np.split(steps, max(1, steps.size)) if nested else [steps]:
            if group.size:
                self.length = group.size
                self.numbers[body.arguments[0]] = group
                self.block(body)
        self.length, self.numbers = 1, known

    def _touch(self, op: ir.Operation) -> None:
        """One operation: all that it reads, then what it writes."""
        self.events += self.length
        if self.events > _MOST_EVENTS:
            raise LocatedError(op, f"more than {_MOST_EVENTS} steps in a kernel in parts: too many to follow")
        if any(isinstance(each.type, ir.MemRefType) for each in op.results) and any(
            isinstance(each.type, ir.MemRefType) and self._start(each) is not None for each in op.operands
        ):
            raise LocatedError(op, f"'{op.name}' of an operand of a kernel in parts: not understood")
        spans = [(effect, self._span(effect.value)) for effect in effects(op)]
        read = [s for effect, s in spans if s is not None and s.argument == self.read and effect.read > Read.NONE]
        made = [s for effect, s in spans if s is not None and s.argument == self.written and effect.write > Write.NONE]
        if read or made:
            self.note(read, made)

    def note(self, read: list[Span], written: list[Span]) -> None:
        """What one operation reads and writes, in each of the iterations that are followed together."""
        first, end = np.full(self.length, _NEVER), np.zeros(self.length, np.int64)
        for span in read:
            first = np.minimum(first, span.start + span.low)
        for span in written:
            end = np.maximum(end, span.start + span.high)
        self.first.append(first)
        self.ends.append(end)

    def settle(self) -> None:
        """Compare each read with all writes up to its operation, iteration by iteration."""
        if not self.first:
            return
        first, ends = (np.stack(each, axis=1).ravel() for each in (self.first, self.ends))
        written = np.maximum(np.maximum.accumulate(ends), self.end)
        # what was never written needs no distance; a read of nothing begins beyond all writes
        self.least = max(self.least, int(np.where(written > 0, written - first, 0).max()))
        self.end = int(written[-1])
        self.first, self.ends = [], []

    def _number(self, value: ir.Value) -> Numbers:
        if value not in self.numbers:
            raise LocatedError(value.location, "a number that is not known decides what a kernel in parts touches")
        return self.numbers[value]

    def _span(self, value: ir.Value) -> Span | None:
        """The part of an argument that `value` is; None if it is of none."""
        found = self._start(value)
        if found is None:
            return None
        argument, start = found
        type_ = ir.MemRefType(value.type)
        strides, _ = type_.get_strides_and_offset()
        if not type_.has_static_shape or type_.get_dynamic_stride_or_offset() in strides:
            raise LocatedError(value.location, f"{type_} of a kernel in parts: want static sizes and strides")
        element = stride_bytes(type_.element_type)
        target = Target(0, 0, 0, tuple(type_.shape), tuple(stride * element for stride in strides), element)
        return Span(argument, start, target.shape, target.strides, element, *target.extent)

    def _start(self, value: ir.Value) -> tuple[int, Numbers] | None:
        """The argument that `value` is a part of, and where in it the part's first element lies, in bytes."""
        if isinstance(value, ir.BlockArgument):
            inside = value.owner == self.fn.entry_block and isinstance(value.type, ir.MemRefType)
            return (value.arg_number, np.zeros(self.length, np.int64)) if inside else None
        op = value.owner.operation
        found = self._start(op.operands[0]) if op.name in _VIEWS else None
        if found is None or op.name != "memref.subview":
            return found
        type_ = ir.MemRefType(op.operands[0].type)
        strides, _ = type_.get_strides_and_offset()
        dynamic = type_.get_dynamic_stride_or_offset()
        given = iter(list(op.operands)[1:])
        start = found[1]
        for offset, stride in zip(op.attributes["static_offsets"], strides, strict=True):
            start = start + (self._number(next(given)) if offset == dynamic else offset) * (
                stride * stride_bytes(type_.element_type)
            )
        return found[0], start
