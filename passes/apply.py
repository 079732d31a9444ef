"""From a plan to IR: placements, the order of kernels, copies, and what was decided as attributes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from l2opt.dialect.l2 import BufferOp, CopyOp, KernelOp, PlacementOp
from l2opt.mlir import func, ir
from l2opt.passes.apply_within import apply_within, taken_offers
from l2opt.passes.extract import l2_operations, within_offers
from l2opt.passes.memref_form import apply_memref, is_memref_level
from l2opt.plan import Copy, Kernel, Kind, Placement, Plan, Problem

__all__ = ["apply"]


def apply(module: ir.Module, fn: func.FuncOp, problem: Problem, plan: Plan) -> None:
    """Write `plan`, made for the problem extracted from `fn`, into `fn`."""
    if is_memref_level(fn):
        apply_memref(fn, problem, plan)
    else:
        _apply_l2(module, fn, problem, plan)
        if problem.operands_in_l2:
            fn.attributes["l2.operands_in_l2"] = ir.StringAttr.get(_operands(problem))
    fn.attributes["l2.plan"] = _summary(plan)


def _operands(problem: Problem) -> str:
    """Which operands kernels find in L2."""
    streamed = any(b.kind is Kind.CONSTANT and b.external and not b.staged for b in problem.buffers)
    return "tensors" if streamed else "all"


def _apply_l2(module: ir.Module, fn: func.FuncOp, problem: Problem, plan: Plan) -> None:
    ops: dict[str, Any] = dict(l2_operations(fn))
    taken = taken_offers(within_offers(module, fn, problem), plan) if problem.within else []
    parts = {offer.part for offer in taken}
    by_id = {buffer.id: buffer for buffer in problem.buffers}
    for id_, op in ops.items():
        if isinstance(op, BufferOp) and id_ not in parts:
            if by_id[id_].staged:
                op.attributes["staged"] = ir.UnitAttr.get()
            for placement in plan.placements[id_]:
                _place(op, placement)
    kernels = {kernel.id: kernel for kernel in problem.kernels}
    copies: dict[int, list[Copy]] = {}
    for copy in plan.copies:
        copies.setdefault(copy.step, []).append(copy)
    last = next((op.operation for op in reversed(list(fn.entry_block.operations)) if isinstance(op, KernelOp)), None)
    for step, id_ in enumerate(plan.order):
        assert last is not None
        kernel = ops[id_]
        if kernel.operation != last:
            kernel.operation.move_after(last)
            last = kernel.operation
        _copy_at(ir.InsertionPoint(kernel.operation), kernel, copies.get(step, ()), ops)
        _annotate(kernel, kernels[id_], plan, parts)
        _annotate_overlaps(kernel, kernels[id_], problem, plan)
    if last is not None and len(plan.order) in copies:
        _copy_at(ir.InsertionPoint.after(last), last, copies[len(plan.order)], ops)
    if taken:
        apply_within(fn, ops, taken)


def _place(op: BufferOp, placement: Placement) -> None:
    with ir.InsertionPoint.after(op.operation), op.location:
        PlacementOp.make(
            [op.result],
            [],
            memory=placement.memory,
            offset=placement.offset,
            start=placement.start,
            end=placement.end,
        )


def _copy_at(point: ir.InsertionPoint, kernel: Any, copies: Iterable[Copy], ops: dict[str, Any]) -> None:
    with point, kernel.location:
        for copy in copies:
            CopyOp.make([ops[copy.buffer].results[0]], [], from_=copy.source, to=copy.target)


def _annotate(op: KernelOp, kernel: Kernel, plan: Plan, parts: Collection[str]) -> None:
    """On a kernel: its id, the in-place choices taken as (written, read) positions, and where its scratch lies."""
    op.attributes["id"] = ir.StringAttr.get(kernel.id)
    taken = [
        (k, kernel.reads.index(plan.aliases[written].buffer))
        for k, written in enumerate(kernel.writes)
        if written in plan.aliases and written not in parts and plan.aliases[written].buffer in kernel.reads
    ]
    if taken:
        op.attributes["in_place"] = ir.ArrayAttr.get([ir.DenseI64ArrayAttr.get(list(pair)) for pair in taken])
    if kernel.id in plan.scratch:
        placement = plan.scratch[kernel.id]
        op.attributes["scratch"] = ir.DictAttr.get(
            {
                "memory": ir.StringAttr.get(placement.memory),
                "offset": _i64(placement.offset),
                "bytes": _i64(kernel.scratch),
            }
        )


def _annotate_overlaps(op: KernelOp, kernel: Kernel, problem: Problem, plan: Plan) -> None:
    """On a kernel: the overlaps taken, as positions written and read, and the distance that they need."""
    taken = [
        (kernel.writes.index(each.target), kernel.reads.index(each.source), each.distance)
        for each in problem.overlaps
        if each.kernel == kernel.id and each.source in plan.aliases and plan.aliases[each.source].buffer == each.target
    ]
    if taken:
        op.attributes["overlap"] = ir.ArrayAttr.get([ir.DenseI64ArrayAttr.get(list(each)) for each in taken])


def _summary(plan: Plan) -> ir.DictAttr:
    return ir.DictAttr.get(
        {
            "peak": _i64(plan.l2_peak),
            "lower_bound": _i64(plan.l2_lower_bound),
            "status": ir.StringAttr.get(plan.status.value),
            "fits": ir.BoolAttr.get(plan.fits),
            "ddr_peak": _i64(plan.ddr_peak),
            "traffic": _i64(plan.traffic),
        }
    )


def _i64(value: int) -> ir.IntegerAttr:
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)
