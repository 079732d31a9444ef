"""Arguments and globals that hold the same bytes until their last reader, so that a copy in L2 can stand for them.

Arguments may be the same memory. So an argument is kept only if no step before its last reader writes an argument or
storage that is not known, or has effects that are not known; later ones stay behind its readers in every order of steps
(`memref_steps`). The last reader may write one itself if it is a `linalg` operation: its iterations have no order in
which what it writes could be read again. A global is kept if it is declared constant. Neither may be returned, have its
address hidden, or have a layout or memory space of its own.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from l2opt.mlir import ir
from l2opt.passes.memref_effects import is_memref
from l2opt.passes.memref_objects import Home, Object
from l2opt.passes.memref_program import Program
from l2opt.passes.memref_steps import Step, has_unknown_effects

__all__ = ["kept_while_read"]


def kept_while_read(program: Program, steps: Sequence[Step]) -> set[int]:
    """Indices of the objects that a copy can stand for."""
    last: dict[int, int] = {}
    for position, step in enumerate(steps):
        last.update(dict.fromkeys(step.reads, position))
    written = {index for step in steps for index in step.writes}
    changed = next((k for k, step in enumerate(steps) if _may_change_arguments(program, step)), len(steps))
    if changed < len(steps) and _is_structured(steps[changed]):
        changed += 1
    constants = _constant_globals(program)
    return {
        index
        for index, position in last.items()
        if index not in written
        and _is_plain(program.objects[index])
        and (_is_constant(program, index, constants) or (_is_argument(program, index) and position < changed))
    }


def _may_change_arguments(program: Program, step: Step) -> bool:
    touched = {program.objects[index].home for index in step.writes}
    return has_unknown_effects(step) or bool(touched & {Home.ARGUMENT, Home.UNKNOWN})


def _is_structured(step: Step) -> bool:
    """Whether its iterations have no order, and its body touches no memory."""
    inside = (value for inner in step.inside for value in inner.operands)
    return step.op.name.startswith("linalg.") and not any(map(is_memref, inside))


def _is_argument(program: Program, index: int) -> bool:
    return program.objects[index].home is Home.ARGUMENT


def _is_constant(program: Program, index: int, constants: Set[str]) -> bool:
    """A global that is declared constant, and named in the entry block alone."""
    if program.objects[index].home is not Home.GLOBAL:
        return False
    names = [
        op for op in program.every if op.name == "memref.get_global" and program.points_to[op.results[0]] == (index,)
    ]
    return all(op.block == program.fn.entry_block and _symbol(op, "name") in constants for op in names)


def _is_plain(each: Object) -> bool:
    type_ = each.value.type
    if each.returned or each.why or isinstance(type_.element_type, (ir.MemRefType, ir.UnrankedMemRefType)):
        return False
    return bool(type_ == ir.MemRefType.get(type_.shape, type_.element_type))


def _constant_globals(program: Program) -> set[str]:
    above = program.fn.operation.parent
    blocks = above.regions[0].blocks if above is not None else ()
    found = [op.operation for block in blocks for op in block if op.operation.name == "memref.global"]
    return {_symbol(op, "sym_name") for op in found if "constant" in op.attributes}


def _symbol(op: ir.Operation, name: str) -> str:
    return str(op.attributes[name].value)
