"""Bytes that tensors move from and to DDR in one inference.

Each kernel reads each distinct operand that is in DDR once and writes each distinct result that is in DDR once, whole,
but for what a zero-copy choice spares it (`Access.moved`); its scratch in DDR is written and read once. Constants are
counted apart, and not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from l2opt.plan.chunks import Chunk
from l2opt.plan.costs import Costs
from l2opt.plan.items import Item
from l2opt.plan.model import Copy, InPlace, Overlap
from l2opt.plan.storage import Access, Storage

__all__ = ["cost_of", "least_traffic", "traffic_of"]


def traffic_of(
    storage: Storage, order: Sequence[int], items: Sequence[Item], chunks: Sequence[Chunk], copies: Sequence[Copy]
) -> int:
    """Bytes; as `cost_of`."""
    return int(cost_of(storage, order, items, chunks, copies, Costs()))


def cost_of(
    storage: Storage,
    order: Sequence[int],
    items: Sequence[Item],
    chunks: Sequence[Chunk],
    copies: Sequence[Copy],
    costs: Costs,
) -> float:
    """Of all that kernels and copies move; kernels use what is in L2 where an item is in both memories."""
    item_of = {root: i for i, item in enumerate(items) for root, _ in item.members}
    in_l2: dict[int, list[tuple[int, int]]] = {}
    for chunk in chunks:
        if chunk.in_l2:
            in_l2.setdefault(chunk.item, []).append((chunk.start, chunk.end))
    total = sum(
        copy.size * (costs.l2_read + costs.ddr_write if copy.source == "L2" else costs.ddr_read + costs.l2_write)
        + costs.transfer
        for copy in copies
        if not storage.constant(storage.index[copy.buffer])
    )
    for step, k in enumerate(order):
        for access in storage.accesses[k]:
            root = storage.root[access.buffer]
            if not storage.constant(root):
                intervals = in_l2.get(item_of.get(root, -1), ())
                inside = any(start <= step < end for start, end in intervals)
                total += _cost(access, inside, costs)
    for i, item in enumerate(items):
        if item.kernel is not None and i in in_l2:
            total += item.size * (costs.l2_read + costs.l2_write)
        elif item.kernel is not None:
            total += item.size * (costs.ddr_read + costs.ddr_write) + 2 * costs.transfer
    return total


def _cost(access: Access, inside: bool, costs: Costs) -> float:
    read, written = (costs.l2_read, costs.l2_write) if inside else (costs.ddr_read, costs.ddr_write)
    if not access.moved:
        return 0.0
    return read * access.read_bytes + written * access.written_bytes + (0.0 if inside else costs.transfer)


def least_traffic(storage: Storage) -> int:
    """No plan for the problem moves less, whatever its order, merges and residency. `storage`: with nothing merged.

    What can never be in L2 (external, pinned to DDR, larger than L2) moves at each access, what is staged there as
    much as at one of them. Of the rest, a kernel's operands need their bytes somewhere at once: each root's once, a
    target that may share a source's not at all, and of roots that zero-copy choices may make one the largest. What is
    beyond the capacity of L2 is in DDR and moves at least once. What a zero-copy choice may spare counts as spared.
    """
    capacity = storage.problem.l2.capacity
    shared: dict[str, set[int]] = {}
    choices: list[InPlace | Overlap] = [*storage.problem.in_place, *storage.problem.overlaps]
    for choice in choices:
        shared.setdefault(choice.kernel, set()).add(storage.index[choice.target])
    spared, one = _spared(storage), _made_one(storage)
    total = 0
    once: dict[int, int] = {}  # root that is staged -> bytes
    for k, accesses in enumerate(storage.accesses):
        free = shared.get(storage.problem.kernels[k].id, set())
        less = spared.get(storage.problem.kernels[k].id, {})
        needed: dict[int, int] = {}
        for access in accesses:
            root = storage.root[access.buffer]
            if storage.constant(root):
                continue
            if storage.problem.buffers[root].staged:
                most = max(access.read_bytes, access.written_bytes)
                once[root] = max(once.get(root, 0), min(most, _least(access, less.get(root, 0))))
            elif _never_in_l2(storage, root):
                total += _least(access, less.get(root, 0))
            elif access.buffer not in free and root not in less:
                top = one(root)
                needed[top] = max(needed.get(top, 0), storage.problem.buffers[access.buffer].size)
        if capacity is not None:
            total += max(0, sum(needed.values()) - capacity)
    return total + sum(once.values())


def _made_one(storage: Storage) -> Callable[[int], int]:
    """Root -> one of those that a chain of zero-copy choices, of any kernels, joins it with."""
    above: dict[int, int] = {}

    def find(root: int) -> int:
        while root in above:
            root = above[root]
        return root

    for choice in storage.problem.within:
        part, whole = (find(storage.root[storage.index[name]]) for name in (choice.part, choice.whole))
        if part != whole:
            above[part] = whole
    return find


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
