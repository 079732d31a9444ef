"""Storage of a bufferized program that is in L2 for parts of its life: what may be, and the program with one allocation
for each place that a plan gives it.

An allocation may move if its bytes can be had anew at each step: it is made in the entry block, what names it there are
views of it alone, and its first writer writes all of it, so that a copy of all of it reads nothing that nobody wrote.
Where a step uses it, it then uses the allocation that holds it at that step, under views of its own. An argument or a
global stays where it is, and may have copies in L2 for some steps (see `memref_shared`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from l2opt.mlir import func, ir, memref
from l2opt.passes.memref_effects import VIEWS, is_memref, writes_all
from l2opt.passes.memref_objects import Home, operations
from l2opt.passes.memref_program import Program
from l2opt.passes.memref_steps import Step
from l2opt.plan import Copy, Placement

__all__ = ["Mover", "movable"]

_MAKERS = ("memref.alloc", "memref.get_global")


def movable(program: Program, steps: Sequence[Step], staged: Set[int]) -> set[int]:
    """Indices of the objects that may move; `staged`: of those of them that stay where they are, with copies in L2."""
    block = program.fn.entry_block
    fixed = {index for index, each in enumerate(program.objects) if each.home is not Home.PLANNED} - staged
    fixed |= {index for index, each in enumerate(program.objects) if _made_below(each.value, block)}
    for value, indices in program.points_to.items():
        if isinstance(value.owner, ir.Block) or value.owner.operation.block != block:
            continue
        known = value.owner.operation.name in (*VIEWS, *_MAKERS) and len(indices) == 1
        if not known and any(True for _ in value.uses):
            fixed.update(indices)
    first: dict[int, Step] = {}
    for step in steps:
        for index in step.writes:
            first.setdefault(index, step)
    written = {index for index, step in first.items() if writes_all(step.op, program.objects[index].value)}
    return (written | staged) - fixed


def _uses(op: ir.Operation) -> Iterator[bool]:
    return (True for result in op.results for _ in result.uses)


def _made_below(value: ir.Value, block: ir.Block) -> bool:
    return not isinstance(value.owner, ir.Block) and value.owner.operation.block != block


@dataclass
class Mover:
    """The rewrite of a function whose steps are in the planned order. `places`: of each object that moves, and those of
    copies of what stays where it is; `staged`: what is in DDR in the end."""

    fn: func.FuncOp
    program: Program
    places: Mapping[int, Sequence[Placement]]
    staged: Set[int]
    made: dict[tuple[int, Placement], ir.Value] = field(default_factory=dict)
    origin: dict[int, ir.Value] = field(default_factory=dict)  # of what stays where it is
    views: dict[tuple[ir.Value, ir.Value], ir.Value] = field(default_factory=dict)  # former value, what holds it

    def run(self, steps: Sequence[ir.Operation], copies: Mapping[int, Sequence[tuple[int, Copy]]]) -> None:
        """`copies`: step -> objects with their copies just before it."""
        for index, places in self.places.items():
            self._make(index, places)
        for step, op in enumerate(steps):
            with ir.InsertionPoint(op), op.location:
                for index, copy in copies.get(step, ()):
                    memref.CopyOp(self._end(index, copy.source, step - 1), self._end(index, copy.target, step))
                self._use(op, step)
        block = self.fn.entry_block
        terminator = block.operations[len(block.operations) - 1].operation
        with ir.InsertionPoint(terminator), terminator.location:
            for index, _ in copies.get(len(steps), ()):
                memref.CopyOp(self._end(index, "L2", len(steps) - 1), self._end(index, "DDR", len(steps) - 1))
            self._use(terminator, len(steps) - 1, at_home=True)
        self._drop()

    def placed(self) -> Iterator[tuple[ir.Operation, Placement]]:
        """The allocations made, each with its place."""
        for (_, place), value in self.made.items():
            yield value.owner, place

    def _make(self, index: int, places: Sequence[Placement]) -> None:
        """An allocation for each place; for a global, one more name of it, that all steps can use."""
        former = self.program.objects[index].value
        start = ir.InsertionPoint.at_block_begin(self.fn.entry_block)
        if self._stays(index):
            with start, self.fn.location:
                for place in places:
                    self.made[index, place] = memref.AllocOp(former.type, [], []).result
                is_global = self.program.objects[index].home is Home.GLOBAL
                self.origin[index] = former.owner.clone(start).results[0] if is_global else former
            return
        with ir.InsertionPoint(former.owner), former.owner.location:
            for place in places:
                self.made[index, place] = former.owner.clone().results[0]

    def _stays(self, index: int) -> bool:
        return self.program.objects[index].home is not Home.PLANNED

    def _end(self, index: int, memory: str, step: int) -> ir.Value:
        """Where an end of a copy is: the place in `memory` at `step`."""
        if index in self.origin and memory == "DDR":
            return self.origin[index]
        found = [place for place in self.places[index] if place.memory == memory and place.start <= step < place.end]
        return self.made[index, found[0]]

    def _use(self, op: ir.Operation, step: int, at_home: bool = False) -> None:
        """Lets `op` and what is in it use what holds each object at `step`; `at_home`: where it is in the end."""
        for inner in (op, *operations(op)):
            for position, value in enumerate(inner.operands):
                index = self._moving(value)
                holder = None if index is None else self._held(index, step, at_home)
                if holder is not None:
                    inner.operands[position] = self._derived(value, holder)

    def _moving(self, value: ir.Value) -> int | None:
        """The object that moves and that `value`, of the entry block, names."""
        block = value.owner if isinstance(value.owner, ir.Block) else value.owner.operation.block
        if block != self.fn.entry_block:
            return None
        indices = self.program.points_to.get(value, ())
        return indices[0] if is_memref(value) and len(indices) == 1 and indices[0] in self.places else None

    def _held(self, index: int, step: int, at_home: bool) -> ir.Value | None:
        """None: it is used where it stays."""
        here = [place for place in self.places[index] if place.start <= step < place.end]
        if self._stays(index) and (at_home or not here):
            return None
        first = "DDR" if at_home and index in self.staged else "L2"
        return self.made[index, min(here, key=lambda place: place.memory != first)]

    def _derived(self, value: ir.Value, holder: ir.Value) -> ir.Value:
        """`value`, storage or a view of it, of `holder` instead."""
        if isinstance(value.owner, ir.Block) or value.owner.operation.name in _MAKERS:
            return holder
        op = value.owner.operation
        if (value, holder) not in self.views:
            source = self._derived(op.operands[0], holder)
            clone = op.clone()
            clone.operation.operands[0] = source
            self.views[value, holder] = clone.operation.results[0]
        return self.views[value, holder]

    def _drop(self) -> None:
        """Drops the former allocations: what still uses one only asks for its shape, frees it, or names it in vain."""
        for op in reversed([view.operation for view in self.fn.entry_block]):
            if op.name in VIEWS and self._moving(op.results[0]) is not None and not any(_uses(op)):
                op.erase()
        for index, places in self.places.items():
            if self._stays(index):
                continue
            former = self.program.objects[index].value
            for op in [use.owner.operation for use in former.uses]:
                if op.name == "memref.dealloc":
                    op.erase()
            former.replace_all_uses_with(self.made[index, places[0]])
            former.owner.erase()
