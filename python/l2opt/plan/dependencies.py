"""Which kernels must run before which.

A kernel runs after the last writer of each unit that it reads or writes, and after the readers since then of each unit
that it writes, all in program order; and after the kernels that it names itself. Every other order is legal.
"""

from __future__ import annotations

from l2opt.errors import L2OptError
from l2opt.plan.model import Kind
from l2opt.plan.storage import Storage

__all__ = ["dependencies"]

_FILLED = (Kind.INPUT, Kind.VARIABLE, Kind.CONSTANT)


def dependencies(storage: Storage) -> tuple[tuple[int, ...], ...]:
    """Kernel -> the kernels before it, sorted. O(accesses of units).

    Raises L2OptError if program order is not legal itself, or if a kernel reads what nothing has written.
    """
    writer: list[int] = [-1] * len(storage.unit_lo)
    readers: list[list[int]] = [[] for _ in storage.unit_lo]
    filled = _filled(storage)
    before = _named(storage)
    for k, accesses in enumerate(storage.accesses):
        for access in accesses:
            units = storage.units[access.buffer]
            if access.reads and not access.writes and not any(filled[u] for u in units):
                _reject_read(storage, k, access.buffer)
            for u in units:
                if writer[u] >= 0:
                    before[k].add(writer[u])
                if access.writes:
                    before[k].update(readers[u])
        for access in accesses:
            for u in storage.units[access.buffer]:
                if access.writes:
                    writer[u], filled[u] = k, True
                    readers[u].clear()
                else:
                    readers[u].append(k)
    for k, earlier in enumerate(before):
        earlier.discard(k)
    return tuple(tuple(sorted(earlier)) for earlier in before)


def _filled(storage: Storage) -> list[bool]:
    filled = [False] * len(storage.unit_lo)
    for i, buffer in enumerate(storage.problem.buffers):
        if buffer.kind in _FILLED or storage.external(i):
            for u in storage.units[i]:
                filled[u] = True
    return filled


def _named(storage: Storage) -> list[set[int]]:
    """For each kernel those that its `after` names, which must stand before it."""
    earlier: dict[str, int] = {}
    before: list[set[int]] = []
    for k, kernel in enumerate(storage.problem.kernels):
        for name in kernel.after:
            if name not in earlier:
                raise L2OptError(f"kernel {kernel.id!r} must run after {name!r}, which is not before it")
        before.append({earlier[name] for name in kernel.after})
        earlier[kernel.id] = k
    return before


def _reject_read(storage: Storage, kernel: int, buffer: int) -> None:
    problem = storage.problem
    raise L2OptError(
        f"kernel {problem.kernels[kernel].id!r} ({problem.kernels[kernel].name}) reads buffer "
        f"{problem.buffers[buffer].id!r} before anything writes it"
    )
