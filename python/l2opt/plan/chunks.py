"""Items cut in time: where each is and when, and the copies between, from what was chosen at each event.

A chunk is an item during some steps, in one memory. In L2 it starts at the event that brings it in, or where it is
written, and ends after the last event that finds it there. In DDR it stands as long as what it holds is valid and
needed, also while a clean copy is in L2; a copy that reads it just before a step keeps it for that step. Copies to DDR
come first at each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from l2opt.plan.events import OUT, Event, Option
from l2opt.plan.items import Item
from l2opt.plan.model import Copy, Kind
from l2opt.plan.storage import Storage

__all__ = ["Choices", "Chunk", "Pick", "cut", "split_targets", "whole_chunks"]


@dataclass(frozen=True, slots=True)
class Pick:
    """An event with the option taken."""

    event: Event
    option: Option


Choices = Mapping[int, tuple[Pick, ...]]  # item -> its picks, in order


@dataclass(frozen=True, slots=True)
class Chunk:
    """An item in one memory during [start, end); `part` is what of it is packed then."""

    item: int
    in_l2: bool
    start: int
    end: int
    part: Item
    earliest: int  # the first step at which it could start, if copies bring it; else `start`


def whole_chunks(items: Sequence[Item], in_l2: Sequence[bool]) -> tuple[Chunk, ...]:
    """Each item that has bytes in one memory for all its life; none of one that has its bytes of DDR elsewhere."""
    return tuple(
        Chunk(i, inside, *item.span, item, item.span[0])
        for i, (item, inside) in enumerate(zip(items, in_l2, strict=True))
        if item.pieces and (inside or not item.external)
    )


def split_targets(storage: Storage, order: Sequence[int], items: Sequence[Item], choices: Choices) -> frozenset[int]:
    """Roots that are not written over another after all, since the two are in different memories then."""
    roots = {root: i for i, item in enumerate(items) for root, _ in item.members}
    found = set()
    for i, picks in choices.items():
        for pick in picks:
            if pick.option.mode.before != pick.option.mode.after:
                accesses = storage.accesses[order[pick.event.step]]
                found |= {
                    storage.root[a.buffer] for a in accesses if a.writes and roots.get(storage.root[a.buffer]) == i
                }
    return frozenset(found)


def cut(
    storage: Storage,
    items: Sequence[Item],
    before: Sequence[Item],
    choices: Choices,
    targets: frozenset[int],
    steps: int,
) -> tuple[tuple[Chunk, ...], tuple[Copy, ...]]:
    """`items`: those of `before`, whose events were chosen, with `targets` on their own. Chunks by item, then start."""
    home = {root: i for i, item in enumerate(before) for root, _ in item.members}
    kernels = {item.kernel: i for i, item in enumerate(before) if item.kernel is not None}
    chunks: list[Chunk] = []
    copies: list[tuple[int, bool, int]] = []  # step, to L2, buffer
    for i, item in enumerate(items):
        if not item.pieces:
            continue
        old = kernels[item.kernel] if item.kernel is not None else home[item.members[0][0]]
        if old not in choices:
            chunks += [] if item.external else [Chunk(i, False, *item.span, item, item.span[0])]
            continue
        starts_split = any(root in targets for root, _ in item.members)
        stays = any(storage.problem.buffers[root].kind is Kind.VARIABLE for root, _ in item.members)
        walk = _Walk(i, item, _own(item, choices[old], starts_split, steps), steps, starts_split, stays)
        chunks += walk.chunks()
        copies += walk.copies
    buffers = storage.problem.buffers
    return tuple(chunks), tuple(
        Copy(buffers[b].id, "DDR" if inward else "L2", "L2" if inward else "DDR", step, buffers[b].size)
        for step, inward, b in sorted(copies)
    )


def _own(item: Item, picks: Sequence[Pick], starts_split: bool, steps: int) -> list[Pick]:
    """The picks that are this item's, of those of the item that it was part of."""
    start, end = item.span
    first = start - (start == 0 and not starts_split)
    return [pick for pick in picks if first <= pick.event.step < end or pick.event.step == end == steps]


@dataclass(slots=True)
class _Walk:
    item: int
    part: Item
    picks: Sequence[Pick]
    steps: int
    starts_split: bool  # its first event is the second half of one
    home: bool  # it ends where it starts: a variable
    copies: list[tuple[int, bool, int]] = field(default_factory=list)
    made: list[Chunk] = field(default_factory=list)
    in_l2_from: int | None = None
    in_ddr_from: int | None = None  # -1: since before the first step
    needed: int = 0  # until when, in DDR
    earliest: int = 0  # of the chunk that is in L2

    def chunks(self) -> list[Chunk]:
        """In the order of their starts."""
        cover: tuple[int, ...] | None = ()
        if self.part.external:
            self.in_ddr_from = -1
        for k, pick in enumerate(self.picks):
            event, mode = pick.event, pick.option.mode
            split = mode.before != mode.after
            target = split and self.starts_split and k == 0
            inside = mode.after if target else mode.before
            after: tuple[int, ...] | None = () if split and not target else event.cover
            out = pick.option.to_state == OUT or not inside or (split and not target)
            if inside and not split and after and self._back_at_once(k):
                out = False
            if event.step >= self.steps:
                break
            last = self.picks[k - 1].event.step if k else event.step
            self._enter(event, inside, () if target else cover, last)
            if inside and event.writes and not (split and not target):
                self._close_ddr()
            if inside and out:
                self._leave(event.step + 1, after or ())
            if out and after != ():
                following = self.picks[k + 1].event.step if k + 1 < len(self.picks) else self.steps
                self.needed = max(self.needed, following)
            if after == ():
                self._close_ddr()
            cover = after
        self._close_ddr()
        if self.in_l2_from is not None:
            self._add(True, self.in_l2_from, self.part.span[1])
        if self.home or self.part.staged:
            self._stay_home()
        return sorted(self.made, key=lambda chunk: (chunk.start, chunk.in_l2))

    def _back_at_once(self, k: int) -> bool:
        """Whether what leaves after a step is in L2 at the next one: then it stays, as no step is between, unless
        what is in DDR counts."""
        if k + 1 == len(self.picks) or self.picks[k].event.changed:
            return False
        following = self.picks[k + 1]
        if following.event.home:
            return False
        return following.event.step == self.picks[k].event.step + 1 < self.steps and following.option.mode.before

    def _stay_home(self) -> None:
        """One place in DDR: it starts and ends there. None for what has it elsewhere."""
        outside = [chunk for chunk in self.made if not chunk.in_l2]
        self.made = [chunk for chunk in self.made if chunk.in_l2]
        if self.part.staged:
            span = self.part.span
            self.made += [] if self.part.external else [Chunk(self.item, False, *span, self.part, span[0])]
        elif outside:
            self._add(False, min(chunk.start for chunk in outside), max(chunk.end for chunk in outside))

    def _enter(self, event: Event, inside: bool, cover: tuple[int, ...] | None, last: int) -> None:
        step = max(event.step, 0)
        if not inside:
            self.in_ddr_from = step if self.in_ddr_from is None else self.in_ddr_from
            self.needed = max(self.needed, event.step + 1)
        elif self.in_l2_from is None:
            self.in_l2_from = self.earliest = step
            if cover:
                assert self.in_ddr_from is not None
                self.earliest = max(last + 1, self.in_ddr_from + 1)
            for buffer in cover or ():
                self.copies.append((step, True, buffer))
                self.needed = step + 1

    def _leave(self, step: int, cover: tuple[int, ...]) -> None:
        assert self.in_l2_from is not None
        self._add(True, self.in_l2_from, step)
        self.in_l2_from = None
        if cover and self.in_ddr_from is None:
            self.copies += [(step, False, buffer) for buffer in cover]
            self.in_ddr_from = step

    def _close_ddr(self) -> None:
        if self.in_ddr_from is not None and self.needed > self.in_ddr_from:
            self._add(False, self.in_ddr_from, self.needed)
        self.in_ddr_from = None
        self.needed = 0

    def _add(self, in_l2: bool, start: int, end: int) -> None:
        pieces = tuple(
            (max(p[0], start), min(p[1], end), p[2], p[3]) for p in self.part.pieces if p[0] < end and start < p[1]
        )
        if pieces:
            earliest = self.earliest if in_l2 else start
            self.made.append(Chunk(self.item, in_l2, start, end, replace(self.part, pieces=pieces), earliest))
