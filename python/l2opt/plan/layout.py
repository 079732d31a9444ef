"""Where everything lies, for one order of kernels and one set of merges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from l2opt.errors import Infeasible
from l2opt.plan.items import Item, items_of
from l2opt.plan.lifetimes import Lifetimes
from l2opt.plan.merge import Joined, Shares, legal_shares
from l2opt.plan.model import Memory
from l2opt.plan.options import Options
from l2opt.plan.pack import least_peak, pack
from l2opt.plan.spill import reside
from l2opt.plan.storage import Storage
from l2opt.plan.traffic import traffic_of

__all__ = ["Layout", "lay_out"]

_OFFSETS = Options()  # DDR is packed by offsets, whatever is asked for L2


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything decided. `in_l2` and `offsets`: an item each."""

    storage: Storage  # with the zero-copy choices taken
    order: tuple[int, ...]  # kernels by index
    lifetimes: Lifetimes
    joined: Joined
    items: tuple[Item, ...]
    in_l2: tuple[bool, ...]
    offsets: tuple[int, ...]
    l2_peak: int
    l2_lower_bound: int
    ddr_peak: int
    traffic: int
    winner: str  # what found the packing of L2

    @property
    def cost(self) -> tuple[int, int, int]:
        """Less is better: what is left in DDR costs most."""
        return self.traffic, self.l2_peak, self.ddr_peak

    @property
    def plainly_merged(self) -> bool:
        """Whether merges are at most those in place."""
        return not self.storage.within and not self.joined.overlaps

    @property
    def whole(self) -> bool:
        """Whether everything that may be in L2 is there."""
        return all(inside or item.pinned == "DDR" for item, inside in zip(self.items, self.in_l2, strict=True))


def lay_out(
    storage: Storage,
    order: Sequence[int],
    lifetimes: Lifetimes,
    shares: Shares,
    options: Options,
    seconds: float,
    to_beat: int | None = None,
) -> Layout | None:
    """Merges, residency and offsets; None if everything fits in a peak of `to_beat` bytes and no packing is lower.

    Raises Infeasible if something that must be in a memory cannot be.
    """
    problem = storage.problem
    step_of = {problem.kernels[k].id: step for step, k in enumerate(order)}
    joined = legal_shares(storage, lifetimes, step_of, shares)
    items = items_of(storage, lifetimes, joined, order)

    offsets = [0] * len(items)
    in_l2 = [item.pinned != "DDR" for item in items]
    movable = [i for i, item in enumerate(items) if in_l2[i] and item.pieces]
    if to_beat is not None and least_peak([items[i] for i in movable], problem.l2.alignment) >= to_beat:
        return None
    l2 = reside([items[i] for i in movable], problem.l2, options, seconds)
    for i, offset in zip(movable, l2.offsets, strict=True):
        in_l2[i] = offset is not None
        offsets[i] = offset or 0
    left = [i for i, item in enumerate(items) if not in_l2[i] and item.pieces]
    ddr = pack([items[i] for i in left], problem.ddr.alignment, _OFFSETS, seconds)
    _check_ddr(ddr.peak, problem.ddr)
    for i, offset in zip(left, ddr.offsets, strict=True):
        offsets[i] = offset or 0
    return Layout(
        storage,
        tuple(order),
        lifetimes,
        joined,
        items,
        tuple(in_l2),
        tuple(offsets),
        l2.peak,
        l2.lower_bound,
        ddr.peak,
        _traffic(storage, items, in_l2),
        l2.winner,
    )


def _check_ddr(peak: int, memory: Memory) -> None:
    if memory.capacity is not None and peak > memory.capacity:
        raise Infeasible(f"{memory.name} needs {peak} B; its capacity is {memory.capacity} B")


def _traffic(storage: Storage, items: Sequence[Item], in_l2: Sequence[bool]) -> int:
    ddr_roots = {i for i in range(len(storage.root)) if storage.external(i)}
    ddr_kernels = set()
    for item, inside in zip(items, in_l2, strict=True):
        if not inside:
            ddr_roots.update(root for root, _ in item.members)
            if item.kernel is not None:
                ddr_kernels.add(item.kernel)
    return traffic_of(storage, ddr_roots.__contains__, ddr_kernels.__contains__)
