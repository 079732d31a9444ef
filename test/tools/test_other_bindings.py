"""The package `torch_mlir` instead of `mlir`, where it is installed: the same plans, packed programs that are sound,
and equal results."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MODEL = str(Path(__file__).parent.parent / "models" / "mlperf_ic_resnet8.mlirbc")
PACKAGES = ("mlir", "torch_mlir")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch_mlir") is None,
    reason="torch-mlir is not installed: pip install torch-mlir==20261001",
)


def run(package: str, module: str, *words: str) -> str:
    """What a command of ours says with these bindings."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; from l2opt.tools import {module}; sys.exit({module}.main())", *words],
        env={**os.environ, "L2OPT_MLIR": package},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_plans_are_the_same() -> None:
    plans = [json.loads(run(package, "main", "plan", MODEL, "--l2=24KB", "--json=-")) for package in PACKAGES]
    for key in ("kernels", "buffers", "copies", "l2", "ddr"):
        assert plans[0][key] == plans[1][key]


@pytest.mark.parametrize("dma", ["sync", "async"])
def test_what_is_packed_is_sound_and_runs_equal(tmp_path: Path, dma: str) -> None:
    file = str(tmp_path / "packed.mlir")
    run("torch_mlir", "opt", MODEL, "--pack-l2=24KB", f"--dma={dma}", "-o", file)
    assert "@main: sound" in run("torch_mlir", "main", "check", file)
    assert "packed equals unpacked" in run("torch_mlir", "main", "run", MODEL, "--l2=24KB", "--check", f"--dma={dma}")
