"""A kernel's body rewritten to compute its result in parts, in order, each written when all that it reads was read.

Works on a body of linalg and tensor operations between bufferization.to_tensor and materialize_in_destination. Steps
that differ only in place become one scf.for; borders, where windows are cut, stand before and after it. Each step
computes its part into memory of the engine's own, then copies it to where it belongs. What reads no part of an operand
in particular stays before the first step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from l2opt.mlir import arith, bufferization, func, ir, memref, scf, tensor
from l2opt.passes.iteration import Cut, Iteration, Run
from l2opt.passes.ops.boxes import Boxes, Ints
from l2opt.passes.ops.reach import shape_of
from l2opt.passes.ops.reach_linalg import loop_ranges
from l2opt.passes.ops.traits import defining_op
from l2opt.passes.part import Box, Part, can_rebuild, rebuild

__all__ = ["compute_in_parts"]

_STORE = "bufferization.materialize_in_destination"


def compute_in_parts(fn: func.FuncOp, cut: Cut) -> bool:
    """Rewrite the body; False, and nothing changed, if it cannot be computed like that."""
    *body, _ = [op.operation for op in fn.entry_block.operations]
    stores = [op for op in body if op.name == _STORE]
    if len(stores) != 1:
        return False
    value, target = stores[0].operands
    iteration = Iteration.of(body, value, cut)
    if iteration is None or iteration.strict(value) is None or defining_op(value) is None:
        return False
    if not all(can_rebuild(op) for op, _ in iteration.computed()):
        return False
    for run in iteration.runs():
        with ir.InsertionPoint(stores[0]), stores[0].location:
            _emit(iteration, run, value, target)
    body.remove(stores[0])
    stores[0].erase()
    for op in reversed(body):
        if len(op.results) and not any(len(list(result.uses)) for result in op.results):
            op.erase()
    return True


def _emit(iteration: Iteration, run: Run, value: ir.Value, target: ir.Value) -> None:
    if run.end - run.start == 1:
        _Step(iteration, run, None).store(value, target)
        return
    index = ir.IndexType.get()
    bounds = [arith.ConstantOp(index, ir.IntegerAttr.get(index, each)).result for each in (0, run.end - run.start, 1)]
    loop = scf.ForOp(*bounds)
    with ir.InsertionPoint(loop.body):
        _Step(iteration, run, loop.induction_variable).store(value, target)
        scf.YieldOp([])


@dataclass
class _Step:
    """One step of a run: which one is `number`, or the only one."""

    iteration: Iteration
    run: Run
    number: ir.Value | None
    made: dict[ir.Value, ir.Value] = field(default_factory=dict)
    indices: dict[tuple[int, int], ir.Value] = field(default_factory=dict)

    def store(self, value: ir.Value, target: ir.Value) -> None:
        boxes = self.iteration.boxes[value]
        part = self.value(value)
        if not part.owner.operation.name.startswith("linalg."):  # moved only: hold it back before it is written
            part = bufferization.AllocTensorOp(part.type, [], copy=part).result
        offsets, static, sizes, ones = self._slice(boxes.lo, boxes)
        type_ = _slice_type(target.type, static, sizes)
        view = memref.SubViewOp(type_, target, offsets, [], [], static, sizes, ones).result
        bufferization.MaterializeInDestinationOp(None, part, view, restrict=True, writable=True)

    def value(self, value: ir.Value) -> ir.Value:
        """This step's part of `value`; all of it, if that is what steps read."""
        boxes = self.iteration.strict(value)
        if boxes is None or boxes.is_every(shape_of(value) or []):
            return value
        if value not in self.made:
            op = defining_op(value)
            assert op is not None, "a kernel on memrefs has no tensor arguments"
            if can_rebuild(op):
                self.made[value] = self._part(op, boxes)
            else:
                self.made[value] = self.cut(value, boxes.lo, boxes)
        return self.made[value]

    def operand(self, op: ir.Operation, position: int) -> ir.Value:
        """What `op` reads of an operand in this step."""
        value = op.operands[position]
        boxes = self.iteration.reads.get((op, position))
        if boxes is None:
            return value
        around = self.iteration.strict(value)
        whole = around is None or around.is_every(shape_of(value) or [])
        return self.cut(self.value(value), boxes.lo if whole or around is None else boxes.lo - around.lo, boxes)

    def sizes(self, boxes: Boxes) -> list[int]:
        return [int(each) for each in boxes.sizes[self.run.start]]

    def cut(self, value: ir.Value, starts: Ints, boxes: Boxes) -> ir.Value:
        """The slice of `value` of the size of `boxes` from `starts` on."""
        if self.sizes(boxes) == shape_of(value):
            return value
        offsets, static, sizes, ones = self._slice(starts, boxes)
        type_ = ir.RankedTensorType.get(sizes, ir.RankedTensorType(value.type).element_type)
        return tensor.ExtractSliceOp(type_, value, offsets, [], [], static, sizes, ones).result

    def _slice(self, starts: Ints, boxes: Boxes) -> tuple[list[ir.Value], list[int], list[int], list[int]]:
        """Dynamic offsets, static offsets, sizes and strides of a slice."""
        found = [self.index(starts[:, d]) for d in range(boxes.rank)]
        dynamic = ir.ShapedType.get_dynamic_stride_or_offset()
        static = [each if isinstance(each, int) else dynamic for each in found]
        return [each for each in found if not isinstance(each, int)], static, self.sizes(boxes), [1] * boxes.rank

    def index(self, starts: Ints) -> int | ir.Value:
        """The number that `starts` has for this step."""
        base = int(starts[self.run.start])
        step = int(starts[self.run.start + 1]) - base if self.number is not None else 0
        if not step:
            return base
        if (base, step) not in self.indices:
            index = ir.IndexType.get()
            factor, first = (arith.ConstantOp(index, ir.IntegerAttr.get(index, each)).result for each in (step, base))
            scaled = arith.MulIOp(self.number, factor).result
            self.indices[base, step] = arith.AddIOp(scaled, first).result
        return self.indices[base, step]

    def _part(self, op: ir.Operation, boxes: Boxes) -> ir.Value:
        operands = [self.operand(op, k) for k in range(len(op.operands))]
        ranges = loop_ranges(op, boxes) if op.name.startswith("linalg.") else []
        assert ranges is not None, f"steps of '{op.name}'"
        starts = [first if isinstance(first, int) else self.index(first) for first, _ in ranges]
        known = self.iteration.reads
        reads = {k: self._box(known[op, k]) for k in range(len(op.operands)) if (op, k) in known}
        return rebuild(op, operands, Part(self._box(boxes), reads, starts, allocates=True))

    def _box(self, boxes: Boxes) -> Box:
        return Box(boxes.lo[self.run.start].tolist(), self.sizes(boxes))


def _slice_type(whole: ir.Type, offsets: Sequence[int], sizes: Sequence[int]) -> ir.MemRefType:
    """The type of the slice of a memref of type `whole`."""
    type_ = ir.MemRefType(whole)
    strides, first = type_.get_strides_and_offset()
    dynamic = ir.ShapedType.get_dynamic_stride_or_offset()
    at = dynamic
    if dynamic not in (*offsets, first):
        at = first + sum(offset * stride for offset, stride in zip(offsets, strides, strict=True))
    layout = ir.StridedLayoutAttr.get(at, strides)
    return ir.MemRefType.get(list(sizes), type_.element_type, layout, type_.memory_space)
