"""Orders that move fewer bytes, where not everything fits in L2.

What an order moves is known only once its residency is chosen, so orders are searched by an estimate: everything stays
in L2 until it must make room, and what is needed again last makes room first. The best few are laid out by the caller.
Starts are the order in hand, program order, and the order with the lowest load.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import l2opt._solver as _solver
from l2opt.plan.merge import Shares
from l2opt.plan.order_graph import graph_of
from l2opt.plan.storage import Storage

__all__ = ["LOOKS", "orders_for_traffic"]

LOOKS = 5_000_000  # touches of units looked at from one start; some tenths of a second
_KEPT = 4  # orders of one start


def orders_for_traffic(
    storage: Storage,
    before: Sequence[Sequence[int]],
    shares: Shares,
    starts: Iterable[tuple[int, ...]],
    seconds: float,
    most: int | None = None,
    looks: int = LOOKS,
) -> tuple[tuple[int, ...], ...]:
    """Legal orders, the best estimate first. `before`: as `dependencies` gives it, with nothing merged.

    `seconds`: until a deadline beside the effort; 0: none. `most`: bytes; no load of an order is above it. `looks`:
    effort for each start.
    """
    capacity = storage.problem.l2.capacity
    if capacity is None:
        return ()
    graph = graph_of(storage, before, shares)
    found: dict[tuple[int, ...], int] = {}
    chosen = tuple(dict.fromkeys(starts))
    for start in chosen:
        left = seconds / len(chosen)
        for order, traffic in _solver.low_traffic(graph, list(start), capacity, most, _KEPT, looks, left):
            found[tuple(order)] = traffic
    return tuple(sorted(found, key=lambda order: (found[order], order)))
