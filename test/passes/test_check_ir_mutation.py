"""The checker on a real network, packed and then spoiled: it finds what the definition finds, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from math import prod
from pathlib import Path

import pytest

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.diagnostics import Collector
from l2opt.passes.functions import target_function
from l2opt.passes.pipeline import run
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.source import new_context

MODEL = Path(__file__).parents[1] / "models" / "mobilenet_v2_100_224.mlir"
EVERY = int(os.environ.get("L2OPT_TEST_EVERY", "6"))  # 1: each view and each step

Bytes = tuple[int, int]
Operand = tuple[int, ir.Value, Bytes]  # position, root, bytes


@pytest.fixture(scope="module")
def packed() -> Iterator[ir.Module]:
    with new_context(allow_unregistered=False), ir.Location.unknown():
        module = ir.Module.parseFile(str(MODEL))
        run(module, pipeline(PACK, {"l2": "2MB"}), Collector(MODEL.name))
        yield module


def entry(module: ir.Module) -> ir.Block:
    return target_function(module, "main").entry_block


def views(module: ir.Module) -> list[ir.Operation]:
    return [op.operation for op in entry(module) if op.operation.name == "memref.view"]


def offset_of(view: ir.Operation) -> int:
    return int(view.operands[1].owner.attributes["value"].value)


def size_of(view: ir.Operation) -> int:
    type_ = view.results[0].type
    return int(prod(type_.shape)) * type_.element_type.width // 8


def move(view: ir.Operation, offset: int) -> None:
    """Gives the view another byte offset."""
    with ir.InsertionPoint(view), view.location:
        index = ir.IndexType.get()
        constant = ir.Operation.create(
            "arith.constant", results=[index], attributes={"value": ir.IntegerAttr.get(index, offset)}
        )
    view.operands[1] = constant.results[0]


def is_sound(module: ir.Module) -> bool:
    """By definition: what a step reads was written, and no other buffer has been written over it since."""
    place: dict[ir.Value, tuple[ir.Value, Bytes]] = {}  # memref -> its root and bytes
    history: list[tuple[ir.Value, Bytes]] = []  # all writes so far, in order
    for view in entry(module):
        op = view.operation
        if op.name == "memref.view":
            start = offset_of(op)
            place[op.results[0]] = op.results[0], (start, start + size_of(op))
        elif op.name == "memref.reinterpret_cast":
            place[op.results[0]] = place[op.operands[0]]
        else:
            reads, writes = (
                [(index, *place[op.operands[index]]) for index in indices if op.operands[index] in place]
                for indices in _accesses(op)
            )
            if not all(_is_intact(root, where, history) for _, root, where in reads):
                return False
            if any(_clash(read, write, op) for read in reads for write in writes):
                return False
            history += [(root, where) for _, root, where in writes]
    return True


def _accesses(op: ir.Operation) -> tuple[list[int], list[int]]:
    """Positions of the operands read, and of those written."""
    if op.name == "memref.copy":
        return [0], [1]
    if op.name == "func.return":
        return [0], []
    if op.name == "func.call":
        writes = list(op.attributes["l2.writes"])
        return [index for index in range(len(op.operands)) if index not in writes], writes
    return [], []


def _overlap(one: Bytes, other: Bytes) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _is_intact(root: ir.Value, where: Bytes, history: list[tuple[ir.Value, Bytes]]) -> bool:
    for writer, written in reversed(history):
        if writer == root:
            return True
        if _overlap(where, written):
            return False
    return False


def _clash(read: Operand, write: Operand, op: ir.Operation) -> bool:
    """Whether an operand written takes bytes of another buffer that the same step reads, and may not."""
    if read[1] == write[1] or not _overlap(read[2], write[2]):
        return False
    allowed = [tuple(pair) for pair in op.attributes["l2.in_place"]] if "l2.in_place" in op.attributes else []
    return (write[0], read[0]) not in allowed or read[2][0] != write[2][0]


def verdicts(module: ir.Module) -> tuple[bool, bool]:
    """The checker's, and the definition's."""
    faults = [fault for checked in check_module(module) for fault in checked.faults]
    return not faults, is_sound(module)


def test_the_packed_network_is_sound(packed: ir.Module) -> None:
    assert verdicts(packed) == (True, True)


def test_a_shifted_offset_is_found(packed: ir.Module) -> None:
    arena = int(target_function(packed, "main").attributes["l2.arenas"]["L2"]["bytes"].value)
    unsound = 0
    for view in views(packed)[::EVERY]:
        former = offset_of(view)
        for wanted in {0, former // 2 // 64 * 64, max(0, former - 64), former + 64, arena // 2 // 64 * 64}:
            if wanted == former or wanted + size_of(view) > arena:
                continue
            move(view, wanted)
            found, true = verdicts(packed)
            assert found == true, f"{view} from {former} to {wanted}"
            unsound += not found
        move(view, former)
    assert unsound > 5
    assert verdicts(packed) == (True, True)


def test_two_swapped_offsets_are_found(packed: ir.Module) -> None:
    all_views = views(packed)
    unsound = 0
    for one, other in list(pairwise(all_views))[::EVERY]:
        first, second = offset_of(one), offset_of(other)
        move(one, second)
        move(other, first)
        claimed = target_function(packed, "main").attributes["l2.plan"]["peak"].value
        if all(offset_of(view) + size_of(view) <= claimed for view in (one, other)):
            found, true = verdicts(packed)
            assert found == true, f"{one} and {other}"
            unsound += not found
        move(one, first)
        move(other, second)
    assert unsound > 2
    assert verdicts(packed) == (True, True)


def test_a_kernel_moved_later_is_found(packed: ir.Module) -> None:
    operations = [op.operation for op in entry(packed)]
    calls = [op for op in operations if op.name == "func.call"]
    for call, later in list(pairwise(calls))[::EVERY]:
        before = operations[operations.index(call) + 1]
        call.move_after(later)
        found, true = verdicts(packed)
        assert found == true, str(call)
        assert not found, "each kernel of this network needs the one before it"
        call.move_before(before)
    assert verdicts(packed) == (True, True)
