"""A copy between memories that is missing, too late or of the wrong bytes is caught by the checker of final IR and by
running. The network has its real weights; its buffers move in and out of L2 at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from bufferized import bufferized
from intervals import scattered

from l2opt.mlir import arith, ir, memref
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.functions import target_function
from l2opt.plan import Options, make_plan
from l2opt.tools.compare import Comparison, clone, compare
from l2opt.tools.inputs import make_inputs


@dataclass
class Prepared:
    """The packed network, with copies between its arenas, and its reference."""

    packed: ir.Module
    reference: ir.Module
    copies: int


@pytest.fixture(scope="module")
def prepared() -> Iterator[Prepared]:
    with bufferized() as network:
        plan = scattered(network.problem, make_plan(network.problem, Options()), seed=3)
        yield Prepared(network.packed(plan), network.reference, len(plan.copies))


def copies_of(module: ir.Module) -> list[ir.Operation]:
    """The copies from one place of an arena to another."""
    operations = [op.operation for op in target_function(module).entry_block.operations]
    views = {op.results[0] for op in operations if op.name == "memref.view"}
    return [op for op in operations if op.name == "memref.copy" and set(op.operands) <= views]


def drop(copy: ir.Operation) -> None:
    copy.erase()


def delay(copy: ir.Operation) -> None:
    """Move it after the next operation that uses what it writes."""
    later = list(copy.block.operations)
    place = later.index(copy.opview)
    users = set(users_of(copy.operands[1]))
    reader = next(op.operation for op in later[place + 1 :] if op.operation in users)
    copy.move_after(reader)


def users_of(value: ir.Value) -> Iterator[ir.Operation]:
    """What reads or writes it, also under another shape."""
    for op in [use.owner.operation for use in value.uses]:
        if op.name == "memref.reinterpret_cast":
            yield from users_of(op.results[0])
        else:
            yield op


def shift(copy: ir.Operation, operand: int) -> None:
    """Let it read or write 64 bytes further on, or before if the arena ends there."""
    view = copy.operands[operand].owner
    arena, offset, type_ = view.operands[0], view.operands[1].owner.attributes["value"].value, view.results[0].type
    size = 1
    for extent in type_.shape:
        size *= extent
    moved = offset + 64 if offset + 64 + size <= arena.type.shape[0] else offset - 64
    with ir.InsertionPoint(copy), copy.location:
        index = ir.IndexType.get()
        constant = arith.ConstantOp(index, ir.IntegerAttr.get(index, moved)).result
        copy.operands[operand] = memref.ViewOp(type_, arena, constant, []).result


MUTATIONS: dict[str, Callable[[ir.Operation], None]] = {
    "dropped": drop,
    "late": delay,
    "from a wrong offset": lambda copy: shift(copy, 0),
    "to a wrong offset": lambda copy: shift(copy, 1),
}


def ran(prepared: Prepared, module: ir.Module) -> Comparison:
    return compare(module, clone(prepared.reference), "", lambda *which: make_inputs(*which[:2], {}, which[2]))


def test_the_network_moves_its_buffers_and_is_sound(prepared: Prepared) -> None:
    assert len(copies_of(prepared.packed)) == prepared.copies >= 10
    assert not any(each.faults for each in check_module(clone(prepared.packed)))
    made = ran(prepared, clone(prepared.packed))
    assert made.difference is None
    assert made.distinct > 100


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_wrong_copy_is_caught_by_the_checker(prepared: Prepared, mutation: str) -> None:
    for number in range(prepared.copies):
        module = clone(prepared.packed)
        MUTATIONS[mutation](copies_of(module)[number])
        faults = [fault for each in check_module(module) for fault in each.faults]
        assert faults, f"copy {number} {mutation}"


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("number", [0, -1])
def test_a_wrong_copy_is_caught_by_running(prepared: Prepared, mutation: str, number: int) -> None:
    module = clone(prepared.packed)
    MUTATIONS[mutation](copies_of(module)[number])
    assert ran(prepared, module).difference is not None
