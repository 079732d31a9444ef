"""Poison for results that lie over an operand: all of their bytes but those that the operand still needs."""

from __future__ import annotations

from math import prod

from l2opt.mlir import arith, func, ir, linalg, memref
from l2opt.passes.arena import element_bytes, memref_type
from l2opt.passes.overlap import OVERLAP

__all__ = ["poison_beside"]

POISON = 0xA5 - 256
Place = tuple[ir.Value, int, int]  # arena, first byte, end


def poison_beside(fn: func.FuncOp) -> int:
    """Fill what a call writes beside the operands that it overlaps, just before the call. Returns how many operands."""
    count = 0
    for op in [op.operation for op in fn.entry_block.operations]:
        triples = [list(each) for each in op.attributes[OVERLAP]] if OVERLAP in op.attributes else []
        for written in sorted({each[0] for each in triples}):
            kept = [_place(op.operands[read]) for target, read, _ in triples if target == written]
            with ir.InsertionPoint(op), op.location:
                for place in _without(_place(op.operands[written]), kept):
                    _fill(*place)
            count += 1
    return count


def _place(value: ir.Value) -> Place:
    """The bytes of a contiguous operand in its arena."""
    type_ = ir.MemRefType(value.type)
    size = prod(type_.shape) * element_bytes(type_.element_type)
    while not isinstance(value, ir.BlockArgument) and value.owner.operation.name == "memref.reinterpret_cast":
        value = value.owner.operation.operands[0]
    view = value.owner.operation
    assert view.name == "memref.view", f"an overlap outside of an arena: {value}"
    first = ir.IntegerAttr(view.operands[1].owner.attributes["value"]).value
    return view.operands[0], first, first + size


def _without(whole: Place, kept: list[Place]) -> list[Place]:
    """What is left of `whole`."""
    arena, first, end = whole
    left = []
    for _, low, high in sorted((each for each in kept if each[0] == arena), key=lambda each: each[1]):
        if low < end and high > first:
            left.append((arena, first, max(first, low)))
            first = max(first, high)
    left.append((arena, first, max(first, end)))
    return [place for place in left if place[1] < place[2]]


def _fill(arena: ir.Value, first: int, end: int) -> None:
    i8, index = ir.IntegerType.get_signless(8), ir.IndexType.get()
    at = arith.ConstantOp(index, ir.IntegerAttr.get(index, first)).result
    view = memref.ViewOp(memref_type([end - first], i8, ir.MemRefType(arena.type).memory_space), arena, at, []).result
    constant = arith.ConstantOp(i8, ir.IntegerAttr.get(i8, POISON))
    linalg.fill(constant.result, outs=[view])
