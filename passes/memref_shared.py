"""Arguments and globals that may have copies in L2 for some steps, and the steps that may reach them under other names.

They stay where they are, and hold there what they should once the function is done; so what is written in L2 goes home.
Any of them may be the same memory as any other, in part too, but for constants, and for arguments of which the caller
promises that they are not (`llvm.noalias`); none is an allocation of the function, and calls may reach all of them. So
before a step that touches another one, what was written is at home, and what is brought to L2 early comes after it
(`Kernel.sees`); and if that step may write the other one, no copy made before it is used after it (`Kernel.changes`).

What a step itself reaches under two names, and writes, is used where it is, unless the step is a copy or a `linalg`
operation that writes one of them: its iterations have no order in which what it writes could be read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from l2opt.mlir import ir
from l2opt.passes.memref_effects import is_memref, writes_all
from l2opt.passes.memref_objects import Home, Object
from l2opt.passes.memref_program import Program
from l2opt.passes.memref_steps import Step, has_unknown_effects

__all__ = ["Shared", "enters", "shared_of"]


@dataclass
class Shared:
    """By indices of objects and steps."""

    staged: set[int] = field(default_factory=set)  # objects that may have copies in L2
    sees: dict[int, set[int]] = field(default_factory=dict)  # step -> objects that it may read under other names
    changes: dict[int, set[int]] = field(default_factory=dict)  # and those that it may write
    why: dict[int, str] = field(default_factory=dict)  # of the others, why not
    where: dict[int, int] = field(default_factory=dict)  # and at which step, where it is one


def shared_of(program: Program, steps: Sequence[Step]) -> Shared:
    """O(steps x objects)."""
    found = Shared()
    shared = [index for index, each in enumerate(program.objects) if each.shared]
    for position, step in enumerate(steps):
        for index in shared:
            others = _Others(program, step, index)
            if others.touched:
                reached = found.changes if others.written else found.sees
                reached.setdefault(position, set()).add(index)
            if others.touched and index in (*step.reads, *step.writes) and not others.fits(index):
                what = f"'{step.op.name}' may reach it under another name too, unless it is 'llvm.noalias'"
                found.why.setdefault(index, what)
                found.where.setdefault(index, position)
    written = {index for step in steps for index in step.writes}
    for index, each in enumerate(program.objects):
        if each.home in (Home.ARGUMENT, Home.GLOBAL):
            why = found.why.get(index) or _why_not(program, index, index in written)
            if why:
                found.why[index] = why
            else:
                found.staged.add(index)
    return found


def enters(program: Program, steps: Sequence[Step], index: int) -> bool:
    """Whether what an object holds at first may matter: no first step writes all of it."""
    first = next((step for step in steps if index in step.reads or index in step.writes), None)
    return first is None or index in first.reads or not writes_all(first.op, program.objects[index].value)


class _Others:
    """What a step touches of what may be the same memory as an object, under other names."""

    def __init__(self, program: Program, step: Step, index: int) -> None:
        objects, self.step = program.objects, step
        touched = [each for each in (*step.reads, *step.writes) if each != index]
        unknown = has_unknown_effects(step) or any(objects[each].home is Home.UNKNOWN for each in touched)
        self.unknown = unknown
        self.touched = unknown or any(objects[each].shared for each in touched)
        self.written = unknown or any(objects[each].shared for each in step.writes if each != index)

    def fits(self, index: int) -> bool:
        """Whether the step finds and leaves what it should if it uses a copy of the object."""
        writes = index in self.step.writes
        if not writes and not self.written:
            return True
        return not self.unknown and _is_structured(self.step) and not (writes and self.written)


def _is_structured(step: Step) -> bool:
    """Whether its iterations have no order, and its body touches no memory."""
    inside = (value for inner in step.inside for value in inner.operands)
    return step.op.name.startswith(("linalg.", "memref.copy")) and not any(map(is_memref, inside))


def _why_not(program: Program, index: int, written: bool) -> str:
    each = program.objects[index]
    type_ = each.value.type
    if each.why:
        return each.why
    if not _is_plain(each):
        return f"it is of type {type_}: want the identity layout and no memory space"
    if each.home is Home.GLOBAL:
        every = [op for op in program.every if op.name == "memref.get_global"]
        named = [op for op in every if program.points_to[op.results[0]] == (index,)]
        if any(op.block != program.fn.entry_block for op in named):
            return "it is named in the body of an operation: want that in the body of the function"
        if written and not each.shared:
            return "it is declared constant, and written"
    return ""


def _is_plain(each: Object) -> bool:
    type_ = each.value.type
    if isinstance(type_.element_type, (ir.MemRefType, ir.UnrankedMemRefType)):
        return False
    identity = ir.AffineMapAttr.get(ir.AffineMap.get_identity(type_.rank, type_.context))
    return type_.memory_space is None and bool(type_.layout == identity)
