"""Pack buffers with given lifetimes: an offset each, so that no two live at once share a byte.

PROBLEM is a CSV file in MiniMalloc's format: id, lower, upper, size; optionally alignment, offset and gaps. With a
capacity that is proven too small the exit code is 3, with one that is neither met nor proven too small it is 4.
"""

from __future__ import annotations

import argparse
import json
import sys

from l2opt.errors import L2OptError, UsageError
from l2opt.plan.csv_files import Table, read_table, write_table
from l2opt.plan.packing import Packing, solve_packing
from l2opt.sizes import parse_size
from l2opt.tools import output

__all__ = ["add_arguments", "run"]

SCHEMA = "l2opt.pack/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `l2opt pack` accepts."""
    add = parser.add_argument
    add("problem", metavar="PROBLEM", help="CSV file; - is stdin")
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--capacity", metavar="SIZE", help="fit into this many bytes, such as 1048576 or 1MB")
    goal.add_argument("--minimize", action="store_true", help="use the fewest bytes")
    add("--timeout", metavar="SECONDS", help="stop with the best found; no default")
    add("-o", dest="output", metavar="FILE", help="write the columns of PROBLEM plus offset; - is stdout")
    add("--json", metavar="FILE", help="write the result; - is stdout")


def run(arguments: argparse.Namespace) -> int:
    """Packs, then writes what was asked for; without -o and --json, a line on stdout."""
    capacity = None if arguments.capacity is None else parse_size(arguments.capacity)
    timeout = None if arguments.timeout is None else _seconds(arguments.timeout)
    table = read_table(_read(arguments.problem), arguments.problem)
    packing = solve_packing(table.items, capacity, timeout)
    if arguments.output:
        output.write(arguments.output, write_table(table, packing.offsets))
    if arguments.json:
        output.write(arguments.json, json.dumps(_record(arguments.problem, capacity, table, packing), indent=1) + "\n")
    if output.STDOUT not in (arguments.output, arguments.json):
        print(
            f"{len(table.items)} buffers, peak {packing.peak} B, lower bound {packing.lower_bound} B, "
            f"{packing.status.value}, by {packing.winner or 'nothing to do'}, {packing.seconds:.3f} s"
        )
    return 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--timeout: want seconds > 0, got {text!r}")
    return seconds


def _read(path: str) -> str:
    try:
        if path == output.STDOUT:
            return sys.stdin.read()
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        raise L2OptError(f"{path}: cannot read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise L2OptError(f"{path}: want a text file in UTF-8: {error.reason} at byte {error.start}") from error


def _record(path: str, capacity: int | None, table: Table, packing: Packing) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "problem": path,
        "capacity": capacity,
        "peak": packing.peak,
        "lower_bound": packing.lower_bound,
        "status": packing.status.value,
        "winner": packing.winner,
        "seconds": packing.seconds,
        "buffers": [
            {"id": item.name, "offset": offset} for item, offset in zip(table.items, packing.offsets, strict=True)
        ],
    }
