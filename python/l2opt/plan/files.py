"""The plan file, schema `l2opt.plan/1`: what a plan says, for other tools."""

from __future__ import annotations

from typing import Any

from l2opt.plan.model import Buffer, Placement, Plan, Problem
from l2opt.plan.weights import weights_traffic

__all__ = ["SCHEMA", "plan_to_json"]

SCHEMA = "l2opt.plan/1"


def plan_to_json(problem: Problem, plan: Plan, options: dict[str, Any]) -> dict[str, Any]:
    """Values that `json` can write. `options`: as the caller had them. Kernels are in planned order; so are steps."""
    kernels = {kernel.id: kernel for kernel in problem.kernels}
    return {
        "schema": SCHEMA,
        "model": problem.model,
        "function": problem.function,
        "options": dict(options),
        "seconds": dict(plan.seconds),
        "l2": {
            "capacity": problem.l2.capacity,
            "alignment": problem.l2.alignment,
            "peak": plan.l2_peak,
            "lower_bound": plan.l2_lower_bound,
            "window": list(plan.l2_window),
            "status": plan.status.value,
        },
        "ddr": {"peak": plan.ddr_peak, "traffic": plan.traffic, "traffic_lower_bound": plan.traffic_lower_bound},
        "weights": {"traffic": weights_traffic(problem, plan)},
        "order": {
            "peak_load": plan.order_peak_load,
            "lower_bound": plan.order_lower_bound,
            "proven": plan.order_proven,
        },
        "fits": plan.fits,
        "baseline": dict(plan.baseline),
        "kernels": [
            {
                "id": name,
                "name": kernels[name].name,
                "ops": list(kernels[name].ops),
                "reads": list(kernels[name].reads),
                "writes": list(kernels[name].writes),
                "scratch": _placement(plan.scratch[name]) if name in plan.scratch else None,
            }
            for name in plan.order
        ],
        "buffers": [_buffer(buffer, plan) for buffer in problem.buffers],
        "copies": [
            {"buffer": copy.buffer, "from": copy.source, "to": copy.target, "step": copy.step, "bytes": copy.size}
            for copy in plan.copies
        ],
        "notes": list(plan.notes),
    }


def _buffer(buffer: Buffer, plan: Plan) -> dict[str, Any]:
    start, end = plan.lifetimes[buffer.id]
    alias = plan.aliases.get(buffer.id)
    return {
        "id": buffer.id,
        "value": buffer.value,
        "kind": buffer.kind.value,
        "bytes": buffer.size,
        "start": start,
        "end": end,
        "alias_of": None if alias is None else {"buffer": alias.buffer, "offset": alias.offset},
        "placements": [_placement(placement) for placement in plan.placements[buffer.id]],
    }


def _placement(placement: Placement) -> dict[str, Any]:
    return {
        "memory": placement.memory,
        "offset": placement.offset,
        "start": placement.start,
        "end": placement.end,
    }
