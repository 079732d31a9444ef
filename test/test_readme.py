"""The README's commands work as written, and print what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(sh|console)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
ELSEWHERE = ("make ", "pip install ")  # run by the project's checks, in an environment of their own


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])}


def shell(command: str, folder: Path) -> str:
    done = subprocess.run(command, shell=True, cwd=folder, env=environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), f"{command}: exit {done.returncode}\n{done.stderr}"
    return done.stdout


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d+ s\b", "? s", text)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder in which the README's relative paths lead to the checkout's files."""
    (tmp_path / "test").symlink_to(ROOT / "test")
    return tmp_path


def test_commands_run_in_the_order_written(checkout: Path) -> None:
    ran = 0
    for kind, block in BLOCKS:
        for line in block.splitlines() if kind == "sh" else []:
            command = line.partition(" #")[0]
            if not command.startswith(ELSEWHERE):
                shell(command, checkout)
                ran += 1
    assert ran >= 5


def test_shown_output_is_what_the_command_prints(checkout: Path) -> None:
    shown = [block for kind, block in BLOCKS if kind == "console"]
    assert shown
    for block in shown:
        command, _, output = block.partition("\n")
        assert without_times(shell(command.removeprefix("$ "), checkout)) == without_times(output)


def test_makefile_has_the_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^make (\w+)", TEXT, re.MULTILINE)
    assert targets == ["demo", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
