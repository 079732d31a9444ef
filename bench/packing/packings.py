"""What the packing measurements share: files of problems, `l2opt pack`, a peer's program, and tables."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
L2OPT = Path(sysconfig.get_path("scripts")) / "l2opt"


@dataclass(frozen=True)
class Packed:
    """What a run of a packer told."""

    status: str  # optimal, feasible, infeasible, unknown; or failed
    peak: int | None  # bytes
    bound: int  # bytes
    seconds: float  # the packer's own for l2opt; of the whole process for a peer
    memory: int  # bytes, the most that the process held; 0: not known
    whole: float = 0.0  # seconds of the whole process, with its start, reading and writing


def arguments(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=BESIDE, help="directory of problems (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="threads of l2opt (default: 2)")
    parser.add_argument("--timeout", type=float, default=30, help="seconds a problem (default: %(default)s)")
    return parser


def files(folder: Path) -> list[Path]:
    """Problems in `folder`; says so and ends if there are none."""
    found = sorted(path for path in folder.glob("*.csv") if path.stat().st_size > 200)
    if not found:
        print(f"skipped: no problems in {folder}; name a directory with --data")
        sys.exit(0)
    return found


def pack(path: Path, *options: str, timeout: float, threads: int) -> Packed:
    """`l2opt pack`, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "result.json"
        command = [str(L2OPT), "pack", str(path), *options, f"--timeout={timeout}", f"--threads={threads}"]
        measured = [sys.executable, "-c", _MEASURE, *command, f"--json={record}"]
        start = time.perf_counter()
        done = subprocess.run(measured, capture_output=True, text=True, check=False)
        whole = time.perf_counter() - start
        if not record.exists():
            print(f"{path.name}: {done.stderr.strip()}", file=sys.stderr)
            return Packed("failed", None, 0, timeout, 0)
        made = json.loads(record.read_text())
    memory = int(done.stdout.rsplit("\n", 2)[-2]) * 1024
    return Packed(made["status"], made["peak"], made["lower_bound"], made["seconds"], memory, whole)


def program(text: str) -> Path:
    """The file of an executable; argparse's error for another."""
    path = Path(text)
    if not path.is_file() or not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"{text}: want a program")
    return path


_MEASURE = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def minimalloc(program: Path, path: Path, capacity: int, timeout: float) -> Packed:
    """MiniMalloc's own program, at a capacity."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "packed.csv"
        command = [str(program), f"--capacity={capacity}", f"--input={path}", f"--output={output}"]
        start = time.perf_counter()
        try:
            done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            return Packed("unknown", None, 0, timeout, 0)
        solved = done.returncode == 0 and output.exists()
        seconds = time.perf_counter() - start
        return Packed("feasible" if solved else "failed", None, 0, seconds, 0, seconds)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The first column to the left, the others to the right, each as wide as it must be."""
    lines = [list(map(str, titles)), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(titles))]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]))


def _text(cell: object) -> str:
    if cell is None:
        return "-"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)
