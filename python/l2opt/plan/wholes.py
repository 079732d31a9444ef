"""Which zero-copy parts to take, when not all fits: changed one kernel at a time, where something of it is in DDR.

A part that lies in its whole need not be moved into it, but makes the whole live from the part's first write on, and
the two are in one memory then. So whether that is worth it depends on what is in DDR, which no load tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from l2opt.plan.layout import Layout
from l2opt.plan.storage import Storage
from l2opt.plan.within import store_within

__all__ = ["changed_wholes"]


def changed_wholes(storage: Storage, possible: Sequence[int], layout: Layout) -> Iterator[Storage]:
    """`storage` with the parts of `layout`, but all or none of one kernel, then one part; the largest in DDR first.

    `storage`: with nothing merged. `possible`: as `possible_within` gives it.
    """
    outside = _in_ddr(layout)
    taken = set(layout.storage.within.values())
    by_kernel: dict[str, list[int]] = {}
    for n in possible:
        by_kernel.setdefault(storage.problem.within[n].kernel, []).append(n)
    buffers, listed = storage.problem.buffers, []
    for kernel, group in by_kernel.items():
        choices = [storage.problem.within[n] for n in group]
        moved = sum(
            buffers[storage.index[name]].size
            for name in sorted({name for choice in choices for name in (choice.part, choice.whole)})
            if storage.root[storage.index[name]] in outside
        )
        if moved:
            listed.append((-moved, kernel, group))
    listed.sort()
    whole = (change for _, _, group in listed for change in (taken | set(group), taken - set(group)))
    single = (taken ^ {n} for _, _, group in listed if len(group) > 1 for n in group)
    for wanted in chain(whole, single):
        changed = store_within(storage, sorted(wanted)) if wanted != taken else storage
        if set(changed.within.values()) != taken and wanted != taken:
            yield changed


def _in_ddr(layout: Layout) -> set[int]:
    """Roots of the storage with nothing merged that are in DDR at some time."""
    items = {chunk.item for chunk in layout.chunks if not chunk.in_l2}
    roots = {root for i in items for root, _ in layout.items[i].members}
    return {b for b, root in enumerate(layout.storage.root) if root in roots}
