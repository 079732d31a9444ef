"""Plans that take every zero-copy choice that a problem offers, whether or not the planner would, and reuse no byte."""

from __future__ import annotations

from dataclasses import replace

from l2opt.mlir import ir
from l2opt.passes.extract import extract
from l2opt.passes.functions import target_function
from l2opt.passes.pack import Pack
from l2opt.plan import Alias, Options, Placement, Plan, Problem, Within, make_plan

__all__ = ["force", "pack_forced"]


def pack_forced(module: ir.Module, skip: int = 0) -> tuple[Within, ...]:
    """Plan the bufferized `module` so, without every `skip`-th choice. The choices taken."""
    fn, pack = target_function(module), Pack(l2=1 << 40)
    problem = extract(module, fn, *pack.memories())
    plan, taken = force(problem, skip)
    pack.write(module, fn, problem, plan)
    return taken


def force(problem: Problem, skip: int = 0) -> tuple[Plan, tuple[Within, ...]]:
    """The first choice of each part, all buffers that are no part one after another in L2."""
    plan = make_plan(problem, Options(order="program", merge="none", pack="slots"))
    roots: dict[str, str] = {}
    for buffer in problem.buffers:
        roots[buffer.id] = buffer.id if buffer.view_of is None else roots[buffer.view_of.buffer]
    taken: dict[str, Within] = {}
    for number, choice in enumerate(problem.within, 1):
        if not skip or number % skip:
            taken.setdefault(roots[choice.part], choice)
    aliases = plan.aliases | {part: Alias(choice.whole, choice.offset) for part, choice in taken.items()}
    return _apart(problem, replace(plan, aliases=aliases), taken), tuple(taken.values())


def _apart(problem: Problem, plan: Plan, parts: dict[str, Within]) -> Plan:
    """`plan` with a place of its own for each root that is no part, and for each kernel's scratch."""
    placements, scratch = dict(plan.placements), dict(plan.scratch)
    steps, at = max(1, len(plan.order)), 0

    def place(size: int) -> Placement:
        nonlocal at
        placed = Placement("L2", at, 0, steps)
        at += -(-size // problem.l2.alignment) * problem.l2.alignment
        return placed

    for buffer in problem.buffers:
        if buffer.id not in parts and buffer.view_of is None and plan.placements[buffer.id]:
            placements[buffer.id] = (place(buffer.size),)
    for kernel in problem.kernels:
        if kernel.id in scratch:
            scratch[kernel.id] = place(kernel.scratch)
    return replace(plan, placements=placements, scratch=scratch, l2_peak=at)
