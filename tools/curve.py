"""DDR traffic over capacities of L2, and the capacity at which nothing has to leave it.

Each point is a plan of its own, checked like any other. A plan for a smaller L2 is one for a larger too, so that the
curve never rises.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from l2opt.errors import DeadlinePassed, Infeasible, UsageError
from l2opt.plan import Options, Plan, Problem, check_plan, make_plan
from l2opt.sizes import format_size, parse_size

__all__ = ["Point", "as_json", "as_table", "curve", "draw", "parse_range", "plan_to_fit", "shown"]

SCHEMA = "l2opt.sweep/1"
KB = 1024  # bytes
NO_PLANS: Mapping[int, Plan] = {}


@dataclass(frozen=True, slots=True)
class Point:
    """What planning for one capacity gives."""

    capacity: int  # bytes
    traffic: int | None  # bytes; None: what must be in L2 does not fit
    lower_bound: int  # bytes of traffic
    fits: bool  # nothing has to leave L2
    saved_per_kb: float  # bytes of traffic less than at the point before, for each KB more; 0 at the first


def parse_range(text: str) -> list[int]:
    """Bytes from `256KB..8MB`: the first, doubled as often as it goes, and the last. Raises UsageError."""
    low, dots, high = text.partition("..")
    if not dots:
        raise UsageError(f"sweep {text!r}: want two sizes such as 256KB..8MB")
    first, last = parse_size(low), parse_size(high)
    if not 0 < first <= last:
        raise UsageError(f"sweep {text!r}: want 0 < first <= last")
    found = []
    while first < last:
        found.append(first)
        first *= 2
    return [*found, last]


def curve(
    problem: Problem,
    capacities: Iterable[int],
    options: Options,
    known: Mapping[int, Plan] = NO_PLANS,
    done: Callable[[], None] = lambda: None,
) -> list[Point]:
    """A point for each capacity, from small to large; `known` plans are not made again. Calls `done` after each."""
    points: list[Point] = []
    for capacity in sorted(set(capacities)):
        plan = known[capacity] if capacity in known else _plan(problem, capacity, options)
        points.append(_point(capacity, plan, points[-1] if points else None))
        done()
    return points


def plan_to_fit(problem: Problem, options: Options) -> Plan:
    """With everything that may be in L2 there for its whole life: a plan for each capacity from its peak on."""
    return make_plan(replace(problem, l2=replace(problem.l2, capacity=None)), options)


def shown(problem: Problem, capacities: Sequence[int], options: Options) -> list[Point]:
    """The curve, with progress on stderr if that is a terminal."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("capacities", total=len(capacities))
        return curve(problem, capacities, options, done=lambda: progress.update(bar, advance=1))


def as_table(points: Sequence[Point]) -> Table:
    """For people."""
    table = Table(box=None, pad_edge=False)
    for column in ("L2", "DDR traffic", "at least", "each more KB saves"):
        table.add_column(column, justify="right")
    for row in _rows(points):
        table.add_row(*row)
    return table


def as_json(problem: Problem, points: Sequence[Point], options: Mapping[str, object]) -> dict[str, Any]:
    """Values that `json` can write."""
    return {
        "schema": SCHEMA,
        "model": problem.model,
        "function": problem.function,
        "options": dict(options),
        "points": [asdict(point) for point in points],
    }


def draw(problem: Problem, points: Sequence[Point], path: str) -> bytes:
    """The curve as a picture in the format that `path` ends in, the same on every run."""
    import matplotlib
    from matplotlib.figure import Figure

    found = [point for point in points if point.traffic is not None]
    with matplotlib.rc_context({"svg.hashsalt": "l2opt"}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot()
        capacities = [point.capacity / KB for point in found]
        axes.plot(capacities, [(point.traffic or 0) / KB for point in found], marker="o", label="traffic")
        axes.plot(capacities, [point.lower_bound / KB for point in found], linestyle=":", label="lower bound")
        axes.set_xscale("log", base=2)
        axes.set(xlabel="L2, KiB", ylabel="DDR traffic, KiB", title=f"{os.path.basename(problem.model)}")
        axes.set_ylim(bottom=0)
        axes.legend()
        written = io.BytesIO()
        extension = os.path.splitext(path)[1][1:]
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(extension)
        figure.savefig(written, format=extension, dpi=120, metadata=metadata)
    return written.getvalue()


def _rows(points: Sequence[Point]) -> Iterator[tuple[str, str, str, str]]:
    for index, point in enumerate(points):
        if point.traffic is None:
            yield format_size(point.capacity), "does not fit", "", ""
            continue
        saved = f"{point.saved_per_kb:.0f} B" if index and points[index - 1].traffic is not None else ""
        traffic = "0 B, all fits" if point.fits and not point.traffic else format_size(point.traffic)
        yield format_size(point.capacity), traffic, format_size(point.lower_bound), saved


def _point(capacity: int, plan: Plan | None, before: Point | None) -> Point:
    if plan is None:
        return Point(capacity, None, 0, False, 0.0)
    traffic, saved = plan.traffic, 0.0
    if before is not None and before.traffic is not None:
        traffic = min(traffic, before.traffic)
        saved = (before.traffic - traffic) * KB / (capacity - before.capacity)
    return Point(capacity, traffic, min(traffic, plan.traffic_lower_bound), plan.fits, saved)


def _plan(problem: Problem, capacity: int, options: Options) -> Plan | None:
    changed = replace(problem, l2=replace(problem.l2, capacity=capacity))
    try:
        plan = make_plan(changed, options)
    except (Infeasible, DeadlinePassed):
        return None
    faults = check_plan(changed, plan)
    assert not faults, f"the plan is unsound: {faults}"
    return plan
