"""A picture of L2 over time: steps to the right, offsets up, a rectangle a buffer; and of what is outside of it."""

from __future__ import annotations

import html
import importlib.util
import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from l2opt.errors import L2OptError, UsageError
from l2opt.plan import Plan, Problem
from l2opt.sizes import format_size
from l2opt.tools.occupancy import Resident, load, residents

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "check", "draw", "saved"]

FORMATS = (".svg", ".png", ".pdf", ".html")
COLOURS = {
    "input": "#4c9f70",
    "output": "#c8553d",
    "constant": "#9a9a9a",
    "variable": "#8a63d2",
    "tensor": "#4f86c6",
    "scratch": "#e0b04c",
}
LACK = "#b00020"  # colour of limits, and of what is live beyond them
SHARED = "////"  # hatch
KIB = 1024  # bytes
LABELLED = 0.04  # of the picture's height: lower rectangles carry no label


def check(path: str, formats: Sequence[str] = FORMATS) -> None:
    """Raises UsageError if `path` names none of `formats`, L2OptError if pictures cannot be drawn."""
    if os.path.splitext(path)[1] not in formats:
        raise UsageError(f"plot {path!r}: want a name that ends in {', '.join(formats)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise L2OptError("plot: want the package matplotlib, which is not installed: pip install 'l2opt[plot]'")


def draw(problem: Problem, plan: Plan, path: str) -> bytes:
    """The picture as the content of a file called `path`, the same on every run."""
    import matplotlib
    from matplotlib.figure import Figure

    steps = max(1, len(plan.order))
    extension = os.path.splitext(path)[1]
    with matplotlib.rc_context({"svg.hashsalt": "l2opt"}):
        figure = Figure(figsize=(min(24, max(10, steps / 6)), 6), layout="constrained")
        _fill(figure, problem, plan, steps)
        figure.legend(loc="outside right upper", fontsize="small")
        if extension == ".html":
            return _page(saved(figure, "svg"), f"{problem.model} @{problem.function}")
        return saved(figure, extension[1:])


def _fill(figure: Figure, problem: Problem, plan: Plan, steps: int) -> None:
    """L2, and where something is outside of it, DDR below, and why."""
    pinned = {buffer.id for buffer in problem.buffers if buffer.pinned == problem.ddr.name}
    items = [item for item in residents(problem, plan) if item.size and item.id not in pinned]
    inside = [item for item in items if item.memory == problem.l2.name]
    outside = [item for item in items if item.memory == problem.ddr.name]
    if not outside:
        _l2(figure.add_subplot(), problem, plan, inside, steps)
    else:
        figure.set_figheight(9)
        upper, lower, words = figure.subplots(3, height_ratios=[3, 1.5, 0.02 + 0.14 * len(plan.notes)])
        _l2(upper, problem, plan, inside, steps)
        needed = [(low + high) / KIB for low, high in zip(load(inside, steps), load(outside, steps), strict=True)]
        _needed(upper, needed)
        _ddr(lower, problem, plan, outside, steps)
        words.axis("off")
        words.text(0, 1, "\n".join(plan.notes), va="top", fontsize="small", transform=words.transAxes)
    figure.axes[0].set_title(_title(problem, plan))
    kinds = _kinds(problem)
    for kind in sorted({kinds.get(item.id, "scratch") for item in items}):
        figure.axes[0].bar(0, 0, color=COLOURS[kind], label=kind)
    if any(item.id in plan.aliases for item in items):
        figure.axes[0].bar(0, 0, color="white", edgecolor="black", hatch=SHARED, label="shares another's bytes")


def _needed(axes: Axes, held: Sequence[float]) -> None:
    """What is live in both memories, and where that is most."""
    label = "live in L2 and DDR"
    axes.stairs(held, range(len(held) + 1), color=LACK, linewidth=0.8, linestyle="-.", zorder=1.5, label=label)
    step = max(range(len(held)), key=lambda each: (held[each], -each))
    words = f" {format_size(round(held[step] * KIB))} live at step {step} "
    place, side = (step + 1, "left") if step < len(held) / 2 else (step, "right")
    axes.annotate(words, (place, held[step]), ha=side, va="center", color=LACK)
    axes.set_ylim(0, 1.05 * max(held[step], axes.get_ylim()[1] / 1.05))


def _l2(axes: Axes, problem: Problem, plan: Plan, items: Sequence[Resident], steps: int) -> None:
    capacity = problem.l2.capacity
    top = max(plan.l2_peak, plan.l2_lower_bound, 1)
    if capacity is not None and capacity < 4 * top:
        top = max(top, capacity)
    _rectangles(axes, problem, plan, items, top)
    live = [each / KIB for each in load(items, steps)]
    axes.stairs(live, range(steps + 1), color="black", linewidth=1.2, zorder=2, label="live in L2")
    _lines(axes, plan, capacity, top)
    axes.set(xlim=(0, steps), ylim=(0, 1.05 * top / KIB), xlabel="step", ylabel="offset in L2, KiB")


def _ddr(axes: Axes, problem: Problem, plan: Plan, items: Sequence[Resident], steps: int) -> None:
    top = max(item.offset + item.size for item in items)
    _rectangles(axes, problem, plan, items, top)
    axes.set(xlim=(0, steps), ylim=(0, 1.05 * top / KIB), xlabel="step", ylabel="offset in DDR, KiB")


def _lines(axes: Axes, plan: Plan, capacity: int | None, top: int) -> None:
    """Capacity, peak and bound, each with its bytes; peak and bound in one line where they are equal."""
    peak, bound = plan.l2_peak, plan.l2_lower_bound
    lines: dict[str, tuple[int | None, str, str]] = {"capacity": (capacity, "-", "left")}
    if peak == bound:
        lines["peak, equal to its lower bound,"] = (peak, "--", "right")
    else:
        lines |= {"peak": (peak, "--", "right"), "lower bound": (bound, ":", "center")}
    for name, (value, style, side) in lines.items():
        if value is not None and value <= top:
            label = f"{name} {format_size(value)}"
            axes.axhline(value / KIB, color=LACK, linestyle=style, linewidth=1.2, label=label)
            place = ({"left": 0, "center": 0.5, "right": 1}[side], value / KIB)
            below = "top" if name == "lower bound" else "bottom"
            axes.annotate(f" {label} ", place, xycoords=("axes fraction", "data"), ha=side, va=below, color=LACK)


def _rectangles(axes: Axes, problem: Problem, plan: Plan, items: Sequence[Resident], top: int) -> None:
    """A buffer that shares another's bytes is drawn over it, hatched."""
    from matplotlib.patches import Rectangle

    kinds = _kinds(problem)
    for item in sorted(items, key=lambda item: item.id in plan.aliases):
        width, height, bottom = item.end - item.start, item.size / KIB, item.offset / KIB
        colour = COLOURS[kinds.get(item.id, "scratch")]
        shared = {"hatch": SHARED, "alpha": 0.6} if item.id in plan.aliases else {"alpha": 0.75}
        style: dict[str, Any] = {"facecolor": colour, "edgecolor": "black", "linewidth": 0.5, **shared}
        axes.add_patch(Rectangle((item.start, bottom), width, height, **style))
        if item.size > LABELLED * top and item.id not in plan.aliases:
            middle = (item.start + width / 2, bottom + height / 2)
            axes.annotate(item.id, middle, ha="center", va="center", fontsize=6)


def _kinds(problem: Problem) -> dict[str, str]:
    return {buffer.id: buffer.kind.value for buffer in problem.buffers}


def _title(problem: Problem, plan: Plan) -> str:
    outside = "" if plan.fits else f", {format_size(plan.ddr_peak)} in DDR, {format_size(plan.traffic)} of traffic"
    return f"{os.path.basename(problem.model)} @{problem.function}: {format_size(plan.l2_peak)} of L2{outside}"


def saved(figure: Any, kind: str) -> bytes:
    """A matplotlib figure as the content of a file of a kind, such as svg; the same on every run."""
    written = io.BytesIO()
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    figure.savefig(written, format=kind, dpi=120, metadata=metadata)
    return written.getvalue()


def _page(svg: bytes, title: str) -> bytes:
    head = f'<!doctype html>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
    return head.encode() + svg[svg.index(b"<svg") :]
