"""Pack buffers with given lifetimes: an offset each, so that no two live at once share a byte.

PROBLEM is a CSV file in MiniMalloc's format: a header, then a line a buffer, with the columns id, lower, upper
(exclusive; or end, inclusive) and size. Optional columns, where an empty field means none: alignment; offset (fixed),
or min_offset and max_offset; gaps such as "3-5 8-9@0:16" (dead during [3, 5), only bytes [0, 16) live during [8, 9));
alias and alias_offset (lies so many bytes above the start of that buffer, and shares bytes with it). Others are kept.
With a capacity that is proven too small the exit code is 3 and buffers are named that do not fit together, with one
that is neither met nor proven too small it is 4. Without a timeout the search ends after a fixed amount of work
(--work), and the result does not depend on the number of threads; Ctrl-C ends it with the best so far.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from l2opt.errors import L2OptError, UsageError
from l2opt.plan.csv_files import Table, read_table, write_table
from l2opt.plan.packing import Packing, solve_packing
from l2opt.plan.portfolio import SOLVERS, WORK, Effort
from l2opt.sizes import MAX_SIZE, parse_size
from l2opt.tools import output
from l2opt.tools.interrupt import noting_interrupts

__all__ = ["add_arguments", "run"]

SCHEMA = "l2opt.pack/1"
_MOST_THREADS = 4
_ALLOWED_THREADS = 64
_AFTER = 2.2  # to check and to write what is packed takes so many times as long as to read it
_FOREVER = 1e9  # seconds; more is too much for a clock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `l2opt pack` accepts."""
    add = parser.add_argument
    add("problem", metavar="PROBLEM", help="CSV file; - is stdin")
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--capacity", metavar="SIZE", help="fit into this many bytes, such as 1048576 or 1MB")
    goal.add_argument("--minimize", action="store_true", help="use the fewest bytes")
    add("--timeout", metavar="SECONDS", help="stop with the best found")
    add("--work", metavar="N", help="let the search look at this many columns in all; some 10^8 take a second")
    add("--threads", metavar="N", help="search on this many threads (default: the cores, at most 4)")
    add(
        "--solver", choices=SOLVERS, default="auto", help="search; cp: OR-Tools alone; auto: both if there is a timeout"
    )
    add("-o", dest="output", metavar="FILE", help="write the columns of PROBLEM plus offset; - is stdout")
    add("--json", metavar="FILE", help="write the result; - is stdout")


def run(arguments: argparse.Namespace) -> int:
    """Packs, then writes what was asked for; without -o and --json, a line on stdout."""
    capacity = None if arguments.capacity is None else parse_size(arguments.capacity)
    timeout = None if arguments.timeout is None else _seconds(arguments.timeout)
    threads = _threads(arguments.threads)
    work = MAX_SIZE if timeout is not None else WORK
    if arguments.work is not None:
        work = _count(arguments.work, "--work: want 1 or more columns", MAX_SIZE)
    if arguments.output is not None and arguments.output == arguments.json:
        raise UsageError(f"-o and --json: want different files, got {arguments.json!r} for both")
    start = time.perf_counter()
    table = read_table(_read(arguments.problem), arguments.problem)
    read = time.perf_counter() - start
    gone = time.perf_counter() - arguments.started
    left = None if timeout is None else max(0.1 * timeout, timeout - gone - _AFTER * read)
    with noting_interrupts() as interrupted:
        effort = Effort(left, work, threads, interrupted, arguments.solver)
        packing = solve_packing(table.items, capacity, effort)
    if arguments.json:
        output.write(arguments.json, output.as_json(_record(arguments.problem, capacity, table, packing)))
    if packing.offsets is None:
        assert packing.error is not None
        raise packing.error
    if arguments.output:
        output.write(arguments.output, write_table(table, packing.offsets))
    if output.STDOUT not in (arguments.output, arguments.json):
        print(
            f"{len(table.ids)} buffers, peak {packing.peak} B, lower bound {packing.lower_bound} B "
            f"({packing.bound_by}), {packing.outcome.value}, by {packing.winner or 'nothing to do'}, "
            f"{packing.nodes} nodes, {packing.seconds:.3f} s"
        )
    return 0


def _threads(text: str | None) -> int:
    if text is None:
        return min(_MOST_THREADS, os.cpu_count() or 1)
    return _count(text, f"--threads: want 1 to {_ALLOWED_THREADS}", _ALLOWED_THREADS)


def _count(text: str, wanted: str, most: int) -> int:
    """1 to `most`, in plain digits."""
    plain = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    if not plain or not 1 <= int(text) <= most:
        raise UsageError(f"{wanted}, got {text[:40]!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--timeout: want seconds > 0, got {text!r}")
    return min(seconds, _FOREVER)


def _read(path: str) -> str:
    try:
        if path == output.STDOUT:
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
        return data.decode("utf-8")
    except OSError as error:
        raise L2OptError(f"{path}: cannot read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise L2OptError(f"{path}:{line}: want a text file in UTF-8: {error.reason} at byte {error.start}") from error


def _record(path: str, capacity: int | None, table: Table, packing: Packing) -> dict[str, object]:
    offsets: Sequence[int | None] = [None] * len(table.ids)
    if packing.offsets is not None:
        offsets = table.offsets(packing.offsets)
    return {
        "schema": SCHEMA,
        "problem": path,
        "capacity": capacity,
        "status": packing.outcome.value,
        "peak": packing.peak,
        "lower_bound": packing.lower_bound,
        "bound_by": packing.bound_by,
        "winner": packing.winner,
        "nodes": packing.nodes,
        "seconds": packing.seconds,
        "interrupted": packing.interrupted,
        "witness": list(packing.witness),
        "witness_is_minimal": packing.witness_is_minimal,
        "buffers": [{"id": name, "offset": offset} for name, offset in zip(table.ids, offsets, strict=True)],
    }
