"""The table of networks for programs: CSV, which can be read back, JSON, and a picture."""

from __future__ import annotations

import csv
import io
import json
import os
from typing import Any

from l2opt.errors import L2OptError
from l2opt.sizes import format_size
from l2opt.tools import plot
from l2opt.tools.bench_measure import NO_REUSE, STAGES, Ask, Outcome, Stage
from l2opt.tools.bench_networks import Network
from l2opt.tools.bench_summary import ARTICLE, Table

__all__ = ["PICTURES", "as_csv", "as_json", "check_picture", "draw", "read_csv"]

SCHEMA = "l2opt.zoo/1"
PICTURES = (".svg", ".png", ".pdf")
_FIELDS = ("peak", "bound", "status")


def as_csv(table: Table) -> str:
    """A line a network; for each stage its peak and bound in bytes, its status, and by capacity whether it fits."""
    columns = [f"{stage}: {field}" for stage in table.stages for field in (*_FIELDS, *_fits(table.ask))]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["name", "family", "kernels", "error", *columns])
    for network, outcome in table.rows:
        cells: list[object] = [network.name, network.family, outcome.kernels, outcome.error]
        for stage in table.stages if not outcome.error else ():
            made = outcome.stages[stage]
            cells += [made.peak, made.bound, made.status, *map(int, made.fits)]
        writer.writerow(cells)
    return written.getvalue()


def read_csv(text: str, ask: Ask) -> Table:
    """The table that `as_csv` wrote, for what was asked then. Raises L2OptError for any other text."""
    rows = []
    try:
        for line in csv.DictReader(io.StringIO(text)):
            stages = {
                name: Stage(
                    int(line[f"{name}: peak"]),
                    int(line[f"{name}: bound"]),
                    line[f"{name}: status"],
                    tuple(line[f"{name}: {fit}"] == "1" for fit in _fits(ask)),
                )
                for name in (NO_REUSE, *STAGES)
                if line.get(f"{name}: peak")
            }
            network = Network(line["name"], line["family"], "", 0)
            rows.append((network, Outcome(int(line["kernels"]), stages, line["error"])))
    except (KeyError, ValueError) as error:
        raise L2OptError(f"no table of networks: {error}") from error
    return Table(ask, tuple(rows))


def _fits(ask: Ask) -> list[str]:
    return [f"fits {capacity}" for capacity in ask.capacities]


def as_json(table: Table) -> str:
    """Everything, with what was asked, the shares, and seconds of processor."""
    capacities = table.ask.capacities
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "capacities": list(capacities),
        "options": dict(table.ask.options),
        "assume": dict(table.ask.assume),
        "seconds": round(table.seconds, 3),
        "shares": {stage: [share.percent for share in table.shares(stage)] for stage in table.stages},
        "article": {name: [percents.get(capacity) for capacity in capacities] for name, percents in ARTICLE.items()},
        "reductions": [
            {"stage": each.stage, "before": each.before, "quartiles": each.quartiles, "networks": each.networks}
            for each in table.reductions()
        ],
        "networks": [_network(network, outcome) for network, outcome in table.rows],
    }
    return json.dumps(made, indent=1) + "\n"


def _network(network: Network, outcome: Outcome) -> dict[str, Any]:
    made: dict[str, Any] = {"name": network.name, "family": network.family, "path": network.path}
    if outcome.error:
        return {**made, "error": outcome.error}
    stages = {
        name: {"peak": stage.peak, "lower_bound": stage.bound, "status": stage.status, "fits": list(stage.fits)}
        for name, stage in outcome.stages.items()
    }
    return {**made, "kernels": outcome.kernels, "seconds": round(outcome.seconds, 3), "stages": stages}


def check_picture(path: str) -> None:
    """Raises UsageError if `path` names no picture, L2OptError if none can be drawn."""
    plot.check(path, PICTURES)


def draw(table: Table, path: str) -> bytes:
    """The share of networks that fit, by the size of L2, a line a stage; the article's figures are points."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "l2opt"}):
        figure = Figure(figsize=(9, 6), layout="constrained")
        axes = figure.add_subplot()
        for stage in table.stages:
            peaks = sorted(max(1, outcome.stages[stage].peak) for _, outcome in table.planned)
            axes.step(peaks, [100 * (k + 1) / len(peaks) for k in range(len(peaks))], where="post", label=stage)
        for name, percents in ARTICLE.items():
            axes.plot(list(percents), list(percents.values()), "o", label=name)
        for capacity in table.ask.capacities:
            axes.axvline(capacity, color="#9a9a9a", linewidth=0.8)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda size, _: format_size(round(size)))
        axes.set(xlabel="L2", ylabel="networks that fit, %", ylim=(0, 101), title=f"{len(table.planned)} networks")
        axes.legend(fontsize="small")
        return plot.saved(figure, os.path.splitext(path)[1][1:])
