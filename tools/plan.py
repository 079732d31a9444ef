"""Plan the memory of a network, and report the plan: its peak, a proven lower bound, and what stays in DDR."""

from __future__ import annotations

import argparse
import json
import sys

from l2opt.passes.pipelines import options_of
from l2opt.passes.types import parse_assume
from l2opt.plan import plan_to_json
from l2opt.tools import output, plot, report
from l2opt.tools.arguments import add_options, given_options
from l2opt.tools.import_options import MODEL_HELP, add_import_options, asked
from l2opt.tools.planning import PASSES, plan_model

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `l2opt plan` accepts."""
    add = parser.add_argument
    add("model", metavar="MODEL", help=MODEL_HELP)
    add("--json", metavar="FILE", help="write the plan to this file; - is stdout, in place of the report")
    add("--plot", metavar="FILE", help=f"draw L2 over time; the name ends in {', '.join(plot.FORMATS)}")
    add("--assume", metavar="TYPE=TYPE", default="", help="count elements of a type as another, such as f32=i8")
    add_import_options(parser)
    add_options(parser.add_argument_group("planning options"), options_of(PASSES).values())


def run(arguments: argparse.Namespace) -> int:
    """Plans, then writes what was asked for."""
    if arguments.plot:
        plot.check(arguments.plot)
    planned = plan_model(arguments.model, given_options(arguments), parse_assume(arguments.assume), asked(arguments))
    for diagnostic in planned.reported:
        print(*diagnostic.lines(), sep="\n", file=sys.stderr)
    if arguments.plot:
        output.write(arguments.plot, plot.draw(planned.problem, planned.plan, arguments.plot))
    if arguments.json:
        made = plan_to_json(planned.problem, planned.plan, planned.options)
        output.write(arguments.json, json.dumps(made, indent=1) + "\n")
    if arguments.json != output.STDOUT:
        report.show(planned.problem, planned.plan)
    return 0
