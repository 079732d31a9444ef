"""Bytes that tensors move from and to DDR in one inference.

Each kernel reads each distinct operand that is in DDR once and writes each distinct result that is in DDR once, whole,
but for what a zero-copy choice spares it (`Access.moved`); its scratch in DDR is written and read once. Constants are
counted apart, and not here.
"""

from __future__ import annotations

from collections.abc import Callable

from l2opt.plan.storage import Access, Storage

__all__ = ["least_traffic", "traffic_of"]


def traffic_of(storage: Storage, in_ddr: Callable[[int], bool], scratch_in_ddr: Callable[[int], bool]) -> int:
    """`in_ddr`: of a root by index, external ones included; `scratch_in_ddr`: of a kernel by index."""
    total = 0
    for k, accesses in enumerate(storage.accesses):
        total += sum(
            access.moved
            for access in accesses
            if not storage.constant(access.buffer) and in_ddr(storage.root[access.buffer])
        )
        if scratch_in_ddr(k):
            total += 2 * storage.problem.kernels[k].scratch
    return total


def least_traffic(storage: Storage) -> int:
    """No plan for the problem moves less, whatever its order, merges and residency. `storage`: with nothing merged.

    What can never be in L2 (external, pinned to DDR, larger than L2) moves at each access. Of the rest, a kernel's
    operands need their bytes somewhere at once: each root's once, a target that may share a source's not at all.
    What is beyond the capacity of L2 is in DDR and moves at least once. What a zero-copy choice may spare counts as
    spared.
    """
    capacity = storage.problem.l2.capacity
    shared: dict[str, set[int]] = {}
    for choice in (*storage.problem.in_place, *storage.problem.overlaps):
        shared.setdefault(choice.kernel, set()).add(storage.index[choice.target])
    spared = _spared(storage)
    total = 0
    for k, accesses in enumerate(storage.accesses):
        free = shared.get(storage.problem.kernels[k].id, set())
        less = spared.get(storage.problem.kernels[k].id, {})
        needed: dict[int, int] = {}
        for access in accesses:
            root = storage.root[access.buffer]
            if storage.constant(root):
                continue
            if _never_in_l2(storage, root):
                total += _least(access, less.get(root, 0))
            elif access.buffer not in free and root not in less:
                needed[root] = max(needed.get(root, 0), storage.problem.buffers[access.buffer].size)
        if capacity is not None:
            total += max(0, sum(needed.values()) - capacity)
    return total


def _spared(storage: Storage) -> dict[str, dict[int, int]]:
    """Kernel -> root -> bytes that zero-copy choices may spare it there."""
    spared: dict[str, dict[int, int]] = {}
    for choice in storage.problem.within:
        of_kernel = spared.setdefault(choice.kernel, {})
        size = storage.problem.buffers[storage.index[choice.part]].size
        for name in (choice.part, choice.whole):
            root = storage.root[storage.index[name]]
            of_kernel[root] = of_kernel.get(root, 0) + size
    return spared


def _least(access: Access, spared: int) -> int:
    return 0 if spared and not access.writes else max(0, access.moved - spared)


def _never_in_l2(storage: Storage, root: int) -> bool:
    buffer, capacity = storage.problem.buffers[root], storage.problem.l2.capacity
    return buffer.external or buffer.pinned == "DDR" or (capacity is not None and buffer.size > capacity)
