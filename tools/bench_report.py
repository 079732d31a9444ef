"""The table of networks for people: on a terminal, and as Markdown."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable

from l2opt.tools.bench_measure import Stage
from l2opt.tools.bench_summary import ARTICLE, ARTICLE_MERGING, MIB, SLOTS, Reduction, Share, Table

__all__ = ["as_markdown", "show", "summary_markdown"]

WIDTH = 160  # of lines that go to no terminal
KIB = 1024
_SHORT = {"slots in program order": "slots", "slots optimized": "best slots"}


@dataclass(frozen=True)
class Part:
    """One table, with its title and the notes below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


def show(table: Table) -> None:
    """Prints everything to stdout."""
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False)
    with console.capture() as capture:
        for part in (*_summary(table), *_details(table)):
            console.print(_rich(part))
            for note in part.notes:
                console.print(note)
            console.print()
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def as_markdown(table: Table) -> str:
    """Everything, as Markdown."""
    return "\n".join(_markdown(part) for part in (*_summary(table), *_details(table)))


def summary_markdown(table: Table) -> str:
    """The shares and the reductions alone, as Markdown."""
    return "\n".join(_markdown(part) for part in _summary(table))


def _rich(part: Part) -> RichTable:
    made = RichTable(box=None, title=part.title, title_justify="left", title_style="bold", pad_edge=False)
    for k, column in enumerate(part.columns):
        made.add_column(column, justify="right" if k else "left", no_wrap=True)
    for row in part.rows:
        made.add_row(*row)
    return made


def _markdown(part: Part) -> str:
    lines = [
        f"| {' | '.join(row)} |" for row in (part.columns, ["---"] + ["---:"] * (len(part.columns) - 1), *part.rows)
    ]
    return "\n".join([f"**{part.title}**", "", *lines, "", *(f"{note}\n" for note in part.notes)])


def _summary(table: Table) -> Iterator[Part]:
    sizes = [_size(capacity) for capacity in table.ask.capacities]
    rows = [
        [stage, *map(_percent, table.shares(stage)), f"{table.optimal(stage)}/{len(table.planned)}"]
        for stage in table.stages
    ]
    for name, percents in ARTICLE.items():
        figures = [f"{percents[capacity]}%" if capacity in percents else "" for capacity in table.ask.capacities]
        if any(figures):
            rows.append([name, *figures, ""])
    notes = [_reduction(each) for each in table.reductions()]
    title = f"Share of {len(table.planned)} networks that fit{_asked(table)}"
    yield Part(title, ["", *(f"fits {size}" for size in sizes), "proven least"], rows, notes)


def _asked(table: Table) -> str:
    words = [f"--{name}={value}" for name, value in table.ask.options]
    if table.ask.assume:
        words.append(f"--assume={','.join(f'{old}={new}' for old, new in table.ask.assume)}")
    return f" ({' '.join(words)})" if words else ""


def _reduction(each: Reduction) -> str:
    low, middle, high = (f"{value:.0f}%" for value in each.quartiles)
    what = f"{each.stage} lowers the peak of {each.before!r} by {middle} (median; quartiles {low} and {high})"
    article = f"; the article's merging: {ARTICLE_MERGING}" if each.before == SLOTS else ""
    return f"{what}: {each.lower} of {each.networks} networks lower, {each.higher} higher{article}."


def _details(table: Table) -> Iterator[Part]:
    stages = table.stages
    if len(table.families()) > 1:
        rows = [
            [
                f"{family} ({table.shares(stages[0], family)[0].networks})",
                *(_both(table, stage, family) for stage in stages),
            ]
            for family in table.families()
        ]
        sizes = " / ".join(_size(capacity) for capacity in table.ask.capacities)
        yield Part(f"By family: share that fits {sizes}", ["family", *map(_name, stages)], rows)
    if table.planned:
        notes = ["KiB of L2; a peak above its bound carries the bound; * is proven least for its order and merges"]
        rows = [
            [network.name, *(_peak(outcome.stages[stage]) for stage in stages)] for network, outcome in table.planned
        ]
        yield Part("Peaks", ["network", *map(_name, stages)], rows, notes)
    if table.failed:
        rows = [[network.name, outcome.error] for network, outcome in table.failed]
        yield Part("Not planned", ["network", "error"], rows)


def _name(stage: str) -> str:
    return _SHORT.get(stage, stage)


def _both(table: Table, stage: str, family: str) -> str:
    return " / ".join(_percent(share) for share in table.shares(stage, family))


def _size(capacity: int) -> str:
    return f"{capacity // MIB} MB" if capacity % MIB == 0 else f"{capacity / KIB:.0f} KB"


def _percent(share: Share) -> str:
    return f"{share.percent:.0f}%"


def _peak(stage: Stage) -> str:
    peak, bound = stage.peak / KIB, stage.bound / KIB
    return f"{peak:.1f}*" if stage.status == "optimal" else f"{peak:.1f} ({bound:.1f})"
