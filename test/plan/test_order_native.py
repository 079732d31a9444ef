"""The native search for orders under the address and undefined-behaviour sanitizers, against going through all sets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("beam", "cut", "exact", "moves", "parts", "state", "traffic")
SOURCES = ("order", *(f"order_{part}" for part in PARTS))
FLAGS = ("-std=c++17", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fno-sanitize-recover=all")
COUNT = "2000"


def test_random_graphs_agree_with_all_orders_and_nothing_is_out_of_bounds(tmp_path: Path) -> None:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    program = tmp_path / "order"
    sources = [str(ROOT / "test" / "native" / "order.cc"), *(str(ROOT / "solver" / f"{name}.cc") for name in SOURCES)]
    command = [compiler, *FLAGS, "-fsanitize=address,undefined", f"-I{ROOT / 'solver'}", *sources, "-o", str(program)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if "cannot find" in built.stderr and "san" in built.stderr:
        pytest.skip(f"no sanitizers: {built.stderr.splitlines()[0]}")
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([str(program), COUNT], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout == f"{COUNT} graphs agree\n"
