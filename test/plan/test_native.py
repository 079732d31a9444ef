"""The native packers and choices under the address and undefined-behaviour sanitizers, against brute force."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "costs": ("costs",),
    "nesting": ("nesting",),
    "packing": (
        *"apart block_search blocks bound costs greedy growth intervals lasting load machine meetings".split(),
        *"neighbors occupied orders padding parts placer problem race schedule search sections separation".split(),
        *"settling strategy sweep".split(),
    ),
    "residency": ("residency", "residency_prices", "residency_values"),
    "slots": ("slots", "slots_exact"),
}
FLAGS = ("-std=c++17", "-O1", "-g", "-pthread", "-Wall", "-Wextra", "-Werror", "-fno-sanitize-recover=all")
COUNT = "3000"


@pytest.mark.parametrize("name", SOURCES)
def test_random_problems_agree_with_brute_force_and_nothing_is_out_of_bounds(tmp_path: Path, name: str) -> None:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    program = tmp_path / name
    sources = [ROOT / "test" / "native" / f"{name}.cc", *(ROOT / "solver" / f"{source}.cc" for source in SOURCES[name])]
    command = [compiler, *FLAGS, "-fsanitize=address,undefined", f"-I{ROOT / 'solver'}", *sources, "-o", program]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if "cannot find" in built.stderr and "san" in built.stderr:
        pytest.skip(f"no sanitizers: {built.stderr.splitlines()[0]}")
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([program, COUNT], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout == f"{COUNT} problems agree\n"
