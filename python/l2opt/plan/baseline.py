"""What the plan is compared with: no reuse, whole buffers reused first come, and offsets in program order."""

from __future__ import annotations

from l2opt.plan.items import items_of
from l2opt.plan.lifetimes import Lifetimes
from l2opt.plan.merge import NO_SHARES, Joined, Shares, legal_shares
from l2opt.plan.options import Options
from l2opt.plan.pack import pack
from l2opt.plan.storage import Storage

__all__ = ["baseline_of", "program_order_peak"]


def baseline_of(storage: Storage, program: Lifetimes) -> dict[str, int]:
    """Bytes of L2 for buffers that may be in L2, without merging, scratch or a capacity.

    no_reuse: the sum of their sizes. slots: in program order, each in the first free slot.
    """
    items = [i for i in items_of(storage, program, Joined(), ()) if i.pinned != "DDR" and i.pieces]
    slots = pack(items, storage.problem.l2.alignment, Options(pack="slots", slots="first-come"), 0)
    return {"no_reuse": sum(item.size for item in items), "slots": slots.peak}


def program_order_peak(storage: Storage, program: Lifetimes, options: Options) -> int:
    """Bytes of L2 that all that may be in it takes in program order: by offsets, in place as asked, no capacity."""
    step_of = {kernel.id: step for step, kernel in enumerate(storage.problem.kernels)}
    shares = Shares.of(storage.problem, "none") if options.merge == "alias" else NO_SHARES
    items = items_of(storage, program, legal_shares(storage, program, step_of, shares), range(len(step_of)))
    placed = [item for item in items if item.pinned != "DDR" and item.pieces]
    return pack(placed, storage.problem.l2.alignment, Options(), 0).peak
