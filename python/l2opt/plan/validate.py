"""What a problem must satisfy beyond what each of its parts checks when it is built."""

from __future__ import annotations

from l2opt.errors import L2OptError
from l2opt.plan.model import Problem
from l2opt.plan.storage import Storage
from l2opt.sizes import MAX_SIZE

__all__ = ["check_problem"]


def check_problem(storage: Storage) -> None:
    """Raises L2OptError for what is at fault first."""
    problem = storage.problem
    _check_memories(problem)
    _check_kernels(problem)
    _check_reached(storage)
    _check_choices(storage)
    _check_total(storage)


def _check_memories(problem: Problem) -> None:
    for memory, name in ((problem.l2, "L2"), (problem.ddr, "DDR")):
        if memory.name != name:
            raise L2OptError(f"memory {memory.name!r}: want it to be named {name}")
    for buffer in problem.buffers:
        if buffer.pinned not in (None, "L2", "DDR"):
            raise L2OptError(f"buffer {buffer.id!r} is pinned to {buffer.pinned!r}: want L2 or DDR")
        if buffer.external and buffer.pinned is not None:
            raise L2OptError(f"buffer {buffer.id!r} is external, so it cannot be pinned to {buffer.pinned}")
        if buffer.staged and not buffer.external and buffer.pinned != "DDR":
            raise L2OptError(f"buffer {buffer.id!r} is staged: want it external or pinned to DDR")


def _check_kernels(problem: Problem) -> None:
    seen: set[str] = set()
    sizes = {buffer.id: buffer.size for buffer in problem.buffers}
    for kernel in problem.kernels:
        if kernel.id in seen:
            raise L2OptError(f"kernel {kernel.id!r} is declared twice")
        if kernel.scratch < 0:
            raise L2OptError(f"kernel {kernel.id!r}: want scratch >= 0, got {kernel.scratch}")
        seen.add(kernel.id)
        for name, size in kernel.partly:
            if name not in kernel.reads:
                raise L2OptError(f"kernel {kernel.id!r} reads a part of {name!r}: want it among its reads")
            if not 0 <= size <= sizes[name]:
                raise L2OptError(f"kernel {kernel.id!r} reads {size} B of {name!r}: want 0 to {sizes[name]} B")


def _check_reached(storage: Storage) -> None:
    """What kernels reach at home is there, and no kernel writes it under two names."""
    buffers = storage.problem.buffers
    for kernel in storage.problem.kernels:
        for name in (*kernel.sees, *kernel.changes):
            i = storage.index.get(name)
            if i is None or buffers[i].view_of or not (buffers[i].external and buffers[i].staged):
                raise L2OptError(f"kernel {kernel.id!r} reaches {name!r} at home: want it external and staged")
        both = sorted(set(kernel.changes) & set(kernel.writes))
        if both:
            raise L2OptError(f"kernel {kernel.id!r} writes {both[0]!r}, and may change it under another name")


def _check_choices(storage: Storage) -> None:
    problem = storage.problem
    kernels = {kernel.id for kernel in problem.kernels}
    listed = [("in-place", c.kernel, (c.source, c.target)) for c in problem.in_place]
    listed += [("zero-copy", c.kernel, (c.part, c.whole)) for c in problem.within]
    listed += [("overlap", c.kernel, (c.source, c.target)) for c in problem.overlaps]
    for what, kernel, names in listed:
        if kernel not in kernels:
            raise L2OptError(f"{what} choice of kernel {kernel!r}, which is not declared")
        for name in names:
            if name not in storage.index:
                raise L2OptError(f"{what} choice of kernel {kernel!r} names {name!r}, which is not declared")


def _check_total(storage: Storage) -> None:
    problem = storage.problem
    padding = max(problem.l2.alignment, problem.ddr.alignment)
    total = sum(problem.buffers[root].size + padding for root in storage.roots())
    total += sum(kernel.scratch + padding for kernel in problem.kernels if kernel.scratch)
    if total > MAX_SIZE:
        raise L2OptError(f"buffers: want at most 2^62 bytes in all, alignment included, got {total}")
