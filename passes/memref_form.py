"""The way in for bufferized programs: allocations are the buffers, the operations of the entry block the steps.

`extract_memref` states the problem, `apply_memref` writes a plan for it onto the allocations (`l2.placements`), one for
each place of those that move (see `memref_moves`), and `materialize_memref` replaces them by views of the arenas.
Between the first two the IR must stay as it is. Arguments and globals stay where they are, but may have copies in L2
(see `memref_shared`) where that saves traffic or steps need them there; constants where they are wanted there.
Allocations that cannot be followed (see `memref_program`) stay too: these count as traffic with DDR.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from l2opt.mlir import func, ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.memref_effects import is_memref
from l2opt.passes.memref_in_place import IN_PLACE, in_place_operands
from l2opt.passes.memref_materialize import PLACEMENTS, materialize_memref, placement_of, planned_allocs
from l2opt.passes.memref_moves import Mover, movable
from l2opt.passes.memref_objects import Home, Object
from l2opt.passes.memref_order import reorder
from l2opt.passes.memref_program import Program, read_program
from l2opt.passes.memref_shared import Shared, enters, shared_of
from l2opt.passes.memref_steps import Step, steps_of
from l2opt.passes.operands import Operands
from l2opt.plan import Buffer, Copy, InPlace, Kernel, Kind, Memory, Placement, Plan, Problem

__all__ = ["apply_memref", "extract_memref", "is_memref_level", "materialize_memref", "memref_steps", "planned_bytes"]


def is_memref_level(fn: func.FuncOp) -> bool:
    """Whether `fn` works on memrefs, and not on buffers of the l2 dialect."""
    found = any(is_memref(argument) for argument in fn.arguments)
    for view in fn.entry_block:
        if view.operation.name.startswith("l2."):
            return False
        found = found or any(is_memref(result) for result in view.operation.results)
    return found


def extract_memref(
    fn: func.FuncOp,
    l2: Memory,
    ddr: Memory,
    io: str,
    weights: str = "ddr",
    operands: Operands = Operands.ANYWHERE,
) -> Problem:
    """The problem that `fn` states; `io=ddr` keeps the allocations that it returns in DDR, `weights=l2` wants constants
    in L2 while they are used, `operands` what steps use then. May raise LocatedError."""
    program = read_program(fn)
    _check_alignments(program, max(l2.alignment, ddr.alignment))
    steps = steps_of(program)
    _check_first_reads(program, steps)
    state = ir.AsmState(fn.operation)
    shared = shared_of(program, steps)
    facts = _Facts(program, steps, shared, movable(program, steps, shared.staged), io, operands)
    buffers = tuple(facts.buffer(index, each, each.value.get_name(state)) for index, each in enumerate(program.objects))
    if weights == "l2":
        read = {index for step in steps for index in step.reads}
        buffers = tuple(_in_l2(b, program.objects[k]) if k in read else b for k, b in enumerate(buffers))
    if operands is not Operands.ANYWHERE:
        _check_reachable(facts, buffers)
    staged = [index for index, buffer in enumerate(buffers) if buffer.external and buffer.staged]
    kernels = tuple(_kernel(index, step, shared, staged) for index, step in enumerate(steps))
    in_place = tuple(
        InPlace(f"k{k}", *(f"b{program.points_to[step.op.operands[operand]][0]}" for operand in (read, written)))
        for k, step in enumerate(steps)
        for written, read in in_place_operands(program, step)
    )
    needed = operands is not Operands.ANYWHERE
    return Problem(kernels, buffers, l2, ddr, in_place, function=fn.sym_name.value, operands_in_l2=needed)


def memref_steps(fn: func.FuncOp) -> list[ir.Operation]:
    """The operations that are the kernels of the problem that `fn` states, in their order."""
    return [step.op for step in steps_of(read_program(fn))]


def apply_memref(fn: func.FuncOp, problem: Problem, plan: Plan) -> None:
    """Writes `plan`, made for the problem extracted from `fn`, into `fn`: order, copies and placements."""
    program = read_program(fn)
    assert len(program.objects) == len(problem.buffers), "the IR changed since the problem was extracted"
    position = {kernel.id: index for index, kernel in enumerate(problem.kernels)}
    order = [position[id_] for id_ in plan.order]
    steps = steps_of(program)
    ops = [steps[index].op for index in order]
    if order != sorted(order):
        reorder(fn, ops)
    for step in steps:
        _declare_in_place(program, step, plan)
    moving: dict[int, tuple[Placement, ...]] = {}
    for index, each in enumerate(program.objects):
        placements = plan.placements[f"b{index}"]
        if each.home is Home.PLANNED and len(placements) == 1:
            _place(each.value.owner, placements[0])
        elif placements:
            moving[index] = placements
    staged = {index for index, buffer in enumerate(problem.buffers) if buffer.staged}
    mover = Mover(fn, program, moving, staged)
    mover.run(ops, _copies(problem, plan))
    for alloc, placement in mover.placed():
        _place(alloc, placement)


def _declare_in_place(program: Program, step: Step, plan: Plan) -> None:
    """Says on the operation what of it was taken."""
    pairs = []
    for written, read in in_place_operands(program, step):
        target, source = (f"b{program.points_to[step.op.operands[operand]][0]}" for operand in (written, read))
        if target in plan.aliases and plan.aliases[target].buffer == source:
            pairs.append(ir.DenseI64ArrayAttr.get([written, read]))
    if pairs:
        step.op.attributes[IN_PLACE] = ir.ArrayAttr.get(pairs)


def _copies(problem: Problem, plan: Plan) -> dict[int, list[tuple[int, Copy]]]:
    """Step -> indices of objects with their copies just before it. Constants pinned to L2 come when they are used."""
    found: dict[int, list[tuple[int, Copy]]] = {}
    pinned = [
        Copy(buffer.id, "DDR", "L2", place.start, buffer.size)
        for buffer in problem.buffers
        if buffer.kind is Kind.CONSTANT and not buffer.external
        for place in plan.placements[buffer.id]
    ]
    for copy in (*plan.copies, *pinned):
        found.setdefault(copy.step, []).append((int(copy.buffer.removeprefix("b")), copy))
    return found


def _place(alloc: ir.Operation, placement: Placement) -> None:
    alloc.attributes[PLACEMENTS] = ir.ArrayAttr.get([_attribute(placement)])


def planned_bytes(fn: func.FuncOp) -> dict[str, int]:
    """Bytes that the placements need, a memory each."""
    used: dict[str, int] = {}
    for alloc, size in planned_allocs(fn):
        memory, offset = placement_of(alloc)
        used[memory] = max(used.get(memory, 0), offset + size)
    return used


def _check_alignments(program: Program, alignment: int) -> None:
    for each in program.planned():
        attributes = each.value.owner.attributes
        wanted = attributes["alignment"].value if "alignment" in attributes else 1
        if alignment % wanted:
            raise LocatedError(
                each.value.owner, f"allocation aligned to {wanted} B; offsets are aligned to {alignment} B"
            )


def _check_first_reads(program: Program, steps: list[Step]) -> None:
    """What the function allocates must be written before it is read."""
    written = {index for index, each in enumerate(program.objects) if each.home is not Home.PLANNED}
    for step in steps:
        for index in step.reads:
            if index not in written and index not in step.writes:
                made = program.objects[index].value.owner
                raise LocatedError(step.op, "it reads an allocation that nothing has written", [(made, "made here")])
        written.update(step.writes)


@dataclass
class _Facts:
    """What is known of a program when its buffers are declared."""

    program: Program
    steps: list[Step]
    shared: Shared
    moves: set[int]
    io: str
    operands: Operands

    def __post_init__(self) -> None:
        self.written = {index for step in self.steps for index in step.writes}

    def buffer(self, index: int, each: Object, name: str) -> Buffer:
        id_, moves = f"b{index}", index in self.moves
        if each.home in (Home.ARGUMENT, Home.GLOBAL):
            kind = self._kind(index, each)
            constant = kind is Kind.CONSTANT
            staged = moves and (not constant or self.operands is Operands.ALL)
            whole = not moves or (constant and each.shared and not staged)
            return Buffer(id_, each.bytes, kind, name, external=True, staged=staged, whole=whole)
        if each.home is not Home.PLANNED:
            return Buffer(id_, each.bytes, Kind.TENSOR, f"{name} (not planned: {each.why})", external=True)
        kind = Kind.OUTPUT if each.returned else Kind.TENSOR
        home = "DDR" if each.returned and self.io == "ddr" else None
        staged = home is not None and moves
        return Buffer(id_, each.bytes, kind, name, live_out=each.returned, pinned=home, staged=staged, whole=not moves)

    def _kind(self, index: int, each: Object) -> Kind:
        if index in self.written:
            return Kind.VARIABLE if enters(self.program, self.steps, index) else Kind.OUTPUT
        return Kind.INPUT if each.home is Home.ARGUMENT else Kind.CONSTANT


def _check_reachable(facts: _Facts, buffers: Collection[Buffer]) -> None:
    """LocatedError at the first step with an operand that cannot be in L2 at all."""
    objects = facts.program.objects
    outside = {
        index
        for index, buffer in enumerate(buffers)
        if (buffer.pinned == "DDR" or buffer.external) and not buffer.staged
        if not (facts.operands is Operands.TENSORS and buffer.kind is Kind.CONSTANT)
    }
    for position, step in enumerate(facts.steps):
        for index in (*step.reads, *step.writes):
            if index in outside and facts.shared.where.get(index, position) == position:
                each = objects[index]
                why = each.why or facts.shared.why.get(index, "what names it cannot be followed step by step")
                what = f"step k{position} ('{step.op.name}') needs its operands in L2, and one cannot be there"
                note = (
                    each.value if isinstance(each.value.owner, ir.Block) else each.value.owner,
                    "it comes from here",
                )
                raise LocatedError(step.op, f"{what}: {why}", [note])


def _in_l2(buffer: Buffer, each: Object) -> Buffer:
    """With a constant pinned to L2."""
    if buffer.kind is not Kind.CONSTANT:
        return buffer
    if buffer.whole:
        wanted = "want it declared constant, of the identity layout, and used through views in the body of the function"
        raise LocatedError(each.value.owner, f"it cannot have a copy in L2, as --weights=l2 asks: {wanted}")
    return replace(buffer, external=False, pinned="L2")


def _kernel(index: int, step: Step, shared: Shared, staged: Collection[int]) -> Kernel:
    reached = [[f"b{k}" for k in staged if k in found.get(index, ())] for found in (shared.sees, shared.changes)]
    return Kernel(
        f"k{index}",
        step.op.name,
        tuple(f"b{each}" for each in step.reads),
        tuple(f"b{each}" for each in step.writes),
        step.ops,
        after=tuple(f"k{each}" for each in sorted(step.after)),
        sees=tuple(reached[0]),
        changes=tuple(reached[1]),
    )


def _attribute(placement: Placement) -> ir.DictAttr:
    i64 = ir.IntegerType.get_signless(64)
    numbers = {"offset": placement.offset, "start": placement.start, "end": placement.end}
    entries: dict[str, ir.Attribute] = {key: ir.IntegerAttr.get(i64, value) for key, value in numbers.items()}
    return ir.DictAttr.get(entries | {"memory": ir.StringAttr.get(placement.memory)})
