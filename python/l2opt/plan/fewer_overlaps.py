"""Which overlaps are worth taking, under one order: those of the steps that would be the highest without.

An overlap fixes its source to its target, so a chain of them is one item as high as all its distances together: taken
everywhere, they can raise the peak. One whose source could be written in place takes that away. So they are taken one
by one, at the step with the highest load that has one left, until a lower bound on the peak is above the load of every
step that is left; what had the lowest bound on the way is kept. O(overlaps taken x units).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from l2opt.plan.items import Item, items_of
from l2opt.plan.lifetimes import lifetimes_in
from l2opt.plan.merge import Shares, legal_shares
from l2opt.plan.model import Overlap
from l2opt.plan.pack import least_peak
from l2opt.plan.storage import Storage

__all__ = ["fewer_overlaps", "raised_overlaps"]


def fewer_overlaps(storage: Storage, order: Sequence[int], shares: Shares) -> Shares:
    """`shares` with those overlaps that lower the peak of `order`."""
    lifetimes = lifetimes_in(storage, order)
    step_of = {storage.problem.kernels[k].id: step for step, k in enumerate(order)}

    def items_with(overlaps: Sequence[Overlap]) -> list[Item]:
        taken = legal_shares(storage, lifetimes, step_of, shares.taking(overlaps))
        items = items_of(storage, lifetimes, taken, order)
        return [item for item in items if item.pinned != "DDR" and item.pieces]

    alignment = storage.problem.l2.alignment
    plain = items_with(())
    loads = _loads(plain, len(order))
    listed = (*shares.overlaps, *shares.instead)
    left = sorted(listed, key=lambda each: (loads[step_of[each.kernel]], each.kernel, each.source))
    kept: tuple[Overlap, ...] = ()
    least = peak = least_peak(plain, alignment)
    taken: list[Overlap] = []
    while left and loads[step_of[left[-1].kernel]] >= min(least, peak):
        taken.append(left.pop())
        peak = least_peak(items_with(taken), alignment)
        if peak < least:
            kept, least = tuple(taken), peak
    return shares.taking(kept)


def raised_overlaps(storage: Storage, shares: Shares) -> Shares:
    """`shares` with the sources that lie inside their targets as high in them as they can: what lives beside them, but
    not as long as the target, may fit below."""
    alignment, size = storage.problem.l2.alignment, {buffer.id: buffer.size for buffer in storage.problem.buffers}

    def raised(choice: Overlap) -> Overlap:
        highest = (size[choice.target] - size[choice.source]) // alignment * alignment
        return choice if choice.exact or highest <= choice.distance else replace(choice, distance=highest)

    return replace(shares, overlaps=tuple(map(raised, shares.overlaps)))


def _loads(items: Sequence[Item], steps: int) -> list[int]:
    """Bytes live at each step."""
    change = [0] * (steps + 2)
    for item in items:
        for start, end, lo, hi in item.pieces:
            change[start] += hi - lo
            change[min(end, steps + 1)] -= hi - lo
    loads, load = [], 0
    for each in change[: steps + 1]:
        load += each
        loads.append(load)
    return loads
