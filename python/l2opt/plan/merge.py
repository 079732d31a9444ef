"""Which in-place choices can be taken together, under one order of kernels.

A kernel may write `target` over `source` when nothing needs the source's storage afterwards: every buffer in it is dead
once the kernel has run, and the kernel touches that storage only by reading `source`. The target must come to life
there, be no larger, be no view, and be written by that kernel alone then. One source and one target each.
Storage that is external, constant or pinned elsewhere is never written over.
"""

from __future__ import annotations

from l2opt.plan.lifetimes import Lifetimes, lives_on
from l2opt.plan.model import Kind
from l2opt.plan.storage import Storage

__all__ = ["legal_in_place"]


def legal_in_place(storage: Storage, lifetimes: Lifetimes, step_of: dict[str, int]) -> dict[int, int]:
    """Target -> source, buffers by index. Of several sources the one with fewest bytes left over, then as listed."""
    problem = storage.problem
    spans = _spans(storage, lifetimes)
    kernel_of = {kernel.id: k for k, kernel in enumerate(problem.kernels)}
    size = [buffer.size for buffer in problem.buffers]
    wanted = sorted(
        (step_of[choice.kernel], size[storage.index[choice.source]], n) for n, choice in enumerate(problem.in_place)
    )
    taken: dict[int, int] = {}
    sources: set[int] = set()
    for step, _, n in wanted:
        choice = problem.in_place[n]
        source, target = storage.index[choice.source], storage.index[choice.target]
        if target in taken or storage.root[source] in sources:
            continue
        if _legal(storage, spans, kernel_of[choice.kernel], step, source, target):
            taken[target] = source
            sources.add(storage.root[source])
    return taken


def _spans(storage: Storage, lifetimes: Lifetimes) -> dict[int, tuple[int, int]]:
    """Root -> from the first access of any of its bytes to the last; to infinity if any of it lives on."""
    spans = {i: lifetimes.stored[i] for i, root in enumerate(storage.root) if i == root}
    for i, buffer in enumerate(storage.problem.buffers):
        if lives_on(buffer):
            root = storage.root[i]
            spans[root] = (spans[root][0], lifetimes.steps + 1)
    return spans


def _legal(
    storage: Storage, spans: dict[int, tuple[int, int]], kernel: int, step: int, source: int, target: int
) -> bool:
    buffers = storage.problem.buffers
    under, over = storage.root[source], storage.root[target]
    if over != target or under == over or storage.external(source) or storage.external(target):
        return False
    if storage.constant(source) or buffers[target].kind in (Kind.INPUT, Kind.CONSTANT, Kind.VARIABLE):
        return False
    if buffers[under].pinned != buffers[over].pinned or not 0 < buffers[target].size <= buffers[source].size:
        return False
    if spans[under][1] != step + 1 or spans[over][0] != step:
        return False
    uses = [access for access in storage.accesses[kernel] if storage.root[access.buffer] in (under, over)]
    return sorted((a.buffer, a.reads, a.writes) for a in uses) == sorted([(source, True, False), (target, False, True)])
