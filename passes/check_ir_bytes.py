"""Whether a result may lie over an operand at one distance, byte by byte.

Where a body is computed in parts that have gaps (a row of every channel), the ranges around what is read and written
say nothing. So every element that a run of the body writes is marked where it lies, and no element that it reads later
may be marked. Elements of two sizes, or that lie across one another, are not handled: they are said to be unsound.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from l2opt.mlir import func, ir
from l2opt.passes.arena import element_bytes
from l2opt.passes.check_ir_overlap import Numbers, Span, Trace

__all__ = ["reads_before_it_writes"]


def reads_before_it_writes(fn: func.FuncOp, written: int, read: int, above: int) -> bool:
    """Whether `fn` reads nothing of argument `read` that it has written, where that starts `above` bytes above argument
    `written`. LocatedError if the body cannot be followed. O(bytes that it touches).
    """
    target, source = (ir.MemRefType(fn.arguments[each].type) for each in (written, read))
    element = element_bytes(target.element_type)
    if element_bytes(source.element_type) != element or above % element:
        return False
    strides, _ = target.get_strides_and_offset()
    extent = 1 + sum((size - 1) * stride for size, stride in zip(target.shape, strides, strict=True))
    trace = _Marks(fn, written, read, above=above // element, unit=element, marked=np.zeros(extent, np.bool_))
    trace.block(fn.entry_block)
    return trace.sound


@dataclass
class _Marks(Trace):
    """A run that marks the elements written, by their place from the written argument's start."""

    above: int = 0  # elements
    unit: int = 1  # bytes of an element
    marked: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    sound: bool = True
    noted: list[tuple[list[Span], list[Span]]] = field(default_factory=list)
    places: dict[tuple[tuple[int, ...], tuple[int, ...]], Numbers] = field(default_factory=dict)

    def note(self, read: list[Span], written: list[Span]) -> None:
        self.noted.append((read, written))

    def settle(self) -> None:
        noted, self.noted = self.noted, []
        for iteration in range(self.length if self.sound and noted else 0):
            for read, written in noted:
                for span in read:
                    at = self._elements(span, iteration) + self.above
                    self.sound &= not self.marked[at[at < self.marked.size]].any()
                for span in written:
                    self.marked[self._elements(span, iteration)] = True

    def _elements(self, span: Span, iteration: int) -> Numbers:
        """Where the elements of a part are, from the start of its argument."""
        key = span.shape, span.strides
        if key not in self.places:
            found = np.zeros(1, np.int64)
            for size, stride in zip(*key, strict=True):
                found = (found[:, None] + np.arange(size, dtype=np.int64) * (stride // self.unit)).ravel()
            self.places[key] = found
        return self.places[key] + int(span.start[iteration]) // self.unit
