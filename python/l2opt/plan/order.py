"""Orders of kernels to plan with, the most promising first, and what is proven of them.

The load of a step is a height that no packing of what is live then can be below. It counts the bytes that may be in L2:
of each root, from each multiple of the alignment on that surely is one of its bytes to the next multiple, less the
largest padding (the topmost buffer needs none); or the bytes as they are, if that is more. Scratch counts, and a buffer
that an in-place choice lets a kernel write over another, where the order makes that legal, counts as that one until the
kernel has run. The load of an order is that of its worst step, wherever buffers end up later.

`memory` searches for the order with the lowest load, and proves a bound over all orders; program order stays a
candidate, so that what is packed in the end is never worse, and is kept where no order has a lower load.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

import l2opt._solver as _solver
from l2opt.plan.lifetimes import lives_on
from l2opt.plan.model import Kind
from l2opt.plan.options import Options
from l2opt.plan.storage import Storage

__all__ = ["Orders", "order_load", "orders"]

_LOOKS = 2_000_000  # steps of kernels evaluated; about a second
_LOOKS_A_SECOND = 1_000_000  # with a timeout: so many a second of it, so that it is seldom the clock that decides


@dataclass(frozen=True, slots=True)
class Orders:
    """What to plan with. The bound is 0 where none was looked for."""

    candidates: tuple[tuple[int, ...], ...]  # indices of kernels; each is legal
    loads: tuple[int, ...]  # bytes, of each candidate
    lower_bound: int  # bytes; no legal order has a lower load


def orders(storage: Storage, before: Sequence[Sequence[int]], options: Options, seconds: float) -> Orders:
    """`before`: as `dependencies` gives it. `seconds`: 0 is no deadline."""
    program = tuple(range(len(storage.problem.kernels)))
    graph = _graph(storage, before, options.merge == "alias")
    load = int(_solver.peak_load(graph, list(program)))
    looks = 0 if options.order == "program" else _looks(options)
    kernels, found, bound = _solver.low_order(graph, looks, seconds)
    if options.order == "program" or found >= load:
        return Orders((program,), (load,), bound)
    return Orders((tuple(kernels), program), (found, load), bound)


def order_load(storage: Storage, before: Sequence[Sequence[int]], order: Sequence[int], merge: bool) -> int:
    """The load of a legal order; `merge`: with in-place choices."""
    return int(_solver.peak_load(_graph(storage, before, merge), list(order)))


def _looks(options: Options) -> int:
    return _LOOKS if options.timeout is None else max(1, int(options.timeout * _LOOKS_A_SECOND))


def _graph(storage: Storage, before: Sequence[Sequence[int]], merge: bool) -> _solver.Graph:
    buffers, kernels = storage.problem.buffers, storage.problem.kernels
    choices = _choices(storage) if merge else [[] for _ in kernels]
    sizes = _sizes(storage)
    group = [0] * len(sizes)
    from_start, until_end = [0] * len(sizes), [0] * len(sizes)
    for i, buffer in enumerate(buffers):
        for u in storage.units[i]:
            group[u] = storage.root[i]
            if buffer.size:
                from_start[u] |= buffer.kind in (Kind.INPUT, Kind.VARIABLE)
                until_end[u] |= lives_on(buffer)
    touched = [
        sorted({u for access in accesses if buffers[access.buffer].size for u in storage.units[access.buffer]})
        for accesses in storage.accesses
    ]
    alignment = storage.problem.l2.alignment
    for k, kernel in enumerate(kernels):
        if kernel.scratch:
            touched[k].append(len(sizes))
            sizes.append(_count(0, kernel.scratch, alignment))
            group.append(len(buffers) + k)
            from_start.append(0)
            until_end.append(0)
    flat = [choice for of_kernel in choices for choice in of_kernel]
    return _solver.Graph(
        _firsts(before),
        _ints(k for earlier in before for k in earlier),
        _firsts(touched),
        _ints(u for units_of in touched for u in units_of),
        _ints(plain for plain, _, _ in sizes),
        _ints(lines for _, lines, _ in sizes),
        _ints(pad for _, _, pad in sizes),
        _ints(group),
        _ints(from_start),
        _ints(until_end),
        _firsts(choices),
        _ints(source for source, _ in flat),
        _ints(target for _, target in flat),
    )


def _sizes(storage: Storage) -> list[tuple[int, int, int]]:
    """Unit -> its bytes, those of its lines, and the padding of its last line; all 0 if it is never in L2."""
    buffers, alignment = storage.problem.buffers, storage.problem.l2.alignment
    shifted = _shifted(storage)
    sizes = [(0, 0, 0)] * len(storage.unit_lo)
    for i, buffer in enumerate(buffers):
        if storage.root[i] != i or storage.external(i) or buffer.pinned == "DDR":
            continue
        for u in storage.units[i]:
            lo, hi = storage.unit_lo[u], storage.unit_hi[u]
            sizes[u] = _count_anywhere(hi - lo, alignment) if i in shifted else _count(lo, hi, alignment)
    return sizes


def _count(lo: int, hi: int, alignment: int) -> tuple[int, int, int]:
    """Of bytes [lo, hi) of a root, whose first byte is at a multiple of the alignment."""
    first, end = -(-lo // alignment) * alignment, -(-hi // alignment) * alignment
    return hi - lo, end - first, end - hi if first < end else 0


def _count_anywhere(size: int, alignment: int) -> tuple[int, int, int]:
    """Of bytes at an unknown offset: the multiples that they must hold, the last as empty as can be."""
    return size, size // alignment * alignment, alignment - 1 - size % alignment if size >= alignment else 0


def _shifted(storage: Storage) -> set[int]:
    """Roots that may be written over bytes that do not start at a multiple of the alignment."""
    alignment = storage.problem.l2.alignment
    shifted: set[int] = set()
    size = -1
    while len(shifted) > size:
        size = len(shifted)
        for choice in storage.problem.in_place:
            source, target = storage.index[choice.source], storage.index[choice.target]
            if storage.offset[source] % alignment or storage.root[source] in shifted:
                shifted.add(storage.root[target])
    return shifted


def _choices(storage: Storage) -> list[list[tuple[int, int]]]:
    """Kernel -> source root, target root; where only the order decides if it is legal.

    In the order in which they are taken: as in `merge`, the smallest source first.
    """
    problem = storage.problem
    number = {kernel.id: k for k, kernel in enumerate(problem.kernels)}
    kept = {storage.root[i] for i, buffer in enumerate(problem.buffers) if lives_on(buffer)}
    first = _first_touches(storage)
    listed: list[list[tuple[int, int, int, int]]] = [[] for _ in number]
    for n, choice in enumerate(problem.in_place):
        source, target, k = storage.index[choice.source], storage.index[choice.target], number[choice.kernel]
        under = storage.root[source]
        if under in kept or first.get(target) != k or not _possible(storage, k, source, target):
            continue
        listed[k].append((problem.buffers[source].size, n, under, target))
    return [[(under, target) for _, _, under, target in sorted(each)] for each in listed]


def _possible(storage: Storage, kernel: int, source: int, target: int) -> bool:
    buffers, root = storage.problem.buffers, storage.root
    under = root[source]
    if root[target] != target or under == target or storage.external(source) or storage.external(target):
        return False
    if storage.constant(source) or buffers[target].kind in (Kind.INPUT, Kind.CONSTANT, Kind.VARIABLE):
        return False
    if buffers[under].pinned != buffers[target].pinned or not 0 < buffers[target].size <= buffers[source].size:
        return False
    uses = [access for access in storage.accesses[kernel] if root[access.buffer] in (under, target)]
    return sorted((a.buffer, a.reads, a.writes) for a in uses) == sorted([(source, True, False), (target, False, True)])


def _first_touches(storage: Storage) -> dict[int, int]:
    """Root -> the kernel that touches it first in program order; none for what is there from the start."""
    buffers = storage.problem.buffers
    first: dict[int, int] = {}
    for k, accesses in enumerate(storage.accesses):
        for access in accesses:
            if buffers[access.buffer].size:
                first.setdefault(storage.root[access.buffer], k)
    for i, buffer in enumerate(buffers):
        if buffer.size and buffer.kind in (Kind.INPUT, Kind.VARIABLE):
            first.pop(storage.root[i], None)
    return first


def _firsts(lists: Sequence[Sequence[object]]) -> npt.NDArray[np.int64]:
    return np.array([0, *accumulate(map(len, lists))], dtype=np.int64)


def _ints(values: Iterable[int]) -> npt.NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)
