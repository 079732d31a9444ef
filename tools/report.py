"""A plan for people: the figures, what they compare with, and what decides the peak."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rich.console import Console
from rich.table import Table
from rich.text import Text

from l2opt.errors import DeadlinePassed
from l2opt.plan import Options, Plan, Problem
from l2opt.plan.weights import weights_traffic
from l2opt.sizes import format_size
from l2opt.tools.curve import as_table, curve, plan_to_fit
from l2opt.tools.occupancy import Resident, load, residents

__all__ = ["show", "show_parts"]

WIDTH = 100  # of lines that go to no terminal
LISTED = 12  # buffers at the peak
LIMIT = 2.0  # seconds, for all plans made to say what would fit
PLANS = 4
STAGES = ("prepare", "order", "pack", "baseline")
BASELINES = {
    "no_reuse": "every buffer its own bytes",
    "slots": "whole buffers reused, first come",
    "program_order_peak": "packed in program order",
}


def show(problem: Problem, plan: Plan, options: Options | None = None) -> None:
    """Prints the report to stdout. With `options`, for a plan that does not fit, also what would make it, if their
    timeout leaves time for that."""
    more = [] if plan.fits or options is None else list(_to_fit(problem, plan, options))
    show_parts([*_parts(problem, plan), *more])


def show_parts(parts: Iterable[Table | Text | str]) -> None:
    """Prints tables and lines to stdout."""
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def _to_fit(problem: Problem, plan: Plan, options: Options) -> Iterator[Table | Text | str]:
    """How much L2 would hold everything, and what more or less of it would move."""
    capacity = problem.l2.capacity
    assert capacity is not None, "without a capacity all fits"
    left = math.inf if options.timeout is None else options.timeout
    limit = min(LIMIT, left) / PLANS
    capacities, known = (capacity // 2, capacity, 2 * capacity, 4 * capacity), {capacity: plan}
    yield _title("\nWhat would make it fit?")
    if left < PLANS * sum(plan.seconds.get(stage, 0.0) for stage in STAGES):
        yield "not looked for: the timeout leaves no time for that"
        return
    quick = replace(options, timeout=limit)
    try:
        fitting = plan_to_fit(problem, quick)
        needed = fitting.l2_peak
        known = {size: fitting for size in capacities if size >= needed} | known
        yield f"{_bytes(needed)} of L2 hold everything for its whole life: {_bytes(needed - capacity)} more"
    except DeadlinePassed:
        yield f"no capacity that holds everything was found in {limit:g} s"
    if capacity:
        yield as_table(curve(problem, capacities, quick, known))


def _parts(problem: Problem, plan: Plan) -> Iterator[Table | Text | str]:
    yield _title(f"{problem.model} @{problem.function}".strip())
    table = _table("", "")
    for row in _rows(problem, plan):
        table.add_row(*row)
    yield table
    yield _title("\nL2 that other ways take, were all of it there")
    yield _baselines(plan)
    yield from _peak(problem, plan)
    yield from (f"note: {note}" for note in plan.notes)


def _rows(problem: Problem, plan: Plan) -> Iterator[tuple[str, str]]:
    kinds = Counter(buffer.kind.value for buffer in problem.buffers)
    yield "kernels", str(len(problem.kernels))
    yield "buffers", f"{len(problem.buffers)}: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}"
    capacity = problem.l2.capacity
    yield "L2 capacity", "unbounded" if capacity is None else _bytes(capacity)
    share = f", {100 * plan.l2_peak / capacity:.1f}% of L2" if capacity else ""
    yield "L2 peak", _bytes(plan.l2_peak) + share
    together = f", needed by {' '.join(plan.l2_window)} together" if plan.l2_window else ""
    yield "lower bound", _bytes(plan.l2_lower_bound) + together
    gap = _percent(plan.l2_peak - plan.l2_lower_bound, plan.l2_lower_bound)
    yield "status", f"{plan.status.value} for its order and merges, gap {gap}"
    proof = "proven least of all orders" if plan.order_proven else f"no order below {_bytes(plan.order_lower_bound)}"
    yield "order", f"peak load {_bytes(plan.order_peak_load)}, {proof} with these merges"
    yield "fits", "yes, every buffer is in L2 for its whole life" if plan.fits else "no, see the notes below"
    if plan.ddr_peak or plan.traffic:
        yield "DDR arena", _bytes(plan.ddr_peak)
        yield "DDR traffic", f"{_bytes(plan.traffic)}, {_traffic_proof(plan)}"
    weights = weights_traffic(problem, plan)
    if weights:
        yield "weights", f"{_bytes(weights)} read from DDR"
    yield "time", f"{plan.seconds.get('total', 0):.3f} s"


def _traffic_proof(plan: Plan) -> str:
    if plan.traffic == plan.traffic_lower_bound:
        return "the least with its order and merges"
    gap = _percent(plan.traffic - plan.traffic_lower_bound, plan.traffic_lower_bound)
    return f"at least {_bytes(plan.traffic_lower_bound)} with its order and merges, gap {gap}"


def _baselines(plan: Plan) -> Table:
    table = _table("", "bytes", "saved")
    for name, text in BASELINES.items():
        if name in plan.baseline:
            size = plan.baseline[name]
            saved = _percent(size - plan.l2_peak, size) if plan.fits else "-"
            table.add_row(text, _bytes(size), saved)
    return table


def _peak(problem: Problem, plan: Plan) -> Iterator[Table | Text | str]:
    """The step that holds most, what is live there, and how far that is from L2."""
    steps = max(1, len(plan.order))
    pinned = {buffer.id for buffer in problem.buffers if buffer.pinned == problem.ddr.name}
    items = [item for item in residents(problem, plan) if item.size and item.id not in pinned]
    if not items:
        return
    by_memory = [[item for item in items if item.memory == name] for name in (problem.l2.name, problem.ddr.name)]
    held = [sum(each) for each in zip(*(load(each, steps) for each in by_memory), strict=True)]
    step = max(range(steps), key=lambda each: (held[each], -each))
    here = sorted((item for item in items if item.start <= step < item.end), key=lambda item: (-item.size, item.id))
    yield _title(f"\nMost is live at step {step}{_kernel(problem, plan, step)}: {_bytes(held[step])}")
    yield _live(problem, plan, here)
    if len(here) > LISTED:
        yield f"and {len(here) - LISTED} smaller ones"
    capacity = problem.l2.capacity
    if capacity is not None and held[step] > capacity:
        yield f"L2 lacks {_bytes(held[step] - capacity)} there: these buffers would have to shrink by that much"


def _kernel(problem: Problem, plan: Plan, step: int) -> str:
    names = {kernel.id: kernel.name for kernel in problem.kernels}
    return f" ({plan.order[step]} {names[plan.order[step]]})" if plan.order else ""


def _live(problem: Problem, plan: Plan, here: list[Resident]) -> Table:
    table = _table("buffer", "value", "kind", "bytes", "memory", "offset", "steps")
    buffers = {buffer.id: buffer for buffer in problem.buffers}
    for item in here[:LISTED]:
        buffer = buffers.get(item.id)
        table.add_row(
            item.id + _shared(plan, item.id),
            buffer.value if buffer else "",
            buffer.kind.value if buffer else "scratch",
            str(item.size),
            item.memory,
            str(item.offset),
            f"[{item.start}, {item.end})",
        )
    return table


def _shared(plan: Plan, buffer: str) -> str:
    return f" in {plan.aliases[buffer].buffer}" if buffer in plan.aliases else ""


def _title(text: str) -> Text:
    return Text(text, style="bold")


def _table(*columns: str) -> Table:
    table = Table(box=None, show_header=any(columns), pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in ("bytes", "offset", "saved") else "left")
    return table


def _bytes(size: int) -> str:
    text = format_size(size)
    return text if size < 1024 else f"{size} B ({text})"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "0%"
