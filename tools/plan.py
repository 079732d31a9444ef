"""Plan the memory of a network, and report the plan: its peak, a proven lower bound, and what stays in DDR."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

from l2opt.errors import UsageError
from l2opt.passes.pipelines import options_of
from l2opt.passes.types import parse_assume
from l2opt.plan import Options, plan_to_json
from l2opt.tools import curve, output, plot, report
from l2opt.tools.arguments import add_options, given_options
from l2opt.tools.import_options import MODEL_HELP, add_import_options, asked
from l2opt.tools.importing import read_model
from l2opt.tools.planning import PASSES, Planned, plan_model, with_problem

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `l2opt plan` accepts."""
    add = parser.add_argument
    add("model", metavar="MODEL", help=MODEL_HELP)
    add("--json", metavar="FILE", help="write the plan to this file; - is stdout, in place of the report")
    add("--plot", metavar="FILE", help=f"draw L2 over time; the name ends in {', '.join(plot.FORMATS)}")
    add("--sweep", metavar="SIZE..SIZE", help="DDR traffic at these capacities of L2, each twice the one before")
    add("--what-if", action=argparse.BooleanOptionalAction, default=True, help="say what would make it fit")
    add("--assume", metavar="TYPE=TYPE", default="", help="count elements of a type as another, such as f32=i8")
    add_import_options(parser)
    add_options(parser.add_argument_group("planning options"), options_of(PASSES).values())


def run(arguments: argparse.Namespace) -> int:
    """Plans, then writes what was asked for."""
    if arguments.plot:
        plot.check(arguments.plot)
    if arguments.sweep is not None:
        return _sweep(arguments)
    values, assume = given_options(arguments), parse_assume(arguments.assume)
    planned = plan_model(arguments.model, values, assume, asked(arguments), arguments.started)
    for diagnostic in planned.reported:
        print(*diagnostic.lines(), sep="\n", file=sys.stderr)
    if arguments.plot:
        output.write(arguments.plot, plot.draw(planned.problem, planned.plan, arguments.plot))
    if arguments.json:
        made = plan_to_json(planned.problem, planned.plan, planned.options)
        output.write(arguments.json, output.as_json(made))
    if arguments.json != output.STDOUT:
        report.show(planned.problem, planned.plan, _options_left(arguments, planned) if arguments.what_if else None)
    return 0


def _options_left(arguments: argparse.Namespace, planned: Planned) -> Options:
    """With what is left of the timeout, if there is one."""
    options = planned.plan_options
    if options.timeout is None:
        return options
    gone = time.perf_counter() - arguments.started
    return replace(options, timeout=max(1e-3, options.timeout - gone))


def _sweep(arguments: argparse.Namespace) -> int:
    """Plans for each capacity, and shows how the traffic falls."""
    capacities = curve.parse_range(arguments.sweep)
    if arguments.plot and arguments.plot.endswith(".html"):
        raise UsageError(f"plot {arguments.plot!r}: want .svg, .png or .pdf with --sweep")
    values = given_options(arguments)
    read = read_model(arguments.model, asked(arguments))
    assume = parse_assume(arguments.assume)
    formed, points = with_problem(read, values, assume, lambda *what: curve.shown(what[0], capacities, what[1]))
    for diagnostic in formed.reported:
        print(*diagnostic.lines(), sep="\n", file=sys.stderr)
    if arguments.plot:
        output.write(arguments.plot, curve.draw(formed.problem, points, arguments.plot))
    if arguments.json:
        made = curve.as_json(formed.problem, points, values)
        output.write(arguments.json, output.as_json(made))
    if arguments.json != output.STDOUT:
        report.show_parts([f"{formed.problem.model} @{formed.problem.function}".strip(), curve.as_table(points)])
    return 0
