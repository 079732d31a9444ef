"""Measure planning on many networks: what they take at each stage of it, and the share of them that fits L2.

`l2opt bench zoo DIR` takes every network that the table of the directory lists (zoo.csv or index.csv), or every model
file in it; FILES may be named instead. One that fails does not stop the rest: it is listed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from l2opt.errors import L2OptError, UsageError
from l2opt.passes.pipelines import options_of, pipeline
from l2opt.passes.types import parse_assume
from l2opt.sizes import parse_size
from l2opt.tools import bench_dask, bench_files, bench_pool, bench_report, output
from l2opt.tools.arguments import add_options, given_options
from l2opt.tools.bench_measure import Ask, Outcome, Task, measure
from l2opt.tools.bench_networks import Network, find_networks
from l2opt.tools.bench_summary import Table
from l2opt.tools.planning import PASSES

__all__ = ["add_arguments", "run"]

# Those of planning that are not the stages' own.
OPTIONS = ("alignment", "function", "fuse", "io", "ops-table", "rewrite", "timeout", "weights")
Spread = Callable[[Sequence[Task]], Iterator[tuple[int, Outcome]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `l2opt bench` accepts."""
    add = parser.add_argument
    add("what", metavar="zoo", choices=("zoo",), help="what to measure")
    add("places", metavar="DIR|FILES", nargs="+", help="a directory of networks, or model files")
    add("--l2", metavar="SIZE,...", default="2MB,4MB", help="capacities (default: 2MB,4MB)")
    add("--assume", metavar="TYPE=TYPE", default="", help="count elements of a type as another, such as f32=i8")
    add("--only", metavar="TEXT", default="", help="networks whose name has TEXT")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time (default: one a core)")
    add("--dask", metavar="ADDRESS", help="run on the Dask cluster whose scheduler is there, in place of processes")
    for kind in ("csv", "json", "markdown"):
        add(
            f"--{kind}", metavar="FILE", help=f"write the table as {kind} to this file; - is stdout, without the report"
        )
    add("--plot", metavar="FILE", help=f"draw shares by capacity; the name ends in {', '.join(bench_files.PICTURES)}")
    known = options_of(PASSES)
    add_options(parser.add_argument_group("planning options"), [known[name] for name in OPTIONS if name in known])


def run(arguments: argparse.Namespace) -> int:
    """Measures, reports and writes what was asked for. Raises L2OptError."""
    if arguments.jobs < 1:
        raise UsageError(f"option --jobs: want at least 1, got {arguments.jobs}")
    if arguments.plot:
        bench_files.check_picture(arguments.plot)
    capacities = _capacities(arguments.l2)
    given = given_options(arguments)
    pipeline(PASSES, given)  # refuses what a pass would, before any network is read
    ask = Ask(capacities, tuple(sorted(given.items())), tuple(parse_assume(arguments.assume).items()))
    networks = find_networks(arguments.places, arguments.only)
    outcomes = _measured(networks, ask, _spread(arguments))
    table = Table(ask, tuple(zip(networks, outcomes, strict=True)))
    _write(table, arguments)
    return 1 if table.failed else 0


def _write(table: Table, arguments: argparse.Namespace) -> None:
    """The report, unless stdout takes a file, and every file asked for."""
    written = [
        (arguments.csv, bench_files.as_csv),
        (arguments.json, bench_files.as_json),
        (arguments.markdown, bench_report.as_markdown),
    ]
    if output.STDOUT not in (path for path, _ in written):
        bench_report.show(table)
    for path, form in written:
        if path:
            output.write(path, form(table))
    if arguments.plot:
        output.write(arguments.plot, bench_files.draw(table, arguments.plot))


def _capacities(text: str) -> tuple[int, ...]:
    sizes = tuple(parse_size(word) for word in text.split(","))
    if len(set(sizes)) < len(sizes):
        raise UsageError(f"option --l2: want different capacities, got {text!r}")
    return sizes


def _spread(arguments: argparse.Namespace) -> Spread:
    if arguments.dask:
        if importlib.util.find_spec("distributed") is None:
            raise L2OptError("--dask: want the package distributed, which is not installed: pip install 'l2opt[dask]'")
        return lambda tasks: bench_dask.spread(measure, tasks, arguments.dask)
    return lambda tasks: bench_pool.spread(measure, tasks, arguments.jobs)


def _measured(networks: Sequence[Network], ask: Ask, spread: Spread) -> list[Outcome]:
    """An outcome a network, in order. The largest files start first, so that the last to end is a small one."""
    order = sorted(range(len(networks)), key=lambda i: (-networks[i].bytes, i))
    tasks = [Task(networks[i].name, networks[i].path, ask) for i in order]
    done: dict[int, Outcome] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("networks", total=len(tasks))
        for index, outcome in spread(tasks):
            done[order[index]] = outcome
            progress.update(bar, advance=1)
    return [done[i] for i in range(len(networks))]
