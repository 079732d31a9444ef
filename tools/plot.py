"""A picture of L2 over time: steps to the right, offsets up, a rectangle a buffer."""

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
    with matplotlib.rc_context({"svg.hashsalt": "l2opt"}):
        figure = Figure(figsize=(min(24, max(8, steps / 6)), 6), layout="constrained")
        _fill(figure.add_subplot(), problem, plan, steps)
        figure.legend(loc="outside right upper", fontsize="small")
        extension = os.path.splitext(path)[1]
        if extension == ".html":
            return _page(saved(figure, "svg"), f"{problem.model} @{problem.function}")
        return saved(figure, extension[1:])


def _fill(axes: Axes, problem: Problem, plan: Plan, steps: int) -> None:
    items = [item for item in residents(problem, plan) if item.memory == problem.l2.name and item.size]
    kinds = {buffer.id: buffer.kind.value for buffer in problem.buffers}
    capacity = problem.l2.capacity
    top = max(plan.l2_peak, plan.l2_lower_bound, 1)
    if capacity is not None and capacity < 4 * top:
        top = max(top, capacity)
    for item in items:
        kind = kinds.get(item.id, "scratch")
        view = item.id in plan.aliases
        _rectangle(axes, item, COLOURS[kind], view, label=item.size > LABELLED * top)
    live = [each / KIB for each in load(items, steps)]
    axes.stairs(live, range(steps + 1), color="black", linewidth=1.2, label="live")
    _lines(axes, plan, capacity, top)
    for kind in sorted({kinds.get(item.id, "scratch") for item in items}):
        axes.bar(0, 0, color=COLOURS[kind], label=kind)
    axes.set(xlim=(0, steps), ylim=(0, 1.05 * top / KIB), xlabel="step", ylabel="offset in L2, KiB")
    axes.set_title(_title(problem, plan))


def _lines(axes: Axes, plan: Plan, capacity: int | None, top: int) -> None:
    lines = {"capacity": (capacity, "-"), "lower bound": (plan.l2_lower_bound, ":"), "peak": (plan.l2_peak, "--")}
    for name, (value, style) in lines.items():
        if value is not None and value <= top:
            label = f"{name} {format_size(value)}"
            axes.axhline(value / KIB, color="#b00020", linestyle=style, linewidth=1.2, label=label)


def _rectangle(axes: Axes, item: Resident, colour: str, view: bool, label: bool) -> None:
    from matplotlib.patches import Rectangle

    width, height, bottom = item.end - item.start, item.size / KIB, item.offset / KIB
    fill: dict[str, Any] = {"facecolor": "none", "linestyle": ":"} if view else {"facecolor": colour, "alpha": 0.75}
    axes.add_patch(Rectangle((item.start, bottom), width, height, edgecolor="black", linewidth=0.5, **fill))
    if label and not view:
        middle = (item.start + width / 2, bottom + height / 2)
        axes.annotate(item.id, middle, ha="center", va="center", fontsize=6)


def _title(problem: Problem, plan: Plan) -> str:
    outside = "" if plan.fits else f", {format_size(plan.ddr_peak)} in DDR"
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
