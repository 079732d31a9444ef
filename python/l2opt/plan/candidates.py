"""What to lay out: orders of kernels, each with a set of zero-copy choices and choices to share bytes.

A zero-copy part makes its whole live from the part's first write on, so it can raise the load or lower it, and whether
it does depends on the order; the order in turn depends on what is merged. So both are searched in turns, from all
choices taken and from none, as long as the load falls: an order for the merges, then merges for the order. Program
order and nothing merged are laid out too, unless that cannot be better: neither makes a plan worse.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import l2opt._solver as _solver
from l2opt.plan.fewer_overlaps import fewer_overlaps, raised_overlaps
from l2opt.plan.merge import NO_SHARES, Shares
from l2opt.plan.nesting import Nester
from l2opt.plan.options import Options
from l2opt.plan.order import Ordered, looks_of, low_order, order_load
from l2opt.plan.order_graph import graph_of
from l2opt.plan.order_traffic import LOOKS, orders_for_traffic
from l2opt.plan.storage import Storage
from l2opt.plan.within import possible_within, store_within

__all__ = ["Candidate", "Candidates"]

_ROUNDS = 3  # orders searched from one start
_FAR = 0.9  # of the load with nothing merged: a plan below that is taken to be better than any without merges
_MOST = 10_000  # kernels for which orders are searched with merges and without
_STARTS = 3  # orders that a search for less traffic starts from
_FOR_TRAFFIC = 6  # orders laid out to find one with less traffic
_TIED = 3  # orders laid out to find one that moves less with the same load
_SHAKES = 6  # an order is moved 1, 2, 4, ... times
_SHAKE_LOOKS = 2_000_000
_NEST_LOOKS = 1_000_000  # for the choices of one order; some tens of milliseconds


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order and merges."""

    storage: Storage  # with the zero-copy choices taken
    order: tuple[int, ...]  # indices of kernels
    shares: Shares
    load: int  # bytes; its own
    lower_bound: int | None  # bytes; on the load of any order with these merges; None: not searched
    settle: Callable[[], Candidate] | None = None  # finds out what is meant: with no load below `load`

    def meant(self) -> Candidate:
        """Itself, or what is to be laid out in its place."""
        return self if self.settle is None else self.settle()


class Candidates:
    """The candidates of one problem, the most promising first."""

    def __init__(
        self,
        storage: Storage,
        before: Sequence[Sequence[int]],
        options: Options,
        seconds: float,
        like: Candidates | None = None,
    ) -> None:
        """`storage`: with nothing merged. `seconds`: until the deadline, of which half may go; 0: none. `like`: of the
        same storage, with the same merges but for overlaps."""
        self.storage, self._before, self._options = storage, before, options
        self._merging = options.merge == "alias"
        self._shares = Shares.of(storage.problem, options.overlap) if self._merging else NO_SHARES
        if like is None:
            self.possible = possible_within(storage) if self._merging else ()
            self._nester = Nester(storage, self.possible, self._shares) if self.possible else None
            self._stores: dict[tuple[int, ...], Storage] = {(): storage}
        else:
            self.possible, self._nester, self._stores = like.possible, like._nester, like._stores
        self._looks = 0 if options.order == "program" else looks_of(options)
        self._end = time.perf_counter() + seconds / 2 if seconds else None
        self._program_loads: dict[int, int] = {}  # by the identity of a store
        self.enough = 0  # bytes; a plan with such a peak is not worse than any without merges
        self.first = self._first()

    def _first(self) -> tuple[Candidate, ...]:
        found = list(self._program()) if self._options.order == "program" else [*self._searched(), *self._program()]
        found.sort(key=lambda each: (each.load, -len(each.storage.within)))
        if self._shares.overlaps or self._shares.instead:
            found = [each for candidate in found for each in (*self._fewer(candidate), candidate)]
            found += self.without("overlap", self._left()).first
        if self._shares != NO_SHARES:
            found += [replace(candidate, shares=NO_SHARES, settle=None) for candidate in found]
        return tuple({(id(c.storage), c.order, c.shares, c.settle): c for c in reversed(found)}.values())[::-1]

    def _fewer(self, candidate: Candidate) -> tuple[Candidate, Candidate]:
        """With fewer overlaps; with these, raised. Which ones is found out when one of them is wanted."""
        leaner = cache(lambda: self._leaner(candidate))

        def raised() -> Candidate:
            return replace(leaner(), shares=raised_overlaps(candidate.storage, leaner().shares))

        # What is not written in place, but overlaps instead, may lower the load.
        least = replace(candidate, load=0) if self._shares.instead else candidate
        return replace(least, settle=leaner), replace(least, settle=raised)

    def _leaner(self, candidate: Candidate) -> Candidate:
        """With those overlaps alone that lower the peak."""
        shares = fewer_overlaps(candidate.storage, candidate.order, candidate.shares)
        load = order_load(candidate.storage, self._before, candidate.order, shares)
        bound = candidate.lower_bound if shares.in_place == candidate.shares.in_place else None
        return replace(candidate, shares=shares, load=load, lower_bound=bound)

    def bound(self, candidate: Candidate) -> int:
        """Bytes; on the load of any order with its merges."""
        if candidate.lower_bound is not None:
            return candidate.lower_bound
        return low_order(candidate.storage, self._before, candidate.shares, self._looks, self._left()).lower_bound

    def rest(self, seconds: float) -> tuple[Candidate, ...]:
        """What is laid out with `merge=none`, and may be better than a plan with a peak above `enough`."""
        plain = self._shares == NO_SHARES and not self.possible
        if plain or self._options.order == "program" or len(self._before) > _MOST:
            return ()
        return self.without("merge", seconds).first

    def for_traffic(self, best: Candidate, seconds: float) -> tuple[Candidate, ...]:
        """Other orders with the merges of the best plan, those first that are likely to move least."""
        program = tuple(range(len(self._before)))
        starts = (best.order, program, *(each.order for each in self.first if each.storage is best.storage))
        orders = orders_for_traffic(best.storage, self._before, best.shares, starts[:_STARTS], seconds / 2)
        return tuple(
            replace(best, order=order, load=order_load(best.storage, self._before, order, best.shares))
            for order in orders[:_FOR_TRAFFIC]
            if order != best.order
        )

    def tied(self, best: Candidate, seconds: float) -> Iterator[Candidate]:
        """Orders with no higher load than the best plan's, and its merges, that are likely to move less."""
        orders = orders_for_traffic(
            best.storage, self._before, best.shares, (best.order,), seconds / 2, best.load, LOOKS // 3
        )
        yield from (replace(best, order=order) for order in orders[:_TIED] if order != best.order)

    def shaken(self, best: Candidate, count: int, seconds: float) -> Iterator[Candidate]:
        """`count` other orders with no higher load than the best plan's, and its merges."""
        graph = graph_of(best.storage, self._before, best.shares)
        for seed in range(1, count + 1):
            moves = 1 << seed % _SHAKES
            order = _solver.shaken(graph, list(best.order), best.load, moves, seed, _SHAKE_LOOKS, seconds)
            if tuple(order) != best.order:
                yield replace(best, order=tuple(order))

    def in_program_order(self, seconds: float) -> Candidates:
        """What is laid out with that order alone."""
        return Candidates(self.storage, self._before, replace(self._options, order="program"), seconds, self)

    def without(self, option: str, seconds: float) -> Candidates:
        """What is laid out with this option set to none."""
        if option == "merge":
            return Candidates(self.storage, self._before, replace(self._options, merge="none"), seconds)
        return Candidates(self.storage, self._before, replace(self._options, overlap="none"), seconds, self)

    def _left(self) -> float:
        """Seconds until the deadline; 0: there is none."""
        return 0.0 if self._end is None else max(1e-3, self._end - time.perf_counter())

    def _passed(self) -> bool:
        return self._end is not None and time.perf_counter() > self._end

    def _searched(self) -> Iterator[Candidate]:
        seen: set[tuple[int, ...]] = set()
        for taken in dict.fromkeys((self.possible, ())):
            load = 0
            for _ in range(_ROUNDS):
                store = self._store(taken)
                key = tuple(sorted(store.within.values()))
                if key in seen:
                    break
                if seen and self._passed():
                    return
                seen.add(key)
                found = self._search(store, 2 if self.possible else 1)
                if not key:
                    self.enough = max(found.lower_bound, int(_FAR * found.load) if self.possible else 0)
                yield Candidate(store, found.order, self._shares, found.load, found.lower_bound)
                if self._nester is None or (load and found.load >= load):
                    break
                load = found.load
                taken, _ = self._nester.best(found.order, taken, _NEST_LOOKS)

    def _search(self, store: Storage, share: int) -> Ordered:
        """With one of `share` shares of the effort that is left."""
        seconds = self._left() / share
        looks = self._looks // share
        found = low_order(store, self._before, self._shares, looks, seconds)
        self._looks -= looks - found.looks_left
        self._program_loads[id(store)] = found.program_load
        return found

    def _program(self) -> Iterator[Candidate]:
        program = tuple(range(len(self._before)))
        sets: list[tuple[int, ...]] = [()]
        if self._nester is not None and not self._passed():
            sets = [self._nester.best(program, start, _NEST_LOOKS)[0] for start in (self.possible, ())]
            sets += [self.possible, ()]
        for count, taken in enumerate(dict.fromkeys(sets)):
            if count and self._passed():
                return
            store = self._store(taken)
            load = self._program_loads.get(id(store))
            if load is None:
                load = order_load(store, self._before, program, self._shares)
            yield Candidate(store, program, self._shares, load, None)

    def _store(self, taken: tuple[int, ...]) -> Storage:
        if taken not in self._stores:
            self._stores[taken] = store_within(self.storage, taken)
        return self._stores[taken]
