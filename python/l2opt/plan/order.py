"""Orders of kernels to plan with, the most promising first.

The load of an order counts, at each step, the units that are live then and may be in L2, less the bytes that an
in-place choice saves there. `memory` searches for an order with a lower peak load; program order stays a candidate, so
that what is packed in the end is never worse. What the search ignores: alignment, scratch, and what will be in DDR.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

import l2opt._solver as _solver
from l2opt.plan.lifetimes import lives_on
from l2opt.plan.model import Kind
from l2opt.plan.options import Options
from l2opt.plan.storage import Storage

__all__ = ["orders"]

_NODES = 200_000  # kernels tried


def orders(storage: Storage, before: Sequence[Sequence[int]], options: Options) -> tuple[tuple[int, ...], ...]:
    """Indices of kernels; each order is legal. `before`: as `dependencies` gives it."""
    program = tuple(range(len(storage.problem.kernels)))
    if options.order == "program" or len(program) < 2:
        return (program,)
    graph = _graph(storage, before, options.merge == "alias")
    found = tuple(_solver.low_order(graph, _NODES))
    if _solver.peak_load(graph, list(found)) >= _solver.peak_load(graph, list(program)):
        return (program,)
    return found, program


def _graph(storage: Storage, before: Sequence[Sequence[int]], merge: bool) -> _solver.Graph:
    buffers = storage.problem.buffers
    units = len(storage.unit_lo)
    size = [hi - lo for lo, hi in zip(storage.unit_lo, storage.unit_hi, strict=True)]
    group, from_start, until_end = [0] * units, [0] * units, [0] * units
    for i, buffer in enumerate(buffers):
        outside = storage.external(i) or buffers[storage.root[i]].pinned == "DDR"
        for u in storage.units[i]:
            group[u] = storage.root[i]
            size[u] = 0 if outside else size[u]
            from_start[u] |= buffer.kind in (Kind.INPUT, Kind.VARIABLE)
            until_end[u] |= lives_on(buffer)
    touched = [
        sorted({u for access in accesses for u in storage.units[access.buffer]}) for accesses in storage.accesses
    ]
    choices = _choices(storage) if merge else [[] for _ in storage.accesses]
    flat = [choice for of_kernel in choices for choice in of_kernel]
    return _solver.Graph(
        _firsts(before),
        _ints(k for kernels in before for k in kernels),
        _firsts(touched),
        _ints(u for units_of in touched for u in units_of),
        _ints(size),
        _ints(group),
        _ints(from_start),
        _ints(until_end),
        _firsts(choices),
        *(_ints(choice[i] for choice in flat) for i in range(3)),
    )


def _choices(storage: Storage) -> list[list[tuple[int, int, int]]]:
    """Kernel -> source root, target root, bytes saved; where only the order decides whether it is legal."""
    buffers = storage.problem.buffers
    number = {kernel.id: k for k, kernel in enumerate(storage.problem.kernels)}
    choices: list[list[tuple[int, int, int]]] = [[] for _ in number]
    for choice in storage.problem.in_place:
        source, target = storage.index[choice.source], storage.index[choice.target]
        under = storage.root[source]
        movable = not (storage.external(source) or storage.constant(source) or storage.external(target))
        same = buffers[under].pinned == buffers[target].pinned != "DDR" and storage.root[target] == target
        if movable and same and under != target and buffers[target].size <= buffers[source].size:
            choices[number[choice.kernel]].append((under, target, buffers[target].size))
    return choices


def _firsts(lists: Sequence[Sequence[object]]) -> npt.NDArray[np.int64]:
    return np.array([0, *accumulate(map(len, lists))], dtype=np.int64)


def _ints(values: Iterable[int]) -> npt.NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)
