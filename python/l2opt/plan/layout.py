"""Where everything lies, for one order of kernels and one set of merges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from l2opt.errors import Infeasible
from l2opt.plan.chunks import Chunk
from l2opt.plan.events import Known
from l2opt.plan.items import Item, items_of
from l2opt.plan.lifetimes import Lifetimes
from l2opt.plan.merge import Joined, Shares, legal_shares
from l2opt.plan.model import Copy, Memory
from l2opt.plan.options import Options
from l2opt.plan.pack import least_peak, pack
from l2opt.plan.prefetch import bring_early
from l2opt.plan.spill import Care, Resident, Scene, reside
from l2opt.plan.storage import Storage
from l2opt.plan.traffic import traffic_of

__all__ = ["Layout", "lay_out", "scene_of"]

_OFFSETS = Options()  # DDR is packed by offsets, whatever is asked for L2


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything decided. `offsets`: a chunk each."""

    storage: Storage  # with the zero-copy choices taken
    order: tuple[int, ...]  # kernels by index
    lifetimes: Lifetimes
    joined: Joined
    items: tuple[Item, ...]
    chunks: tuple[Chunk, ...]
    offsets: tuple[int, ...]
    copies: tuple[Copy, ...]
    l2_peak: int
    l2_lower_bound: int
    l2_window: tuple[str, ...]  # as `Plan` has it
    ddr_peak: int
    traffic: int
    objective: float  # what is made least, in its unit
    objective_bound: float  # for this order, these merges
    traffic_bound: float  # bytes; likewise
    winner: str  # what found the packing of L2

    @property
    def cost(self) -> tuple[float, int, bool, int, int]:
        """Less is better: what is left in DDR costs most, even what nobody uses there."""
        return self.objective, self.traffic, not self.whole, self.l2_peak, self.ddr_peak

    @property
    def plainly_merged(self) -> bool:
        """Whether merges are at most those in place."""
        return not self.storage.within and not self.joined.overlaps

    @property
    def whole(self) -> bool:
        """Whether everything that may be in L2 is there."""
        return all(chunk.in_l2 or self.items[chunk.item].pinned == "DDR" for chunk in self.chunks)


def lay_out(
    storage: Storage,
    order: Sequence[int],
    lifetimes: Lifetimes,
    shares: Shares,
    options: Options,
    seconds: float,
    to_beat: int | None = None,
    below: float = math.inf,
    care: Care = Care.PLAIN,
    known: Known | None = None,
) -> Layout | None:
    """Merges, residency and offsets; None if everything fits in a peak of `to_beat` bytes and no packing is lower, or
    if not all fits and none that costs less than `below` was found. `known`: of other calls for the same problem.

    Raises Infeasible if something that must be in a memory cannot be.
    """
    scene = replace(scene_of(storage, order, lifetimes, shares), known={} if known is None else known)
    movable = [item for item in scene.items if item.pinned != "DDR" and item.pieces]
    if to_beat is not None and least_peak(movable, storage.problem.l2.alignment) >= to_beat:
        return None
    resident = reside(scene, options, seconds, below, care)
    return None if resident is None else _with_ddr(bring_early(resident), seconds)


def scene_of(storage: Storage, order: Sequence[int], lifetimes: Lifetimes, shares: Shares) -> Scene:
    """The items of an order, joined where `shares` may be taken."""
    step_of = {storage.problem.kernels[k].id: step for step, k in enumerate(order)}
    joined = legal_shares(storage, lifetimes, step_of, shares)
    return Scene(storage, lifetimes, tuple(order), joined, items_of(storage, lifetimes, joined, order))


def _with_ddr(resident: Resident, seconds: float) -> Layout:
    scene = resident.scene
    problem = scene.storage.problem
    outside = [chunk.part for chunk in resident.chunks if not chunk.in_l2]
    ddr = pack(outside, problem.ddr.alignment, _OFFSETS, seconds)
    _check_ddr(ddr.peak, problem.ddr)
    l2, rest = iter(resident.offsets), iter(ddr.offsets)
    offsets = tuple(next(l2) if chunk.in_l2 else next(rest) or 0 for chunk in resident.chunks)
    return Layout(
        scene.storage,
        scene.order,
        scene.lifetimes,
        scene.joined,
        scene.items,
        resident.chunks,
        offsets,
        resident.copies,
        resident.peak,
        resident.lower_bound,
        resident.window,
        ddr.peak,
        traffic_of(scene.storage, scene.order, scene.items, resident.chunks, resident.copies),
        resident.cost,
        resident.cost_bound,
        resident.traffic_bound,
        resident.winner,
    )


def _check_ddr(peak: int, memory: Memory) -> None:
    if memory.capacity is not None and peak > memory.capacity:
        raise Infeasible(f"{memory.name} needs {peak} B; its capacity is {memory.capacity} B")
