"""Which source a result is written over, of several that die there.

In L2, what is written over another needs no more than its source takes. So where the source taken is in DDR when the
result is born, and another one is in L2, the other serves better. Before anything is known of where they are, the
source that was born last is the one that is likely to be in L2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from l2opt.plan.layout import Layout
from l2opt.plan.lifetimes import Lifetimes
from l2opt.plan.merge import Shares, legal_shares
from l2opt.plan.storage import Storage

__all__ = ["latest_sources", "sources_in_l2"]

Better = Callable[[int, int, int], bool]  # the source taken, another one, step


def latest_sources(storage: Storage, order: tuple[int, ...], lifetimes: Lifetimes, shares: Shares) -> Shares:
    """`shares`, but for each target the legal source that was born last."""

    def later(taken: int, other: int, _: int) -> bool:
        return lifetimes.stored[storage.root[other]][0] > lifetimes.stored[storage.root[taken]][0]

    return _with_better(storage, order, lifetimes, shares, later)


def sources_in_l2(layout: Layout, shares: Shares) -> Shares:
    """`shares`, as the layout was made with; but for each target a source that is in L2 there, if one is."""
    item_of = {root: i for i, item in enumerate(layout.items) for root, _ in item.members}
    runs: dict[int, list[tuple[int, int]]] = {}
    for chunk in layout.chunks:
        if chunk.in_l2:
            runs.setdefault(chunk.item, []).append((chunk.start, chunk.end))

    def inside(source: int, step: int) -> bool:
        item = item_of.get(layout.storage.root[source], -1)
        return any(start <= step < end for start, end in runs.get(item, ()))

    def better(taken: int, other: int, step: int) -> bool:
        return inside(other, step) and not inside(taken, step)

    return _with_better(layout.storage, layout.order, layout.lifetimes, shares, better)


def _with_better(
    storage: Storage, order: tuple[int, ...], lifetimes: Lifetimes, shares: Shares, better: Better
) -> Shares:
    """O(choices), twice."""
    step_of = {storage.problem.kernels[k].id: step for step, k in enumerate(order)}
    taken = legal_shares(storage, lifetimes, step_of, shares).in_place
    wanted: dict[int, int] = {}  # target -> source
    for choice in shares.in_place:
        source, target = storage.index[choice.source], storage.index[choice.target]
        now = wanted.get(target, taken.get(target))
        if now is not None and now != source and better(now, source, step_of[choice.kernel]):
            wanted[target] = source
    changed = _without_others(storage, shares, wanted)
    made = legal_shares(storage, lifetimes, step_of, changed).in_place
    return _without_others(storage, shares, {t: s for t, s in wanted.items() if made.get(t) == s})


def _without_others(storage: Storage, shares: Shares, wanted: dict[int, int]) -> Shares:
    """Without the choices of targets in `wanted` for other sources."""
    index = storage.index
    kept = tuple(c for c in shares.in_place if wanted.get(index[c.target], index[c.source]) == index[c.source])
    return replace(shares, in_place=kept)
