"""The comparison with other planners: what they say is read, and one that is absent, broken or refuses is named."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "test" / "models" / "mlperf_kws_dscnn.mlirbc"
SCRIPT = ROOT / "bench" / "peers" / "compare.py"
VELA = """#!/bin/sh
case "$*" in
  *--version*) echo 5.2.0; exit 0;;
  *refused*) echo "Error: no such operator" >&2; exit 1;;
esac
echo "Allocation, memory Sram"
echo "  0 - 3: 0x0000 - 0x3e80: 16000: a"
echo "  2 - 4: 0x3e80 - 0x7d00: 16000: b"
echo "  5 - 9: 0x0000 - 0x0400: 1024: c"
echo "Allocation Peak Tensor Size: PEAK bytes"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two networks with empty files for Vela, which reads none of them here."""
    for name in ("kws", "refused"):
        shutil.copy(MODEL, tmp_path / f"{name}.mlir")
        (tmp_path / f"{name}.tflite").touch()
    return tmp_path


def compared(folder: Path, script: str, *more: str) -> tuple[str, str]:
    vela = folder / "vela"
    vela.write_text(script)
    vela.chmod(0o755)
    words = [sys.executable, str(SCRIPT), str(folder), f"--vela={vela}", *more]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize(("peak", "verdict"), [(32000, "below"), (16000, "equal"), (12800, "ABOVE by 25.0%")])
def test_a_row_says_what_both_came_to(folder: Path, peak: int, verdict: str) -> None:
    written = folder / "t.csv"
    compared(folder, VELA.replace("PEAK", str(peak)), "--only=kws", f"--csv={written}")
    (row, _) = csv.DictReader(written.read_text().splitlines())  # Vela is asked twice, without and with cascades
    assert (row["network"], row["peer"], row["peer bytes"]) == ("kws", "vela", str(peak))
    assert (row["our bytes"], row["our bound"]) == ("16000", "16000")
    assert row["same buffers"] == "32000"  # a and b are both live at steps 2 and 3
    assert row["verdict"].startswith(verdict)
    assert ("SAME BUFFERS ABOVE" in row["verdict"]) == (peak < 32000)


def test_a_network_that_a_peer_refuses_does_not_stop_the_rest(folder: Path) -> None:
    written = folder / "t.csv"
    compared(folder, VELA.replace("PEAK", "32000"), f"--csv={written}")
    rows = list(csv.DictReader(written.read_text().splitlines()))
    assert [row["network"] for row in rows] == ["kws", "refused"] * 2
    assert rows[1]["verdict"] == "not taken: Error: no such operator"
    assert rows[1]["peer bytes"] == "-"


def test_what_a_peer_said_can_be_kept(folder: Path) -> None:
    kept = f"--keep={folder / 'kept'}"
    compared(folder, VELA.replace("PEAK", "32000"), kept)
    again, _ = compared(folder, VELA.replace("PEAK", "16000"), kept)
    assert "32000" in again
    assert "not taken: Error: no such operator" in again


def test_peers_that_are_absent_or_broken_are_named(folder: Path) -> None:
    _, err = compared(folder, "#!/bin/sh\necho 'ImportError: numpy' >&2\nexit 1\n", f"--tflm={folder / 'none'}")
    assert "vela: skipped: ImportError: numpy. python -m venv VENV; VENV/bin/pip install ethos-u-vela" in err
    assert f"tflm: skipped: {folder / 'none'}: No such file or directory. python -m venv" in err
    assert "executorch: skipped: --executorch is not given. python -m venv" in err


def test_tables_of_several_runs_are_joined(folder: Path) -> None:
    first, both = folder / "a.csv", folder / "b.csv"
    compared(folder, VELA.replace("PEAK", "32000"), f"--csv={first}")
    out, err = compared(folder, "#!/bin/sh\nexit 1\n", f"--join={first}", f"--csv={both}")
    assert both.read_text() == first.read_text()
    assert "vela: skipped" not in err
    assert out.splitlines()[-2].split() == ["vela", "1", "1", "0", "0", "0.500", "1.000", "0", "1"]


def test_the_readme_shows_the_measured_table(folder: Path) -> None:
    peers = ROOT / "bench" / "peers"
    for path in [*peers.glob("*.py"), peers / "README.md", peers / "measured.csv"]:
        shutil.copy(path, folder)
    words = [sys.executable, str(folder / "compare.py"), str(folder), f"--join={folder / 'measured.csv'}", "--readme"]
    subprocess.run(words, capture_output=True, check=True)
    assert (folder / "README.md").read_text() == (peers / "README.md").read_text()
