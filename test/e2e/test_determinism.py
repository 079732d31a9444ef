"""The same input and options give the same bytes, whatever Python's hash seed and the number of cores at work."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

OPT = Path(sysconfig.get_path("scripts")) / "l2opt-opt"
MODELS = Path(__file__).parent.parent / "models"


@pytest.mark.parametrize(
    ("model", "l2"),
    [("mlperf_ic_resnet8.mlirbc", "24KB"), ("mww_okay_nabu.mlirbc", "4KB"), ("mobilenet_v2_100_224.mlir", "1MB")],
)
def test_output_does_not_depend_on_the_hash_seed(model: str, l2: str) -> None:
    outputs = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [str(OPT), str(MODELS / model), f"--pack-l2={l2}"]
        outputs.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert len(outputs) == 1
    assert len(outputs.pop()) > 1000
