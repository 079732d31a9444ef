"""What is placed: roots joined by what they share, and the scratch of kernels.

An item has one place. Its pieces are the bytes it needs over time: disjoint rectangles of steps x bytes. A buffer
written over a larger one makes an L: where both are live at the kernel's step they are the same bytes, counted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from l2opt.plan.lifetimes import Interval, Lifetimes
from l2opt.plan.merge import Joined
from l2opt.plan.model import Buffer
from l2opt.plan.storage import Storage
from l2opt.sizes import MAX_SIZE

__all__ = ["Item", "Piece", "disjoint", "items_of"]

Piece = tuple[int, int, int, int]  # start, end (steps), lo, hi (bytes from the item's offset); half-open


@dataclass(frozen=True, slots=True)
class Item:
    """Bytes that get one offset in one memory."""

    name: str  # id of its root buffer, or of the kernel whose scratch it is
    pieces: tuple[Piece, ...]  # empty if it has no bytes
    members: tuple[tuple[int, int], ...]  # roots of `Storage` and their offsets in the item; none for scratch
    value: int  # bytes of DDR traffic in one inference that placing it in L2 saves
    pinned: str | None = None  # memory that it must be in
    kernel: int | None = None  # for scratch: the kernel
    alignment: int | None = None  # bytes; None: the memory's
    window: tuple[int, int] = (0, MAX_SIZE)  # offsets that it may have, both included
    staged: bool = False  # pinned to DDR, but for copies in L2
    external: bool = False  # it has its bytes of DDR elsewhere

    @property
    def size(self) -> int:
        return max((hi for _, _, _, hi in self.pieces), default=0)

    @property
    def span(self) -> Interval:
        return min(p[0] for p in self.pieces), max(p[1] for p in self.pieces)


def items_of(storage: Storage, lifetimes: Lifetimes, joined: Joined, order: Sequence[int]) -> tuple[Item, ...]:
    """`joined`: as `legal_shares` gives it; `order`: indices of kernels. O(units log units)."""
    buffers = storage.problem.buffers
    home = _homes(storage, joined)
    members: dict[int, list[tuple[int, int]]] = {}
    for root in storage.roots():
        top, offset = home[root]
        members.setdefault(top, []).append((root, offset))
    value = _values(storage, home)
    items = []
    for top, group in members.items():
        rectangles = [
            (*lifetimes.unit[u], offset + storage.unit_lo[u], offset + storage.unit_hi[u])
            for root, offset in group
            for u in storage.units[root]
        ]
        items.append(_item(buffers[top], disjoint(rectangles), tuple(group), value[top]))
    for step, k in enumerate(order):
        kernel = storage.problem.kernels[k]
        if kernel.scratch:
            items.append(Item(kernel.id, ((step, step + 1, 0, kernel.scratch),), (), 2 * kernel.scratch, kernel=k))
    return tuple(items)


def _item(top: Buffer, pieces: tuple[Piece, ...], group: tuple[tuple[int, int], ...], value: int) -> Item:
    pinned = "DDR" if top.external else top.pinned
    return Item(top.id, pieces, group, value, pinned, staged=top.staged, external=top.external)


def disjoint(rectangles: Iterable[Piece]) -> tuple[Piece, ...]:
    """Rectangles that cover the same bytes at the same steps, each once; those without bytes go."""
    rectangles = [r for r in rectangles if r[2] < r[3]]
    if len(rectangles) < 2:
        return tuple(rectangles)
    cuts = sorted({byte for r in rectangles for byte in r[2:]})
    at = {byte: i for i, byte in enumerate(cuts)}
    live: list[list[Interval]] = [[] for _ in cuts]
    for start, end, lo, hi in sorted(rectangles):
        for i in range(at[lo], at[hi]):
            if live[i] and live[i][-1][1] >= start:
                live[i][-1] = (live[i][-1][0], max(live[i][-1][1], end))
            else:
                live[i].append((start, end))
    pieces: list[Piece] = []
    for i, intervals in enumerate(live[:-1]):
        same = i > 0 and intervals == live[i - 1]
        for k, (start, end) in enumerate(intervals):
            if same:
                at_k = len(pieces) - len(intervals) + k
                pieces[at_k] = (start, end, pieces[at_k][2], cuts[i + 1])
            else:
                pieces.append((start, end, cuts[i], cuts[i + 1]))
    return tuple(pieces)


def _homes(storage: Storage, joined: Joined) -> dict[int, tuple[int, int]]:
    """Root -> the root that all it shares bytes with starts at, and its offset there."""
    home: dict[int, tuple[int, int]] = {}
    for root in storage.roots():
        chain = []
        at = root
        while at not in home and (under := joined.under(at)) is not None:
            chain.append((at, *under))
            at = storage.root[under[0]]
        home.setdefault(at, (at, 0))
        for member, buffer, distance in reversed(chain):
            top, offset = home[storage.root[buffer]]
            home[member] = (top, offset + storage.offset[buffer] + distance)
    return home


def _values(storage: Storage, home: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    value = dict.fromkeys((top for top, _ in home.values()), 0)
    for accesses in storage.accesses:
        for access in accesses:
            root = storage.root[access.buffer]
            if root in home:
                value[home[root][0]] += access.moved
    return value
