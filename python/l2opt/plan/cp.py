"""OR-Tools CP-SAT as one more runner: good at what the search finds hard, and the reverse. Needs `l2opt[cp]`.

The model: a rectangle of steps x bytes for each piece, none on another, and the sum of live bytes within the capacity.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

from l2opt.errors import UsageError
from l2opt.plan.exact import Raced
from l2opt.plan.items import Item
from l2opt.sizes import MAX_SIZE

__all__ = ["CpRunner", "Question", "installed"]

_WORK = 60.0  # CP-SAT's deterministic time, about as many seconds, where there is no deadline
_ITEMS = 2000


def installed() -> bool:
    """Whether OR-Tools is there; does not import it."""
    return importlib.util.find_spec("ortools") is not None


@dataclass(frozen=True, slots=True)
class Question:
    """As `l2opt.plan.exact.race` is asked."""

    items: Sequence[Item]
    bound: int  # bytes
    known: int  # bytes; MAX_SIZE: no packing is known
    goal: int  # bytes; 0: the lowest peak


class CpRunner:
    """One question. `run` may be called in a thread of its own, and `stop` from another."""

    def __init__(self, question: Question) -> None:
        if not installed():
            raise UsageError("--solver=cp: want OR-Tools (pip install 'l2opt[cp]')")
        self._question = question
        self._stopped = threading.Event()
        self._stop: Callable[[], None] = lambda: None

    def stop(self) -> None:
        self._stopped.set()
        self._stop()

    def run(self, seconds: float, workers: int) -> Raced | None:
        """What it found out; `seconds` 0: a fixed amount of work by one worker. None: not for it, or stopped before."""
        question = self._question
        limit = min(question.known - 1, question.goal or question.known - 1)
        if len(question.items) > _ITEMS or limit >= MAX_SIZE // 2:
            return None
        from ortools.sat.python import cp_model

        unit = _unit(question.items)
        model, places = _model(cp_model, question, limit, unit)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = workers if seconds else 1
        solver.parameters.random_seed = 1
        solver.parameters.catch_sigint_signal = False  # Ctrl-C is for who asked
        if seconds:
            solver.parameters.max_time_in_seconds = seconds
        else:
            solver.parameters.max_deterministic_time = _WORK
        self._stop = solver.stop_search
        if self._stopped.is_set():
            return None
        status = solver.solve(model)
        if status == cp_model.INFEASIBLE:
            return Raced(None, question.known, limit + 1, "", solver.num_branches, False)
        bound = question.bound
        if not question.goal and status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            bound = max(bound, round(solver.best_objective_bound) * unit)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Raced(None, question.known, bound, "", solver.num_branches, bool(seconds))
        offsets = tuple(solver.value(place) * unit for place in places)
        peak = max(offset + item.size for offset, item in zip(offsets, question.items, strict=True))
        return Raced(offsets, peak, bound, "CP-SAT", solver.num_branches, status == cp_model.FEASIBLE)


def _unit(items: Sequence[Item]) -> int:
    """Bytes: all heights and lowest offsets are multiples of it, and alignments can be told in it."""
    unit = gcd(*(byte for item in items for piece in item.pieces for byte in piece[2:]))
    unit = gcd(unit, *(_lowest(item) for item in items))
    while True:
        finer = gcd(unit, *(a for item in items if unit % (a := item.alignment or 1) and a % unit))
        if finer == unit:
            return unit
        unit = finer


def _lowest(item: Item) -> int:
    alignment = item.alignment or 1
    return -(-item.window[0] // alignment) * alignment


def _model(cp_model: Any, question: Question, limit: int, unit: int) -> tuple[Any, list[Any]]:
    """The model, and an expression for each item's offset; all in units."""
    model = cp_model.CpModel()
    capacity = limit // unit
    peak = model.new_int_var(question.bound // unit, capacity, "peak")
    times, places, heights, offsets = [], [], [], []
    for item in question.items:
        step = max(1, (item.alignment or 1) // unit)
        first, last = _lowest(item) // unit, min(item.window[1] // unit, capacity - item.size // unit)
        count = model.new_int_var(-(-first // step), last // step, "") if first <= last else model.new_constant(-1)
        offset = count * step
        model.add(offset >= first)
        model.add(offset + item.size // unit <= peak)
        for start, end, lo, hi in item.pieces:
            times.append(model.new_fixed_size_interval_var(start, end - start, ""))
            places.append(model.new_fixed_size_interval_var(offset + lo // unit, (hi - lo) // unit, ""))
            heights.append((hi - lo) // unit)
        offsets.append(offset)
    model.add_no_overlap_2d(times, places)
    model.add_cumulative(times, heights, capacity)
    if not question.goal:
        model.minimize(peak)
    return model, offsets
