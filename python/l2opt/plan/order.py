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

from collections.abc import Sequence
from dataclasses import dataclass

import l2opt._solver as _solver
from l2opt.plan.options import Options
from l2opt.plan.order_graph import graph_of
from l2opt.plan.storage import Storage

__all__ = ["Orders", "order_load", "orders"]

_LOOKS = 2_000_000  # steps of kernels evaluated; about half a second
_LOOKS_A_SECOND = 1_500_000  # with a timeout: so many a second of it, so that it is seldom the clock that decides


@dataclass(frozen=True, slots=True)
class Orders:
    """What to plan with."""

    candidates: tuple[tuple[int, ...], ...]  # indices of kernels; each is legal
    loads: tuple[int, ...]  # bytes, of each candidate
    lower_bound: int  # bytes; no legal order has a lower load


def orders(storage: Storage, before: Sequence[Sequence[int]], options: Options, seconds: float) -> Orders:
    """`before`: as `dependencies` gives it. `seconds`: until the deadline, of which half may go; 0: none."""
    program = tuple(range(len(storage.problem.kernels)))
    graph = graph_of(storage, before, options.merge == "alias")
    load = int(_solver.peak_load(graph, list(program)))
    looks = 0 if options.order == "program" else _looks(options)
    kernels, found, bound = _solver.low_order(graph, looks, seconds / 2)
    if options.order == "program" or found >= load:
        return Orders((program,), (load,), bound)
    return Orders((tuple(kernels), program), (found, load), bound)


def order_load(storage: Storage, before: Sequence[Sequence[int]], order: Sequence[int], merge: bool) -> int:
    """The load of a legal order; `merge`: with in-place choices."""
    return int(_solver.peak_load(graph_of(storage, before, merge), list(order)))


def _looks(options: Options) -> int:
    return _LOOKS if options.timeout is None else max(1, int(options.timeout * _LOOKS_A_SECOND))
