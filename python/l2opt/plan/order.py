"""Orders of kernels with a low load, and what is proven of them.

The load of a step is a height that no packing of what is live then can be below. It counts the bytes that may be in L2:
of each root, from each multiple of the alignment on that surely is one of its bytes to the next multiple, less the
largest padding (the topmost buffer needs none); or the bytes as they are, if that is more. Scratch counts, and a buffer
that a choice lets a kernel write over another, where the order makes that legal, counts as that one until the kernel
has run; of one that may overlap another, what reaches beyond it counts. The load of an order is that of its worst step,
wherever buffers end up later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import l2opt._solver as _solver
from l2opt.plan.merge import Shares
from l2opt.plan.options import Options
from l2opt.plan.order_graph import graph_of
from l2opt.plan.storage import Storage

__all__ = ["Ordered", "looks_of", "low_order", "order_load"]

_LOOKS = 4_000_000  # steps of kernels evaluated; about half a second
_LOOKS_A_SECOND = 8_000_000  # with a timeout: so many a second of it, about as many as there is time for


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, for one set of merges."""

    order: tuple[int, ...]  # indices of kernels; legal
    load: int  # bytes
    program_load: int  # bytes; of program order
    lower_bound: int  # bytes; no legal order has a lower load with these merges
    looks_left: int  # effort not needed


def low_order(storage: Storage, before: Sequence[Sequence[int]], shares: Shares, looks: int, seconds: float) -> Ordered:
    """The order with the lowest load found; program order where none is lower.

    `before`: as `dependencies` gives it, with nothing merged. `looks`: effort; 0: program order as it is. `seconds`:
    until a deadline beside it; 0: none.
    """
    program = tuple(range(len(storage.problem.kernels)))
    graph = graph_of(storage, before, shares)
    load = int(_solver.peak_load(graph, list(program)))
    kernels, found, bound, left = _solver.low_order(graph, looks, seconds)
    return Ordered(program if found >= load else tuple(kernels), min(found, load), load, bound, left)


def order_load(storage: Storage, before: Sequence[Sequence[int]], order: Sequence[int], shares: Shares) -> int:
    """The load of a legal order."""
    return int(_solver.peak_load(graph_of(storage, before, shares), list(order)))


def looks_of(options: Options) -> int:
    """Effort for all searches of one plan."""
    return _LOOKS if options.timeout is None else max(1, int(options.timeout * _LOOKS_A_SECOND))
