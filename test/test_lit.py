"""Every lit test, each as a test of its own."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest

TOOL = Path(sysconfig.get_path("scripts")) / "lit"
LIT = Path(__file__).parent / "lit"
OTHERS = {"Inputs", "Output"}  # folders of files that are no tests
FILES = sorted(path.relative_to(LIT).as_posix() for path in LIT.rglob("*.mlir") if not OTHERS & set(path.parts))


@pytest.mark.parametrize("file", FILES)
def test_lit(file: str, tmp_path: Path) -> None:
    command = [str(TOOL), "-v", f"--param=exec_root={tmp_path}", str(LIT / file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
