"""A transfer that starts too early or is waited for too late is caught by the checker of final IR, and by running it as
a copy at its start or as one at its wait. The network has its real weights; its buffers move at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from bufferized import bufferized
from intervals import scattered

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.dma import DMA
from l2opt.passes.functions import functions, target_function
from l2opt.plan import Options, make_plan
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs


@dataclass
class Prepared:
    """The packed network, with transfers, and its reference."""

    packed: ir.Module
    reference: ir.Module


@pytest.fixture(scope="module")
def prepared() -> Iterator[Prepared]:
    with bufferized() as network:
        plan = scattered(network.problem, make_plan(network.problem, Options()), seed=3)
        yield Prepared(network.packed(plan, dma="async"), network.reference)


def calls(module: ir.Module, kind: str) -> list[ir.Operation]:
    """The starts or waits of transfers, or with the kind '' the kernels."""
    kinds = {fn.sym_name.value: fn.attributes[DMA].value for fn in functions(module) if DMA in fn.attributes}
    found = [op.operation for op in target_function(module).entry_block.operations if op.operation.name == "func.call"]
    return [op for op in found if kinds.get(op.attributes["callee"].value, "") == kind]


def past_a_kernel(module: ir.Module, op: ir.Operation, forward: bool) -> bool:
    """Moves a start before the kernel before it, or a wait behind the one behind it; False where there is none."""
    order = [each.operation for each in op.block.operations]
    kernels = [order.index(each) for each in calls(module, "")]
    at = order.index(op)
    beyond = [k for k in kernels if k > at][:1] if forward else [k for k in kernels if k < at][-1:]
    if not beyond:
        return False
    if forward:
        op.move_after(order[beyond[0]])
        return True
    needed = [op, *(value.owner.operation for value in list(op.operands)[:2])]
    needed += [
        value.owner.operation for cast in needed[1:] for value in cast.operands if isinstance(value.owner, ir.OpView)
    ]
    for each in sorted(dict.fromkeys(needed), key=order.index):
        if order.index(each) > beyond[0]:
            each.move_before(order[beyond[0]])
    return True


def test_transfers_overlap_kernels_and_are_sound(prepared: Prepared) -> None:
    module = clone(prepared.packed)
    order = [op.operation for op in target_function(module).entry_block.operations]
    assert not any(each.faults for each in check_module(module))
    waits = {order.index(op): op.operands[0].owner.attributes["value"].value for op in calls(module, "wait")}
    kernels = [order.index(op) for op in calls(module, "")]
    around = 0
    for op in calls(module, "start"):
        tag, begin = op.operands[2].owner.attributes["value"].value, order.index(op)
        end = min(at for at, other in waits.items() if other == tag and at > begin)
        around += any(begin < kernel < end for kernel in kernels)
    assert around >= 3


@pytest.mark.parametrize(("kind", "forward"), [("start", False), ("wait", True)])
def test_every_window_that_is_wider_is_unsound(prepared: Prepared, kind: str, forward: bool) -> None:
    """Windows are as wide as they can be, so that one more kernel inside is a fault."""
    moved = 0
    for number in range(len(calls(prepared.packed, kind))):
        module = clone(prepared.packed)
        if past_a_kernel(module, calls(module, kind)[number], forward):
            moved += 1
            faults = [fault for each in check_module(module) for fault in each.faults]
            assert faults, f"{kind} {number}"
    assert moved >= 5


@pytest.mark.parametrize(("kind", "forward"), [("start", False), ("wait", True)])
def test_a_wider_window_is_caught_by_running(prepared: Prepared, kind: str, forward: bool) -> None:
    module = clone(prepared.packed)
    op = next(op for op in calls(module, kind)[3:] if past_a_kernel(module, op, forward))
    assert op.name == "func.call"
    differences = []
    for at_start in (True, False):
        made = compare(clone(module), clone(prepared.reference), "", inputs, at_start=at_start)
        differences.append(made.difference)
    assert any(differences)


def test_a_transfer_that_is_not_waited_for_is_a_fault(prepared: Prepared) -> None:
    module = clone(prepared.packed)
    calls(module, "wait")[-1].erase()
    (checked,) = check_module(module)
    assert ["never waited for" in str(fault) for fault in checked.faults] == [True]


def inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)
