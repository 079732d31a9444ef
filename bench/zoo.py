"""What the measurements share: the networks of a zoo directory, the installed commands, and work on several cores."""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "zoo"
SCRIPTS = Path(sysconfig.get_path("scripts"))


@dataclass(frozen=True)
class Network:
    """One line of zoo.csv, or of index.csv."""

    name: str
    path: Path
    is_int8: bool
    fused_peak: int  # bytes; its largest sum of live fused buffers, in program order; 0 if the table does not say


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str
    seconds: float


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser for a zoo directory and the number of processes."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("zoo", nargs="?", type=Path, default=BESIDE, help=f"directory with zoo.csv (default: {BESIDE})")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (default: 2)")
    parser.add_argument("--only", default="", metavar="TEXT", help="networks whose name has TEXT")
    return parser


def networks(zoo: Path, only: str = "") -> list[Network]:
    """The networks of a zoo directory, in the order of its table; ends the program if there are none."""
    table = next((zoo / name for name in ("zoo.csv", "index.csv") if (zoo / name).is_file()), None)
    if table is None:
        sys.exit(f"{zoo}: no zoo.csv or index.csv here: give the directory with the networks as an argument")
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = [_network(zoo, row) for row in rows if only in row["name"]]
    if not chosen:
        sys.exit(f"{table}: want a network whose name has {only!r}, got none of {len(rows)}")
    return chosen


def _network(zoo: Path, row: dict[str, str]) -> Network:
    file = zoo / row["file"] if "/" in row["file"] else zoo / "mlir" / row["file"]
    return Network(row["name"], file, row["dtype"] == "int8", int(row.get("maxlive_fused", 0)))


def command(*words: str) -> Done:
    """Runs an installed command, or a program given by its path, to its end."""
    program = words[0] if "/" in words[0] else str(SCRIPTS / words[0])
    start = time.perf_counter()
    done = subprocess.run([program, *words[1:]], capture_output=True, text=True)
    return Done(done.returncode, done.stdout, done.stderr, time.perf_counter() - start)


def spread(work: Callable[[T], R], items: Sequence[T], jobs: int) -> Iterator[tuple[T, R]]:
    """Each item with its result, as they are done, `jobs` at a time; counts on stderr. Who stops asking stops the work:
    what is not begun by then is not done."""
    pool = ThreadPoolExecutor(jobs)
    try:
        pending = {pool.submit(work, item): item for item in items}
        for count, future in enumerate(as_completed(pending), 1):
            if count % 10 == 0 or count == len(items):
                print(f"{count} of {len(items)}", file=sys.stderr)
            yield pending[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def first_line(done: Done) -> str:
    """What a command that failed said first."""
    return (done.err.strip().splitlines() or [f"exit code {done.code}"])[0]
