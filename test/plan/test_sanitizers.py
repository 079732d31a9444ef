"""The native packers under the address and undefined-behaviour sanitizers, against brute force."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    *"apart block_search blocks bound greedy growth intervals lasting load machine meetings neighbors".split(),
    *"occupied orders padding parts placer problem race schedule search sections separation strategy sweep".split(),
)
FLAGS = ("-std=c++17", "-O1", "-g", "-pthread", "-Wall", "-Wextra", "-Werror", "-fno-sanitize-recover=all")
COUNT = "3000"


def test_random_problems_agree_with_brute_force_and_nothing_is_out_of_bounds(tmp_path: Path) -> None:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    program = tmp_path / "packing"
    sources = [str(ROOT / "test" / "native" / "packing.cc"), *(str(ROOT / "solver" / f"{name}.cc") for name in SOURCES)]
    sanitize = "-fsanitize=address,undefined"
    built = subprocess.run(
        [compiler, *FLAGS, sanitize, f"-I{ROOT / 'solver'}", *sources, "-o", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "cannot find" in built.stderr and "san" in built.stderr:
        pytest.skip(f"no sanitizers: {built.stderr.splitlines()[0]}")
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([str(program), COUNT], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout == f"{COUNT} problems agree\n"
