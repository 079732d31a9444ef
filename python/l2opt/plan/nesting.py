"""Which zero-copy parts to take for a given order of kernels: those with the lowest peak load found.

The load counts each root up to a multiple of the alignment, and what is written in place not while it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

import l2opt._solver as _solver
from l2opt.plan.lifetimes import lives_on
from l2opt.plan.merge import Shares, in_place_possible
from l2opt.plan.model import Kind
from l2opt.plan.storage import Storage

__all__ = ["Nester"]


class Nester:
    """Of one storage with nothing merged. `possible`: as `possible_within` gives it."""

    def __init__(self, storage: Storage, possible: Sequence[int], shares: Shares) -> None:
        self._possible = possible
        self._number = {n: i for i, n in enumerate(possible)}
        buffers = storage.problem.buffers
        touches = [[a for a in accesses if buffers[a.buffer].size] for accesses in storage.accesses]
        overs = _overs(storage, shares)
        self._native = _solver.Nesting(
            _ints(_buffers(storage)),
            _firsts(touches),
            _ints((a.buffer, a.reads, a.writes) for each in touches for a in each),
            _ints(_nests(storage, possible)),
            _firsts(overs),
            _ints(pair for each in overs for pair in each),
            storage.problem.l2.alignment,
        )

    def best(self, order: Sequence[int], start: Sequence[int], looks: int) -> tuple[tuple[int, ...], int]:
        """Choices taken, and the peak load; from those of `start`, as many as can be taken together."""
        taken, peak = _solver.nest(self._native, list(order), [self._number[n] for n in start], looks)
        return tuple(self._possible[i] for i in taken), peak


def _buffers(storage: Storage) -> Iterable[tuple[int, ...]]:
    buffers = storage.problem.buffers
    cut = {root for i, root in enumerate(storage.root) if buffers[i].size != buffers[root].size}
    for i, buffer in enumerate(buffers):
        root = storage.root[i]
        from_start = buffer.kind in (Kind.INPUT, Kind.VARIABLE)
        counts = not storage.external(i) and buffers[root].pinned != "DDR"
        yield root, storage.offset[i], buffer.size, from_start, lives_on(buffer), counts, root in cut


def _nests(storage: Storage, possible: Sequence[int]) -> Iterable[tuple[int, ...]]:
    number = {kernel.id: k for k, kernel in enumerate(storage.problem.kernels)}
    for n in possible:
        choice = storage.problem.within[n]
        part, whole = storage.index[choice.part], storage.index[choice.whole]
        place = (storage.offset[whole], storage.problem.buffers[whole].size, choice.offset, choice.extent, choice.rows)
        yield number[choice.kernel], storage.root[part], storage.root[whole], *place


def _overs(storage: Storage, shares: Shares) -> list[list[tuple[int, int]]]:
    """Kernel -> source, target: the smallest source first."""
    problem = storage.problem
    number = {kernel.id: k for k, kernel in enumerate(problem.kernels)}
    kept = {storage.root[i] for i, buffer in enumerate(problem.buffers) if lives_on(buffer)}
    listed: list[list[tuple[int, int, int, int]]] = [[] for _ in number]
    for n, choice in enumerate(shares.in_place):
        source, target, k = storage.index[choice.source], storage.index[choice.target], number[choice.kernel]
        if storage.root[source] not in kept and in_place_possible(storage, k, source, target):
            listed[k].append((problem.buffers[source].size, n, source, target))
    return [[(source, target) for _, _, source, target in sorted(each)] for each in listed]


def _firsts(lists: Sequence[Sequence[object]]) -> npt.NDArray[np.int64]:
    return np.array([0, *accumulate(map(len, lists))], dtype=np.int64)


def _ints(rows: Iterable[tuple[int, ...]]) -> npt.NDArray[np.int64]:
    return np.fromiter((int(value) for row in rows for value in row), dtype=np.int64)
