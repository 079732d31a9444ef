"""What to lay out: orders of kernels, each with a set of zero-copy choices and choices to share bytes.

A zero-copy part makes its whole live from the part's first write on, so it can raise the load or lower it, and whether
it does depends on the order; the order in turn depends on what is merged. So sets of choices are tried, each with an
order searched for it. With nothing merged and in program order is always among them: neither makes a plan worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from l2opt.plan.fewer_overlaps import fewer_overlaps
from l2opt.plan.merge import NO_SHARES, Shares
from l2opt.plan.options import Options
from l2opt.plan.order import Ordered, looks_of, low_order
from l2opt.plan.storage import Storage
from l2opt.plan.within import possible_within, store_within

__all__ = ["Candidate", "candidates"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order and merges."""

    storage: Storage  # with the zero-copy choices taken
    order: tuple[int, ...]  # indices of kernels
    shares: Shares
    lower_bound: int  # bytes; on the load of any order with these merges


def candidates(storage: Storage, before: Sequence[Sequence[int]], options: Options, seconds: float) -> list[Candidate]:
    """The most promising first. `seconds`: until the deadline, of which half may go; 0: none."""
    shares = Shares.of(storage.problem, options.overlap) if options.merge == "alias" else NO_SHARES
    stores = [storage]
    if options.merge == "alias" and (possible := possible_within(storage)):
        stores.insert(0, store_within(storage, possible))
    looks = 0 if options.order == "program" else looks_of(options) // len(stores)
    found = [(store, low_order(store, before, shares, looks, seconds / 2 / len(stores))) for store in stores]
    found.sort(key=lambda each: each[1].load)
    listed = [Candidate(store, each.order, shares, each.lower_bound) for store, each in found]
    listed += [candidate for store, each in found for candidate in _in_program_order(store, each, shares)]
    if shares.overlaps:
        listed = [leaner for each in listed for leaner in (_leaner(each), each)]
    if shares != NO_SHARES:
        listed += [Candidate(each.storage, each.order, NO_SHARES, each.lower_bound) for each in listed]
    return listed


def _leaner(candidate: Candidate) -> Candidate:
    """With fewer overlaps."""
    return replace(candidate, shares=fewer_overlaps(candidate.storage, candidate.order, candidate.shares))


def _in_program_order(store: Storage, ordered: Ordered, shares: Shares) -> Iterator[Candidate]:
    program = tuple(range(len(store.problem.kernels)))
    if ordered.order != program:
        yield Candidate(store, program, shares, ordered.lower_bound)
