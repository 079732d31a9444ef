"""The native searches for orders under sanitizers, against going through all sets of kernels."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEARCHES = ("beam", "cut", "exact", "local", "mover", "moves", "parts", "series", "state", "traffic")
FLAGS = ("-std=c++17", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fno-sanitize-recover=all")


def test_random_graphs_agree_with_all_orders_and_nothing_is_out_of_bounds(tmp_path: Path) -> None:
    sources = ("order", *(f"order_{name}" for name in SEARCHES))
    assert run(tmp_path, "order", sources, "2000") == "2000 graphs agree\n"


def test_series_parallel_graphs_agree_with_all_orders_and_nothing_is_out_of_bounds(tmp_path: Path) -> None:
    said = run(tmp_path, "series", ("order_series", "order_parts", "order_state"), "4000")
    agreed = re.fullmatch(r"4000 graphs agree, (\d+) proven\n", said)
    assert agreed
    assert int(agreed[1]) >= 2000


def run(directory: Path, name: str, sources: tuple[str, ...], count: str) -> str:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    program = directory / name
    files = [str(ROOT / "test" / "native" / f"{name}.cc"), *(str(ROOT / "solver" / f"{each}.cc") for each in sources)]
    command = [compiler, *FLAGS, "-fsanitize=address,undefined", f"-I{ROOT / 'solver'}", *files, "-o", str(program)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if "cannot find" in built.stderr and "san" in built.stderr:
        pytest.skip(f"no sanitizers: {built.stderr.splitlines()[0]}")
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([str(program), count], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
