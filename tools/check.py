"""Certify a packed program from its IR alone: no bytes of an arena are shared by two live buffers.

Prints a line a packed function. Exits with 1 and an error at each place where a buffer is read after its bytes were
overwritten, or where anything else is wrong or not understood. Knows nothing of the plan that made the program.
"""

from __future__ import annotations

import argparse

from l2opt.passes.check_ir_module import check_module
from l2opt.passes.diagnostics import Collector, Diagnosed, LocatedError
from l2opt.tools import source

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `l2opt check` accepts."""
    parser.add_argument("packed", metavar="PACKED", help="packed MLIR as text or bytecode; - is stdin")


def run(arguments: argparse.Namespace) -> int:
    """Checks every packed function, and reports. Raises Diagnosed with all the faults."""
    read = source.read(arguments.packed)
    collector = Collector(read.name)
    with source.new_context(allow_unregistered=True) as context:
        module = source.parse(read, context, collector)
        try:
            checked = check_module(module)
        except LocatedError as error:
            collector.add_error(error, module.operation.location)
            raise Diagnosed(collector.diagnostics) from error
        for each in checked:
            print(each.line())
            for fault in each.faults:
                collector.add_error(fault, module.operation.location)
    if any(each.faults for each in checked):
        raise Diagnosed(collector.diagnostics)
    return 0
