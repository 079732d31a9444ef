"""The core: a network's buffers and kernels in, a plan of where everything lies out. Imports no MLIR."""

from __future__ import annotations

from l2opt.plan.check import check_plan
from l2opt.plan.costs import Costs
from l2opt.plan.files import plan_to_json
from l2opt.plan.model import (
    Alias,
    Buffer,
    Copy,
    InPlace,
    Kernel,
    Kind,
    Memory,
    Overlap,
    Placement,
    Plan,
    Problem,
    Status,
    Within,
)
from l2opt.plan.options import Options
from l2opt.plan.planner import make_plan

__all__ = [
    "Alias",
    "Buffer",
    "Copy",
    "Costs",
    "InPlace",
    "Kernel",
    "Kind",
    "Memory",
    "Options",
    "Overlap",
    "Placement",
    "Plan",
    "Problem",
    "Status",
    "Within",
    "check_plan",
    "make_plan",
    "plan_to_json",
]
