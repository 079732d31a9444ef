"""Constants, whose traffic is counted apart: what they move, and which of them what is left of L2 is worth most for.

A constant that the program streams is read from DDR by each kernel that uses it. One in L2 is brought in once, just
before its first use, and stays to its last: it saves its bytes for each further kernel, and one used once saves none.
Where kernels need their constants in L2, these are staged like tensors, as often as it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from l2opt.errors import DeadlinePassed, Infeasible
from l2opt.plan.model import Buffer, Kind, Plan, Problem
from l2opt.plan.options import Options
from l2opt.plan.planner import make_plan

__all__ = ["choose_weights", "weights_traffic"]

_ATTEMPTS = 3  # plans with constants in L2
_SHARE = 0.15  # of the time given, for each plan that is made to choose


@dataclass(frozen=True, slots=True)
class _Candidate:
    buffer: Buffer
    steps: range  # from its first use to its last
    gain: int  # bytes


def weights_traffic(problem: Problem, plan: Plan) -> int:
    """Bytes of constants that are read from DDR in one inference."""
    buffers, top = {buffer.id: buffer for buffer in problem.buffers}, _roots(problem)
    moved = sum(copy.size for copy in plan.copies if buffers[top[copy.buffer]].kind is Kind.CONSTANT)
    kernels = {kernel.id: kernel for kernel in problem.kernels}
    for step, id_ in enumerate(plan.order):
        for name in dict.fromkeys(kernels[id_].reads):
            root = buffers[top[name]]
            if root.kind is Kind.CONSTANT and root.external and not _is_placed(plan, name, step):
                moved += buffers[name].size
    for buffer in problem.buffers:
        if buffer.kind is Kind.CONSTANT and not buffer.external and buffer.view_of is None:
            moved += buffer.size * sum(place.memory == problem.l2.name for place in plan.placements[buffer.id])
    return moved


def choose_weights(problem: Problem, options: Options) -> Problem:
    """`problem`, whose constants are all streamed, with those pinned to L2 that save most in the room left there.

    The traffic of tensors does not rise for it: what would make it rise stays in DDR. Raises what `make_plan` does.
    """
    if problem.operands_in_l2:
        return problem
    if options.timeout is not None:
        options = replace(options, timeout=options.timeout * _SHARE)
    base = make_plan(problem, options)
    chosen = _that_fit(problem, base, _candidates(problem, base))
    for _ in range(_ATTEMPTS):
        if not chosen:
            break
        pinned = _pinned(problem, {each.buffer.id for each in chosen})
        try:
            if make_plan(pinned, options).traffic <= base.traffic:
                return pinned
        except (Infeasible, DeadlinePassed):
            pass
        chosen = chosen[: len(chosen) // 2]
    return problem


def _is_placed(plan: Plan, name: str, step: int) -> bool:
    return any(place.start <= step < place.end for place in plan.placements[name])


def _candidates(problem: Problem, plan: Plan) -> list[_Candidate]:
    """Constants used by several kernels, those with most to gain first."""
    top = _roots(problem)
    kernels = {kernel.id: kernel for kernel in problem.kernels}
    used: dict[str, list[int]] = {}
    for step, name in enumerate(plan.order):
        for root in dict.fromkeys(top[read] for read in kernels[name].reads):
            used.setdefault(root, []).append(step)
    found = [
        _Candidate(buffer, range(steps[0], steps[-1] + 1), buffer.size * (len(steps) - 1))
        for buffer in problem.buffers
        if buffer.kind is Kind.CONSTANT
        and buffer.external
        and not buffer.whole
        and len(steps := used.get(buffer.id, [])) > 1
    ]
    return sorted((each for each in found if each.gain), key=lambda each: (-each.gain, each.buffer.id))


def _that_fit(problem: Problem, plan: Plan, candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Those for which the load leaves room, one after the other."""
    capacity, alignment = problem.l2.capacity, problem.l2.alignment
    load = [0] * max(1, len(plan.order))
    for buffer in problem.buffers:
        for place in plan.placements[buffer.id] if buffer.id not in plan.aliases else ():
            for step in range(place.start, place.end) if place.memory == problem.l2.name else ():
                load[step] += -(-buffer.size // alignment) * alignment
    found = []
    for each in candidates:
        size = -(-each.buffer.size // alignment) * alignment
        if capacity is None or all(load[step] + size <= capacity for step in each.steps):
            found.append(each)
            for step in each.steps:
                load[step] += size
    return found


def _pinned(problem: Problem, names: set[str]) -> Problem:
    buffers = tuple(
        replace(buffer, external=False, pinned=problem.l2.name) if buffer.id in names else buffer
        for buffer in problem.buffers
    )
    return replace(problem, buffers=buffers)


def _roots(problem: Problem) -> dict[str, str]:
    views = {buffer.id: buffer.view_of.buffer for buffer in problem.buffers if buffer.view_of is not None}
    top = {}
    for buffer in problem.buffers:
        name = buffer.id
        while name in views:
            name = views[name]
        top[buffer.id] = name
    return top
