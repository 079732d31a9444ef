"""The steps of a function on memrefs: which storage each one reads and writes, and what must come before it."""

from __future__ import annotations

from dataclasses import dataclass, field

from l2opt.mlir import ir
from l2opt.passes.memref_effects import accesses, copies_itself, has_known_effects, is_pure
from l2opt.passes.memref_objects import Home, operations
from l2opt.passes.memref_program import Program

__all__ = ["Step", "has_unknown_effects", "steps_of"]


@dataclass
class Step:
    """One operation of the entry block that touches memory, or may have another effect."""

    op: ir.Operation
    inside: list[ir.Operation]  # the operations in its regions
    reads: dict[int, None] = field(default_factory=dict)  # indices of objects, in the order met
    writes: dict[int, None] = field(default_factory=dict)
    after: set[int] = field(default_factory=set)  # steps before it, beyond what planned storage implies

    @property
    def ops(self) -> tuple[str, ...]:
        """Names of the operations that do the work."""
        inside = [op.name for op in self.inside if any(True for _ in accesses(op))]
        return (self.op.name,) if self.op.name.startswith("linalg.") or not inside else tuple(inside)


def steps_of(program: Program) -> list[Step]:
    """In program order. O(operations)."""
    steps: list[Step] = []
    order = _Order()
    made_by: dict[ir.Value, set[int]] = {}  # value -> steps that its computation needs
    for view in program.fn.entry_block:
        op = view.operation
        inside = list(operations(op))
        needs = {step for each in (op, *inside) for value in each.operands for step in made_by.get(value, ())}
        if is_pure(op) or copies_itself(op) or op.name in ("memref.dealloc", "func.return"):
            made = needs
        else:
            steps.append(_step(program, op, inside))
            steps[-1].after = needs | order.before(program, steps[-1], len(steps) - 1)
            made = {len(steps) - 1}
        for result in op.results if made else ():
            made_by[result] = made
    return steps


def _step(program: Program, op: ir.Operation, inside: list[ir.Operation]) -> Step:
    step = Step(op, inside)
    for inner in (op, *inside):
        for value, reads, writes in accesses(inner):
            for index in program.points_to.get(value, ()):
                step.reads.update({index: None} if reads else {})
                step.writes.update({index: None} if writes else {})
    return step


@dataclass
class _Order:
    """Which earlier steps must come before the next one.

    A step with effects that are not known stays where it is. What is shared may be the same memory, so steps that write
    some keep their place among those that touch any.
    """

    barrier: int = -1
    since: set[int] = field(default_factory=set)  # steps since the barrier
    writer: int = -1  # the last step that wrote what is shared
    readers: set[int] = field(default_factory=set)  # of what is shared, since then

    def before(self, program: Program, step: Step, index: int) -> set[int]:
        found = {self.barrier} if self.barrier >= 0 else set()
        touched = [program.objects[each] for each in (*step.reads, *step.writes)]
        if has_unknown_effects(step) or any(each.home is Home.UNKNOWN for each in touched):
            found |= self.since
            self.barrier, self.since = index, set()
        else:
            self.since.add(index)
        if any(each.shared for each in touched):
            found |= {self.writer} if self.writer >= 0 else set()
            if any(program.objects[each].shared for each in step.writes):
                found |= self.readers
                self.writer, self.readers = index, set()
            else:
                self.readers.add(index)
        return found - {index}


def has_unknown_effects(step: Step) -> bool:
    """Whether it may do more than touch the memrefs that it names."""
    return not all(map(has_known_effects, (step.op, *step.inside)))
