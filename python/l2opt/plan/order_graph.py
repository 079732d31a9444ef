"""A problem as the search for orders sees it: kernels, the units they touch, and what counts of each (see `order`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

import l2opt._solver as _solver
from l2opt.plan.lifetimes import lives_on
from l2opt.plan.merge import Shares, in_place_possible, overlap_distance, overlap_possible
from l2opt.plan.model import Kind, Overlap
from l2opt.plan.storage import Storage

__all__ = ["graph_of"]

Count = tuple[int, int, int]  # bytes, those of whole lines, padding of the last line


@dataclass(frozen=True, slots=True)
class _Choice:
    source: int  # root
    target: int  # root
    rest: Count = (0, 0, 0)  # of the target, while the kernel runs


def graph_of(storage: Storage, before: Sequence[Sequence[int]], shares: Shares) -> _solver.Graph:
    """`before`: as `dependencies` gives it, with nothing merged. Scratch is a unit of its own."""
    buffers, kernels = storage.problem.buffers, storage.problem.kernels
    group, from_start, until_end = _of_units(storage)
    sizes = _sizes(storage)
    touched = [
        sorted({u for access in accesses if buffers[access.buffer].size for u in storage.units[access.buffer]})
        for accesses in storage.accesses
    ]
    for k, kernel in enumerate(kernels):
        if kernel.scratch:
            touched[k].append(len(sizes))
            sizes.append(_count(0, kernel.scratch, storage.problem.l2.alignment))
            group.append(len(buffers) + k)
            from_start.append(False)
            until_end.append(False)
    choices = _choices(storage, shares, sizes)
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
        _ints(choice.source for choice in flat),
        _ints(choice.target for choice in flat),
        _ints(count for choice in flat for count in choice.rest),
    )


def _of_units(storage: Storage) -> tuple[list[int], list[bool], list[bool]]:
    """Unit -> its root, whether it is live from the start, and until the end."""
    group = [0] * len(storage.unit_lo)
    from_start, until_end = [False] * len(group), [False] * len(group)
    for i, buffer in enumerate(storage.problem.buffers):
        for u in storage.units[i]:
            group[u] = storage.root[i]
            if buffer.size:
                from_start[u] |= buffer.kind in (Kind.INPUT, Kind.VARIABLE)
                until_end[u] |= lives_on(buffer)
    return group, from_start, until_end


def _sizes(storage: Storage) -> list[Count]:
    """Unit -> its bytes, those of its lines, and the padding of its last line; all 0 if it is never in L2."""
    buffers, alignment = storage.problem.buffers, storage.problem.l2.alignment
    sizes: list[Count] = [(0, 0, 0)] * len(storage.unit_lo)
    for i, buffer in enumerate(buffers):
        if storage.root[i] != i or storage.external(i) or buffer.pinned == "DDR":
            continue
        for u in storage.units[i]:
            lo, hi = storage.unit_lo[u], storage.unit_hi[u]
            sizes[u] = _count(lo, hi, alignment)
    return sizes


def _count(lo: int, hi: int, alignment: int) -> Count:
    """Of bytes [lo, hi) of a root, whose first byte is at a multiple of the alignment."""
    first, end = -(-lo // alignment) * alignment, -(-hi // alignment) * alignment
    return hi - lo, end - first, end - hi if first < end else 0


def _choices(storage: Storage, shares: Shares, sizes: Sequence[Count]) -> list[list[_Choice]]:
    """Kernel -> choices where only the order decides if they are legal.

    In the order in which they are taken: as in `merge`, the smallest source in place first, an overlap last.
    """
    problem = storage.problem
    number = {kernel.id: k for k, kernel in enumerate(problem.kernels)}
    kept = {storage.root[i] for i, buffer in enumerate(problem.buffers) if lives_on(buffer)}
    first = _first_touches(storage) if shares.in_place or shares.overlaps else {}

    def timely(k: int, source: int, target: int) -> bool:
        return storage.root[source] not in kept and first.get(target) == k

    listed: list[list[tuple[int, int, _Choice]]] = [[] for _ in number]
    for n, choice in enumerate(shares.in_place):
        source, target, k = storage.index[choice.source], storage.index[choice.target], number[choice.kernel]
        if timely(k, source, target) and in_place_possible(storage, k, source, target):
            listed[k].append((problem.buffers[source].size, n, _Choice(storage.root[source], target)))
    choices = [[choice for *_, choice in sorted(each, key=lambda entry: entry[:2])] for each in listed]
    for overlap in shares.overlaps:
        source, target, k = storage.index[overlap.source], storage.index[overlap.target], number[overlap.kernel]
        if timely(k, source, target) and overlap_possible(storage, k, overlap):
            choices[k].append(_Choice(source, target, _rest(storage, overlap, sizes)))
    return choices


def _rest(storage: Storage, overlap: Overlap, sizes: Sequence[Count]) -> Count:
    """What counts of the target beside the source: both together less the source."""
    under, over = ([sizes[u] for u in storage.units[storage.index[name]]] for name in (overlap.source, overlap.target))
    (plain, lines, _), (more, more_lines, _) = _sum(under), _sum(over)
    if not plain:
        return 0, 0, 0
    distance = overlap_distance(storage.problem, overlap)
    apart = distance if lines and more_lines else 0
    above = more_lines - lines > apart
    return max(distance, more - plain), max(apart, more_lines - lines), _sum(over)[2] if above else 0


def _sum(counts: Iterable[Count]) -> Count:
    """Bytes, lines, and the largest padding."""
    plain, lines, pad = 0, 0, 0
    for count in counts:
        plain, lines, pad = plain + count[0], lines + count[1], max(pad, count[2])
    return plain, lines, pad


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
