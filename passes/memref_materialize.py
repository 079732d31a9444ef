"""Planned allocations become views of the arenas; what derives from them moves to the arena's memory space.

A value keeps its shape and layout and takes the memory space of the storage that it names. Where two storages of
different spaces meet in a region argument or result, or an operation cannot take another space (a call, an operation of
an unknown dialect), a `memref.memory_space_cast` leads back to the former type. Deallocations of planned storage go.
"""

from __future__ import annotations

from collections.abc import Iterator

from l2opt.mlir import func, ir, memref
from l2opt.passes.arena import Arenas, memref_bytes
from l2opt.passes.memref_effects import VIEWS, copies_itself, is_memref, takes_any_space
from l2opt.passes.memref_objects import operations
from l2opt.passes.memref_program import Program, carried, read_program

__all__ = ["PLACEMENTS", "materialize_memref", "placement_of", "planned_allocs"]

PLACEMENTS = "l2.placements"


def materialize_memref(fn: func.FuncOp, arenas: Arenas) -> None:
    """Puts each planned allocation of `fn` where its placement says."""
    for op in [op for op in operations(fn.operation) if copies_itself(op)]:
        op.erase()
    program = read_program(fn)
    allocs = [op for op, _ in planned_allocs(fn)]
    spaces = _spaces(program, arenas)
    _drop_frees(program, {op.results[0] for op in allocs})
    with fn.location:
        former = _retype(spaces)
    _cast_where_needed(fn, former)
    for op in allocs:
        _replace(op, arenas)
    results = [value.type for value in fn.entry_block.operations[len(fn.entry_block.operations) - 1].operands]
    inputs = [argument.type for argument in fn.arguments]
    with fn.context:
        fn.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, results))


def planned_allocs(fn: func.FuncOp) -> Iterator[tuple[ir.Operation, int]]:
    """Allocations with a placement, and their bytes, in the order of the program."""
    for op in operations(fn.operation):
        if op.name == "memref.alloc" and PLACEMENTS in op.attributes:
            yield op, memref_bytes(op.results[0].type)


def placement_of(alloc: ir.Operation) -> tuple[str, int]:
    """Memory and offset."""
    (placement,) = alloc.attributes[PLACEMENTS]
    return placement["memory"].value, int(placement["offset"].value)


def _spaces(program: Program, arenas: Arenas) -> dict[ir.Value, ir.Attribute | None]:
    """The memory space of each value that only names planned storage of one space."""
    own: list[ir.Attribute | None] = []
    planned: list[bool] = []
    for each in program.objects:
        owner = each.value.owner
        planned.append(not isinstance(owner, ir.Block) and PLACEMENTS in owner.attributes)
        own.append(arenas.specs[placement_of(owner)[0]].space if planned[-1] else each.value.type.memory_space)
    return {
        value: own[indices[0]]
        for value, indices in program.points_to.items()
        if all(planned[index] and _same(own[index], own[indices[0]]) for index in indices)
    }


def _same(one: ir.Attribute | None, other: ir.Attribute | None) -> bool:
    return one is other or (one is not None and other is not None and bool(one == other))


def _drop_frees(program: Program, planned: set[ir.Value]) -> None:
    frees = [op for op in operations(program.fn.operation) if op.name == "memref.dealloc"]
    for op in frees:
        if any(each.value in planned for each in program.of(op.operands[0])):
            op.erase()


def _retype(spaces: dict[ir.Value, ir.Attribute | None]) -> dict[ir.Value, ir.Type]:
    """Moves the values to their spaces; the former types of those that changed."""
    former: dict[ir.Value, ir.Type] = {}
    for value, space in spaces.items():
        moved = _in_space(value.type, space)
        if moved != value.type:
            former[value] = value.type
            value.set_type(moved)
    return former


def _in_space(type_: ir.Type, space: ir.Attribute | None) -> ir.Type:
    if isinstance(type_, ir.UnrankedMemRefType):
        return ir.UnrankedMemRefType.get(type_.element_type, space)
    return ir.MemRefType.get(type_.shape, type_.element_type, type_.layout, space)


def _cast_where_needed(fn: func.FuncOp, former: dict[ir.Value, ir.Type]) -> None:
    for op in list(operations(fn.operation)):
        for user, index, target in list(carried(op)):
            value = user.operands[index]
            if value in former and target not in former and op.name not in VIEWS:
                _cast(user, index, former[value])
        if not takes_any_space(op) and op.name != "func.return":
            for index, value in enumerate(op.operands):
                if is_memref(value) and value in former:
                    _cast(op, index, former[value])


def _cast(user: ir.Operation, index: int, type_: ir.Type) -> None:
    with ir.InsertionPoint(user), user.location:
        user.operands[index] = memref.MemorySpaceCastOp(type_, user.operands[index]).result


def _replace(alloc: ir.Operation, arenas: Arenas) -> None:
    """Puts a view in place of `alloc`, unless nothing uses it."""
    value = alloc.results[0]
    if any(True for _ in value.uses):
        memory, offset = placement_of(alloc)
        with ir.InsertionPoint(alloc), alloc.location:
            view = arenas.view(memory, offset, value.type.shape, value.type.element_type)
        value.replace_all_uses_with(view)
    alloc.erase()
