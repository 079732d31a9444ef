"""Kernels' operations replaced by copies that compute stripe after stripe.

For each step and kernel of a segment: the rows that are new, from slices of what it reads; then, where later kernels
read the value, its window, put together from the halo kept of the step before and the new rows. What is read behind the
segment is the concatenation of all new rows. Slices and concatenations are choices for the planner, which need not move
anything: see `Problem.within`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from l2opt.mlir import func, ir, tensor
from l2opt.passes.move_kernels import KEPT
from l2opt.passes.names import OWN
from l2opt.passes.ops.boxes import Boxes
from l2opt.passes.ops.reach import shape_of
from l2opt.passes.ops.reach_linalg import loop_ranges
from l2opt.passes.ops.traits import defining_op
from l2opt.passes.part import Box, Part, can_rebuild, rebuild
from l2opt.passes.stripe_rows import Body, Formed
from l2opt.plan.stripes import Segment

__all__ = ["arrange", "can_rewrite", "rewrite_stripes"]


def rewrite_stripes(fn: func.FuncOp, formed: Formed, segments: Sequence[Segment]) -> None:
    """Rewrite the segments of `formed`, which was read from `fn` as it is."""
    emissions = [_Emission(formed, segment) for segment in segments]
    for emission in emissions:
        emission.run()
    for emission in emissions:
        emission.replace()
    for body in [formed.bodies[k] for segment in segments[::-1] for k in range(segment.end - 1, segment.first - 1, -1)]:
        assert body is not None
        for op in reversed(body.ops):
            if not any(len(list(result.uses)) for result in op.results):
                op.erase()
    _sort(fn.entry_block, [view.operation for view in fn.entry_block.operations])


def can_rewrite(formed: Formed, segment: Segment) -> bool:
    """Whether each stripe is a part that can be computed: where a reshape joins rows with others only some are, and
    none where an operation would read nothing, as of a border alone."""
    for k in range(segment.first, segment.end):
        body = formed.bodies[k]
        assert body is not None, "a kernel that cannot be cut"
        for first, end in zip(*segment.computed[k], strict=True):
            if end > first:
                found = body.computing(_rows(body.result, segment.dims[k], int(first), int(end)))
                if found is None or any(each.empty.any() for each in found.reads.values()):
                    return False
    return True


def arrange(fn: func.FuncOp, formed: Formed, order: Sequence[int]) -> None:
    """Put the kernels of `fn`, by their numbers in `formed`, in this order."""
    first = [op for k in order for op in formed.members[k]]
    taken = set(first)
    _sort(fn.entry_block, first + [each.operation for each in fn.entry_block.operations if each.operation not in taken])


@dataclass(frozen=True, slots=True)
class _Window:
    """Rows of a value from `first` on, along `dim`."""

    value: ir.Value
    dim: int
    first: int


@dataclass
class _Emission:
    formed: Formed
    segment: Segment
    windows: dict[int, _Window] = field(default_factory=dict)  # of values, as they are now
    halos: dict[int, _Window] = field(default_factory=dict)  # kept for the next window
    made: dict[int, list[ir.Value]] = field(default_factory=dict)  # new rows of all steps

    def __post_init__(self) -> None:
        self.behind = _after(self.formed.members[self.segment.end - 1][-1])

    def run(self) -> None:
        """Emit all steps behind the segment's last operation."""
        for step in range(self.segment.count):
            for k in range(self.segment.first, self.segment.end):
                body = self._body(k)
                with ir.InsertionPoint(self.behind), _maker(body).location:
                    self._new_rows(k, body, step)
                    self._keep_halos(k, step + 1)

    def replace(self) -> None:
        """Let who reads the segment's values read what was made in stripes."""
        for k in range(self.segment.first, self.segment.end):
            body = self._body(k)
            with ir.InsertionPoint(self.behind), _maker(body).location:
                self._replace(k, body)

    def _body(self, k: int) -> Body:
        body = self.formed.bodies[k]
        assert body is not None, "a kernel that cannot be cut"
        return body

    def _new_rows(self, k: int, body: Body, step: int) -> None:
        """What kernel `k` computes in `step`, and the window of its result then."""
        (value,) = self.formed.problem.kernels[k].writes
        dim = self.segment.dims[k]
        first, end = (int(each[step]) for each in self.segment.computed[k])
        parts = [self.halos.pop(value)] if value in self.halos else []
        if end > first:
            new = _Copy(body, self._sources(body), _rows(body.result, dim, first, end)).value(body.result)
            self.made.setdefault(value, []).append(new)
            parts.append(_Window(new, dim, first))
        if value in self.segment.windows and parts:
            whole = parts[0].value if len(parts) == 1 else _concat([each.value for each in parts], dim)
            self.windows[value] = _Window(whole, dim, parts[0].first)

    def _sources(self, body: Body) -> dict[ir.Value, _Window]:
        """What stands for each input: a window of it, or all."""
        return {value: self.windows.get(number, _Window(value, 0, 0)) for value, number in body.inputs.items()}

    def _keep_halos(self, k: int, step: int) -> None:
        """Slices of what kernel `k` was the last to read: what `step` reads again."""
        if step == self.segment.count:
            return
        segment, problem = self.segment, self.formed.problem
        for value in problem.kernels[k].reads:
            if value not in segment.windows or problem.last_reader(value, segment.first, segment.end) != k:
                continue
            window = self.windows[value]
            first, end = int(self.segment.windows[value][0][step]), int(self.segment.windows[value][1][step - 1])
            if end > first:
                box = _rows(window.value, window.dim, first - window.first, end - window.first)
                halo = _cut(window.value, box)
                if halo != window.value:
                    halo.owner.attributes[KEPT] = ir.UnitAttr.get()
                self.halos[value] = _Window(halo, window.dim, first)

    def _replace(self, k: int, body: Body) -> None:
        """Put the result of kernel `k` together, if it is read behind the segment."""
        (value,) = self.formed.problem.kernels[k].writes
        if value not in self.segment.outer:
            return
        parts = self.made[value]
        whole = parts[0] if len(parts) == 1 else _concat(parts, self.segment.dims[k])
        op, maker = defining_op(whole), _maker(body)
        assert op is not None
        if OWN in maker.attributes:
            op.attributes[OWN] = maker.attributes[OWN]
        body.result.replace_all_uses_with(whole)


class _Copy:
    """A kernel's operations on a part of its result."""

    def __init__(self, body: Body, sources: dict[ir.Value, _Window], boxes: Boxes) -> None:
        found = body.computing(boxes)
        assert found is not None, "a kernel that cannot be cut"
        self.body, self.sources, self.iteration = body, sources, found
        self.copies: dict[ir.Value, ir.Value] = {}

    def value(self, value: ir.Value) -> ir.Value:
        """The part of `value` that is needed."""
        if value not in self.copies:
            self.copies[value] = self._made(value)
        return self.copies[value]

    def _made(self, value: ir.Value) -> ir.Value:
        boxes = self.iteration.strict(value)
        if value in self.sources:
            window = self.sources[value]
            return window.value if boxes is None else _cut(window.value, boxes, window)
        op = defining_op(value)
        assert op is not None, "an argument that is no input"
        if op in self.body.free and (boxes is None or boxes.is_every(shape_of(value) or [])):
            return value
        assert boxes is not None, "a value that is not computed in parts"
        return self._part(op, boxes) if can_rebuild(op) else _cut(value, boxes)

    def _part(self, op: ir.Operation, boxes: Boxes) -> ir.Value:
        known = self.iteration.reads
        reads = {k: known[op, k] for k in range(len(op.operands)) if (op, k) in known}
        operands = [self._operand(value, reads.get(k)) for k, value in enumerate(op.operands)]
        ranges = loop_ranges(op, boxes) if op.name.startswith("linalg.") else []
        assert ranges is not None, f"a part of '{op.name}'"
        starts = [first if isinstance(first, int) else int(first[0]) for first, _ in ranges]
        made = rebuild(op, operands, Part(_box(boxes), {k: _box(each) for k, each in reads.items()}, starts))
        copy = defining_op(made)
        if copy is not None and OWN in copy.attributes and made not in operands:
            del copy.attributes[OWN]
        return made

    def _operand(self, value: ir.Value, read: Boxes | None) -> ir.Value:
        """What an operation reads of `value`: of the part that all its readers need."""
        around = self.iteration.strict(value)
        if not isinstance(value.type, ir.RankedTensorType):
            return value
        part = self.value(value)
        if read is None or around is None:
            return part if read is None else _cut(part, read)
        return _cut(part, Boxes(read.lo - around.lo, read.hi - around.lo))


def _cut(value: ir.Value, boxes: Boxes, window: _Window | None = None) -> ir.Value:
    """The slice of `value`, or of the value that it is a window of."""
    box = _box(boxes)
    first = list(box.first)
    if window is not None:
        first[window.dim] -= window.first
    if list(box.sizes) == shape_of(value):
        return value
    type_ = ir.RankedTensorType.get(list(box.sizes), ir.RankedTensorType(value.type).element_type)
    return tensor.ExtractSliceOp(type_, value, [], [], [], first, list(box.sizes), [1] * len(first)).result


def _concat(values: Sequence[ir.Value], dim: int) -> ir.Value:
    shape = shape_of(values[0]) or []
    shape[dim] = sum((shape_of(value) or [])[dim] for value in values)
    type_ = ir.RankedTensorType.get(shape, ir.RankedTensorType(values[0].type).element_type)
    return tensor.ConcatOp(type_, dim, values).result


def _box(boxes: Boxes) -> Box:
    return Box(boxes.lo[0].tolist(), boxes.sizes[0].tolist())


def _rows(value: ir.Value, dim: int, first: int, end: int) -> Boxes:
    return Boxes.of([(first, end) if d == dim else (0, size) for d, size in enumerate(shape_of(value) or [])], 1)


def _maker(body: Body) -> ir.Operation:
    op = defining_op(body.result)
    assert op is not None, "a kernel that computes nothing"
    return op


def _after(op: ir.Operation) -> ir.Operation:
    """The next operation of its block."""
    operations = [each.operation for each in op.block.operations]
    return operations[operations.index(op) + 1]


def _sort(block: ir.Block, wanted: Sequence[ir.Operation]) -> None:
    """Put the operations in the order `wanted`, but each behind those whose results it uses."""
    place = {op: k for k, op in enumerate(wanted)}
    placed: set[int] = set()
    order: list[ir.Operation] = []
    for start in range(len(wanted)):
        todo = [start]
        while todo:
            waits = [each for each in _needed(wanted[todo[-1]], place) if each not in placed]
            if waits:
                todo += waits[:1]
                continue
            k = todo.pop()
            if k not in placed:
                placed.add(k)
                order.append(wanted[k])
    end = [view.operation for view in block.operations][-1]
    for op in order:
        if op != end:
            op.move_before(end)


def _needed(op: ir.Operation, place: dict[ir.Operation, int]) -> list[int]:
    """Where the operations stand that make what `op`, or a region of it, uses."""
    found: dict[int, None] = {}

    def visit(inner: ir.Operation) -> ir.WalkResult:
        for value in inner.operands:
            maker = defining_op(value)
            if maker is not None and maker in place:
                found[place[maker]] = None
        return ir.WalkResult.ADVANCE

    if len(op.regions):
        op.walk(visit)
        found.pop(place[op], None)
    else:
        visit(op)
    return list(found)
