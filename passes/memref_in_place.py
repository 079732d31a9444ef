"""Operations on memrefs that may write one allocation over another, element by element.

Such an operation is all-parallel, and takes each element of what it reads to the same place of what it writes: both are
whole allocations of one type, every use of the one that is read has the access map of the result, which names each
element once, and the body touches no memory of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from l2opt.mlir import ir
from l2opt.passes.memref_effects import accesses, is_memref
from l2opt.passes.memref_objects import Home
from l2opt.passes.memref_program import Program
from l2opt.passes.memref_steps import Step

__all__ = ["IN_PLACE", "in_place_operands"]

IN_PLACE = "l2.in_place"  # attribute: pairs of the operand written and the one read
_NAMED = tuple(
    f"linalg.{name}"
    for name in (
        "abs add ceil div div_unsigned erf exp floor log max min mul negf powf reciprocal round rsqrt select sqrt"
        " square sub tanh"
    ).split()
)


def in_place_operands(program: Program, step: Step) -> Iterator[tuple[int, int]]:
    """Pairs of operands (written, read) of a step that may be the same memory."""
    op = step.op
    maps = _maps(op)
    if maps is None or any(is_memref(value) for inner in step.inside for value in inner.operands):
        return
    only_written = {value for value, reads, writes in accesses(op) if writes and not reads}
    for written, target in enumerate(op.operands):
        if not maps[written] or target not in only_written or not _is_whole(program, target):
            continue
        for read, source in enumerate(op.operands):
            same = source.type == target.type and source != target and _is_whole(program, source)
            if same and all(maps[k] == maps[written] for k in _uses(program, op, source)):
                yield written, read


def _maps(op: ir.Operation) -> list[str] | None:
    """The access map of each operand of an all-parallel operation, empty where it does not name each element once; None
    for other operations."""
    if op.name in _NAMED:
        return ["identity"] * len(op.operands)
    if op.name != "linalg.generic" or any("parallel" not in str(kind) for kind in op.attributes["iterator_types"]):
        return None
    return [str(each) if each.value.is_permutation else "" for each in ir.ArrayAttr(op.attributes["indexing_maps"])]


def _is_whole(program: Program, value: ir.Value) -> bool:
    """Whether `value` is an allocation that is planned, itself."""
    made = not isinstance(value.owner, ir.Block) and value.owner.operation.name == "memref.alloc"
    return made and [each.home for each in program.of(value)] == [Home.PLANNED]


def _uses(program: Program, op: ir.Operation, value: ir.Value) -> Iterator[int]:
    """Operands that name the same storage as `value`."""
    own = program.points_to[value]
    return (k for k, other in enumerate(op.operands) if set(program.points_to.get(other, ())) & set(own))
