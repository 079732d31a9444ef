"""Shadow memory: for every byte of the arenas, which logical buffer wrote it last.

Bytes that every target treats alike are one segment, so the shadow's size follows the number of contiguous runs in the
targets, not the bytes: a packed arena of 100 MB takes as much as one of 100 KB. A buffer's byte is lost once it had
written it and another buffer wrote it after; it is found again when its buffer writes it as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from l2opt.passes.check_ir_views import Target

__all__ = ["Segments", "Shadow", "State", "TooManyPieces"]

Indices = npt.NDArray[np.int64]
Segments = slice | Indices
Writers = int | npt.NDArray[np.int32]  # an event, or one a segment
_MOST_PIECES = 1 << 24  # of all targets together; 128 MB of indices


class TooManyPieces(Exception):
    """The targets fall into more contiguous pieces than can be followed."""


@dataclass
class State:
    """The shadow at one point of the program. Both arrays have one element a segment."""

    owner: npt.NDArray[np.int32]  # root that wrote it last, plus 1; 0: nobody
    writer: npt.NDArray[np.int32]  # number of the event that did
    lost: dict[int, npt.NDArray[np.int32]]  # root -> for its own segments, the event that took it, plus 1; 0: none

    def copy(self) -> State:
        return State(self.owner.copy(), self.writer.copy(), dict(self.lost))

    def same(self, other: State) -> bool:
        """Whether both know the same, whoever showed it."""
        if self.lost.keys() != other.lost.keys() or not np.array_equal(self.owner, other.owner):
            return False
        return all(np.array_equal(mask != 0, other.lost[root] != 0) for root, mask in self.lost.items())


@dataclass
class Shadow:
    """The segments, and what reads and writes do to a state."""

    bounds: Indices  # byte positions between segments
    _segments: dict[Target, Segments] = field(default_factory=dict)
    _spans: dict[int, slice] = field(default_factory=dict)  # root -> its segments

    @classmethod
    def of(cls, roots: dict[int, Target], targets: Iterable[Target]) -> Shadow:
        """A shadow fine enough for `targets`. O(n log n) in their contiguous runs. May raise TooManyPieces."""
        every = list(dict.fromkeys([*roots.values(), *targets]))
        runs: dict[Target, tuple[Indices, int]] = {}
        left = _MOST_PIECES
        for target in every:
            runs[target] = _runs(target, left)
            left -= runs[target][0].size
        edges = [edge for starts, length in runs.values() for edge in (starts, starts + length)]
        bounds = np.unique(np.concatenate(edges)) if edges else np.zeros(0, np.int64)
        shadow = cls(bounds)
        for target, (starts, length) in runs.items():
            first, last = np.searchsorted(bounds, starts), np.searchsorted(bounds, starts + length)
            shadow._segments[target] = _join(first, last)
        for root, target in roots.items():
            low, high = np.searchsorted(bounds, target.extent)
            shadow._spans[root] = slice(int(low), int(high))
        return shadow

    def start(self) -> State:
        """Nothing was written yet."""
        size = max(0, self.bounds.size - 1)
        return State(np.zeros(size, np.int32), np.zeros(size, np.int32), {})

    def where(self, target: Target) -> Segments:
        return self._segments[target]

    def only(self, state: State, roots: Sequence[int]) -> State:
        """What `state` says of `roots`, as of before any event; all else is as if it had never been written."""
        owner = np.where(np.isin(state.owner, [root + 1 for root in roots]), state.owner, 0)
        lost = {root: mask for root, mask in state.lost.items() if root in roots}
        return State(owner.astype(np.int32), np.zeros_like(state.writer), lost)

    def write(self, state: State, target: Target, event: int, whole: bool) -> None:
        segments, owner = self._segments[target], target.root + 1
        before = state.owner[segments]
        foreign = (before != owner) & (before != 0)
        for other in np.unique(before[foreign]):
            self._lose(state, int(other) - 1, segments, before == other, event)
        state.owner[segments] = owner
        state.writer[segments] = event
        if whole and target.root in state.lost:
            mask = state.lost[target.root].copy()
            mask[self._local(target.root, segments)] = 0
            state.lost[target.root] = mask

    def lost(self, state: State, target: Target) -> tuple[Indices, int] | None:
        """Segments of `target` that its root had written and another took, and the event that took the first."""
        mask = state.lost.get(target.root)
        if mask is None:
            return None
        segments = self._segments[target]
        taken = mask[self._local(target.root, segments)]
        if not taken.any():
            return None
        return _as_indices(segments)[taken != 0], int(taken[taken != 0][0]) - 1

    def foreign(self, state: State, target: Target) -> tuple[Indices, int] | None:
        """Segments of `target` that another root wrote last, and the event that wrote the first."""
        segments = self._segments[target]
        owner = state.owner[segments]
        bad = (owner != target.root + 1) & (owner != 0)
        if not bad.any():
            return None
        return _as_indices(segments)[bad], int(state.writer[segments][bad][0])

    def written(self, state: State, target: Target) -> bool:
        """Whether the target's root wrote any of its bytes last, or there are none."""
        owner = state.owner[self._segments[target]]
        return bool(owner.size == 0 or (owner == target.root + 1).any())

    def written_since(self, state: State, target: Target, event: int) -> int | None:
        """The event after `event` that wrote some of the target last, if there is one."""
        latest = int(state.writer[self._segments[target]].max(initial=0))
        return latest if latest > event else None

    def unwritten(self, state: State, target: Target) -> Indices:
        """Segments of `target` that nobody wrote."""
        segments = self._segments[target]
        found: Indices = _as_indices(segments)[state.owner[segments] == 0]
        return found

    def writers(self, state: State, target: Target) -> Indices:
        """The events that wrote the bytes of `target` last, each once."""
        return np.unique(state.writer[self._segments[target]]).astype(np.int64)

    def crosses(self, one: Target, other: Target) -> Indices:
        """Segments in both, if each has some that the other has not."""
        both = self.overlap(one, other)
        sizes = [_as_indices(self._segments[each]).size for each in (one, other)]
        return both if both.size < min(sizes) else both[:0]

    def same(self, one: Target, other: Target) -> bool:
        """Whether both are the same bytes."""
        return np.array_equal(_as_indices(self._segments[one]), _as_indices(self._segments[other]))

    def overlap(self, one: Target, other: Target) -> Indices:
        """Segments in both."""
        (a, b), (c, d) = one.extent, other.extent
        if b <= c or d <= a:
            return np.zeros(0, np.int64)
        return np.intersect1d(_as_indices(self._segments[one]), _as_indices(self._segments[other]))

    def bytes_of(self, segments: Indices) -> tuple[int, int]:
        """The first contiguous run of bytes in sorted `segments`."""
        breaks = np.flatnonzero(np.diff(segments) != 1)
        last = segments[breaks[0]] if breaks.size else segments[-1]
        return int(self.bounds[segments[0]]), int(self.bounds[last + 1])

    def merge(self, before: State, ways: list[State]) -> State:
        """What is known after one of several `ways` from `before`: who wrote in any of them, and all lost in any.

        Bytes that two ways gave to different roots are lost to both.
        """
        merged = ways[0].copy()
        for way in ways[1:]:
            take = way.owner != before.owner
            both = take & (merged.owner != before.owner) & (merged.owner != way.owner)
            for state, by in ((merged, way), (way, merged)) if both.any() else ():
                for owner in np.unique(state.owner[both]):
                    self._lose(merged, int(owner) - 1, slice(0, both.size), both & (state.owner == owner), by.writer)
            merged.owner[take] = way.owner[take]
            merged.writer[take] = way.writer[take]
            for root, mask in way.lost.items():
                merged.lost[root] = np.maximum(mask, merged.lost[root]) if root in merged.lost else mask
        return merged

    def _lose(self, state: State, root: int, segments: Segments, mask: npt.NDArray[np.bool_], by: Writers) -> None:
        """Notes that where `mask` holds among `segments`, what `root` wrote is overwritten by event `by`."""
        span = self._spans[root]
        old = state.lost.get(root)
        new = np.zeros(span.stop - span.start, np.int32) if old is None else old.copy()
        new[_as_indices(segments)[mask] - span.start] = (by[segments][mask] if isinstance(by, np.ndarray) else by) + 1
        state.lost[root] = new

    def _local(self, root: int, segments: Segments) -> Segments:
        """Positions of `segments` among the root's own."""
        start: int = self._spans[root].start
        if isinstance(segments, slice):
            return slice(segments.start - start, segments.stop - start)
        return segments - start


def _runs(target: Target, most: int) -> tuple[Indices, int]:
    """Starts of the contiguous runs that make up the target, sorted, and their common length in bytes.

    TooManyPieces if there are more than `most`.
    """
    if 0 in target.shape:
        return np.zeros(0, np.int64), 1
    start, _ = target.extent
    dimensions = [(abs(stride), size) for size, stride in zip(target.shape, target.strides, strict=True)]
    length = target.element
    starts = np.array([start], np.int64)
    for stride, size in sorted(dimensions):
        if stride <= length and starts.size == 1:
            length += (size - 1) * stride
        elif size > 1:
            if starts.size * size > most:
                raise TooManyPieces
            starts = (starts[:, None] + np.arange(size, dtype=np.int64) * stride).ravel()
    return np.unique(starts), length


def _join(first: Indices, last: Indices) -> Segments:
    """All indices in the ranges [first, last), sorted."""
    if first.size == 1:
        return slice(int(first[0]), int(last[0]))
    counts = last - first
    total = int(counts.sum())
    if total == 0:
        return slice(0, 0)
    ends = np.cumsum(counts)
    return np.unique(np.repeat(first - (ends - counts), counts) + np.arange(total, dtype=np.int64))


def _as_indices(segments: Segments) -> Indices:
    if isinstance(segments, slice):
        return np.arange(segments.start, segments.stop, dtype=np.int64)
    return segments
