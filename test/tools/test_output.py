"""Output files are written whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from l2opt.errors import L2OptError
from l2opt.tools import output


def test_creates_a_file_with_usual_permissions(tmp_path: Path) -> None:
    target, usual = tmp_path / "out.mlir", tmp_path / "usual"
    usual.write_text("")
    output.write(str(target), "module {}\n")
    assert target.read_text() == "module {}\n"
    assert target.stat().st_mode == usual.stat().st_mode


def test_replaces_a_file_and_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "out.mlir"
    target.write_text("old")
    target.chmod(0o640)
    output.write(str(target), b"new")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_replaces_what_a_symbolic_link_points_to(tmp_path: Path) -> None:
    target, link = tmp_path / "real", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    output.write(str(link), "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_writes_to_a_device_without_replacing_it() -> None:
    before = os.stat(os.devnull)
    output.write(os.devnull, "gone")
    assert os.stat(os.devnull).st_ino == before.st_ino


@pytest.mark.parametrize("name", ["missing/out", ".", "file/out"])
def test_unwritable_output_says_so_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(L2OptError, match="cannot write: "):
        output.write(str(tmp_path / name), "text")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


def test_a_record_as_json_reads_back_and_has_an_element_a_line() -> None:
    record = {"a": {"b": [1, 2]}, "c": [{"d": [3]}, "é\n"], "e": [], "f": None}
    text = output.as_json(record)
    assert json.loads(text) == record
    assert len(text.splitlines()) == 2 + 1 + (2 + 2) + 1 + 1  # braces, a, c, e, f
    assert json.loads(output.as_json({})) == {}


def test_failure_on_the_way_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    target.write_text("old")

    def interrupted(source: str, destination: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        output.write(str(target), "new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
