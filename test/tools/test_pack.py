"""`l2opt pack` as a command: exit codes, what it writes on each, limits of work, Ctrl-C, and files at fault."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from l2opt.tools.main import main

HEADER = "id,lower,upper,size"
COMMAND = [sys.executable, "-c", "import sys; from l2opt.tools.main import main; sys.exit(main())", "pack"]
TOO_MUCH = f"{HEADER}\na,0,2,5\nb,1,3,6\nc,1,2,1\n"


def write(folder: Path, text: str) -> str:
    path = folder / "problem.csv"
    path.write_bytes(text.encode())
    return str(path)


def hard(count: int = 400) -> str:
    """A rectangle cut into buffers at random, to be put together again: beyond what a search does in minutes."""
    stream = random.Random(7)
    parts = [(0, 64, 1 << 20)]  # start, end, size
    while len(parts) < count:
        start, end, size = parts.pop(max(range(len(parts)), key=lambda i: (parts[i][1] - parts[i][0]) * parts[i][2]))
        if end - start > 1 and stream.random() < 0.5:
            at = stream.randint(start + 1, end - 1)
            parts += [(start, at, size), (at, end, size)]
        else:
            below = stream.randint(1, size - 1)
            parts += [(start, end, below), (start, end, size - below)]
    stream.shuffle(parts)
    return "\n".join([HEADER, *(f"b{i},{start},{end},{size}" for i, (start, end, size) in enumerate(parts))]) + "\n"


def pack(*words: str) -> int:
    return main(["pack", *words])


def test_a_capacity_too_small_is_exit_3_with_the_buffers_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem, record, out = write(tmp_path, TOO_MUCH), tmp_path / "result.json", tmp_path / "out.csv"
    assert pack(problem, "--capacity=10", f"--json={record}", "-o", str(out)) == 3
    made = json.loads(record.read_text())
    assert (made["schema"], made["status"], made["peak"], made["lower_bound"]) == (
        "l2opt.pack/1",
        "infeasible",
        None,
        12,
    )
    assert (made["bound_by"], made["witness"], made["witness_is_minimal"]) == ("load", ["b", "a"], True)
    assert [buffer["offset"] for buffer in made["buffers"]] == [None, None, None]
    assert "'b' (6 B)" in (told := capsys.readouterr().err)
    assert "needs 12 B, 2 B more" in told
    assert not out.exists()


def test_what_a_search_proves_too_small_is_exit_3_with_all_of_them_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # 4 live, but x and y, fixed apart, leave no room of 2 in one piece.
    problem = write(tmp_path, f"{HEADER},offset\nx,0,1,1,0\ny,0,1,1,2\nz,0,1,2,\nother,5,6,1,\n")
    record = tmp_path / "result.json"
    assert pack(problem, "--capacity=4", f"--json={record}") == 3
    made = json.loads(record.read_text())
    assert (made["bound_by"], made["witness"], made["witness_is_minimal"]) == (
        "peak window",
        ["x", "y", "z"],
        True,
    )
    assert "no packing keeps 'x', 'y', 'z' apart below 4 B" in capsys.readouterr().err


def test_work_that_ends_without_an_answer_is_exit_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem, record, out = write(tmp_path, hard()), tmp_path / "result.json", tmp_path / "out.csv"
    assert pack(problem, "--minimize", "--work=1", f"--json={record}") == 0
    least = json.loads(record.read_text())["lower_bound"]
    assert pack(problem, f"--capacity={least}", "--work=1", f"--json={record}", "-o", str(out)) == 4
    made = json.loads(record.read_text())
    assert (made["status"], made["witness"]) == ("unknown", [])
    assert made["peak"] > least == made["lower_bound"]
    assert all(buffer["offset"] is None for buffer in made["buffers"])
    assert f"no packing into {least} B was found" in capsys.readouterr().err
    assert not out.exists()


def test_the_result_follows_from_the_work_alone(tmp_path: Path) -> None:
    problem = write(tmp_path, hard())
    results = []
    for run, threads in enumerate((1, 2, 1, 3)):
        record, out = tmp_path / f"{run}.json", tmp_path / f"{run}.csv"
        words = ["--minimize", "--work=3000000", f"--threads={threads}", f"--json={record}", f"-o{out}"]
        assert pack(problem, *words) == 0
        made = json.loads(record.read_text())
        del made["seconds"]
        if threads > 1:
            del made["nodes"]  # some of them for nothing
        results.append((made, out.read_text()))
    assert results[0] == results[2]
    assert [out for _, out in results[1:]] == [results[0][1]] * 3
    assert all({**made, "nodes": 0} == {**results[0][0], "nodes": 0} for made, _ in results)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
@pytest.mark.parametrize("solver", ["search", "cp"])
def test_an_interrupt_ends_the_search_with_the_best_so_far(tmp_path: Path, solver: str) -> None:
    if solver == "cp":
        pytest.importorskip("ortools")
    record, out = tmp_path / "result.json", tmp_path / "out.csv"
    words = [write(tmp_path, hard()), "--minimize", f"--solver={solver}", "--work=1000000000000", "--timeout=10000"]
    words += [f"--json={record}", f"-o{out}", "--threads=5"]
    alone = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    process = subprocess.Popen([*COMMAND, *words], env=os.environ | alone)
    try:
        while process.poll() is None and _threads(process.pid) <= 5:
            time.sleep(0.02)  # until the search has threads of its own
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
    made = json.loads(record.read_text())
    assert (made["status"], made["interrupted"]) == ("feasible", True)
    assert made["peak"] > made["lower_bound"]
    assert len(out.read_text().splitlines()) == 401


def _threads(process: int) -> int:
    try:
        return len(os.listdir(f"/proc/{process}/task"))
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "problem.csv:1: want the columns"),
        (b"\n\n", "problem.csv:1: want the columns"),
        (b"id,lower,upper\n", "problem.csv:1: want the columns id, lower, upper, size; missing: size"),
        (b"id,lower,upper,size\r\na,0,1,-1\r\n", "problem.csv:2: size: want 0 to 2^62, got -1"),
        (b"id,lower,upper,size\r\na,0,1,1\r\nb,3,2,1\r\n", "problem.csv:3: want lower < upper"),
        (b"id,lower,upper,size\na,0,1,nan\n", "problem.csv:2: size: want an integer, got 'nan'"),
        (b"id,lower,upper,size\na,0,1,18446744073709551616\n", "problem.csv:2: size: want 0 to 2^62"),
        (b"id,lower,upper,size\na,0,18446744073709551616,1\n", "problem.csv:2: upper: want -2^62 to 2^62"),
        (b"id,lower,upper,size\na,0,1,1\n\na,0,1,1\n", "problem.csv:4: buffer 'a' is in line 2 already"),
        (b"id,lower,upper,size\na,0,1,1,9\n", "problem.csv:2: want 4 fields, as in the header, got 5"),
        (b"id,lower,upper,size\n,0,1,1\n", "problem.csv:2: id: want a name"),
        (b'id,lower,upper,size\na,0,1,1\n"b,0,1,1\n', "problem.csv:3: "),
        (b"id,lower,upper,size\na,0,1," + b"1" * 200_000 + b"\n", "problem.csv:2: field larger than field limit"),
        (b"id,lower,upper,size\na,0,1," + b"1" * 5000 + b"\n", "... (5000 digits)"),
        (b"id,lower,upper,size\na,0,1,1e3\n", "problem.csv:2: size: want an integer, got '1e3'"),
        (b"id,lower,upper,size\na\xff,0,1,1\n", "problem.csv:2: want a text file in UTF-8"),
        (b"id,lower,upper,size\na\x00,0,1,\x00\n", "problem.csv:2: "),
    ],
)
def test_a_file_at_fault_is_exit_1_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    path, out = tmp_path / "problem.csv", tmp_path / "out.csv"
    path.write_bytes(content)
    assert pack(str(path), "--minimize", "-o", str(out)) == 1
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_windows_line_ends_a_mark_quotes_and_more_columns_are_taken(tmp_path: Path) -> None:
    path, out = tmp_path / "problem.csv", tmp_path / "out.csv"
    path.write_bytes(b'\xef\xbb\xbf"id",lower,upper,size,"a note"\r\n"a,1",0,2,4,"x ""y"""\r\nb,1,3, 5 ,\r\n')
    assert pack(str(path), "--minimize", "-o", str(out)) == 0
    lines = out.read_text().splitlines()
    assert lines[0] == "id,lower,upper,size,a note,offset"
    assert [line.rsplit(",", 1)[0] for line in lines[1:]] == ['"a,1",0,2,4,"x ""y"""', "b,1,3, 5 ,"]


def test_what_comes_through_stdin_is_read_as_a_file_is() -> None:
    text = b"id,lower,upper,size\n\xe9,0,1,5\n"
    done = subprocess.run([*COMMAND, "-", "--minimize"], input=text, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"-:2: want a text file in UTF-8" in done.stderr


def test_a_timeout_beyond_all_clocks_is_none(tmp_path: Path) -> None:
    spans = [(3, 4, 6), (0, 2, 5), (0, 3, 1), (0, 3, 4), (0, 2, 3), (2, 4, 4), (2, 5, 2), (1, 4, 2)]  # for the search
    text = "\n".join([HEADER, *(f"b{i},{start},{end},{size}" for i, (start, end, size) in enumerate(spans))])
    out = tmp_path / "result.json"
    assert pack(write(tmp_path, text + "\n"), "--minimize", "--timeout=1e300", "--solver=search", f"--json={out}") == 0
    assert json.loads(out.read_text())["status"] == "optimal"


def test_what_is_no_file_to_read_is_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pack(str(tmp_path), "--minimize") == 1
    assert "cannot read: Is a directory" in capsys.readouterr().err
    assert pack(str(tmp_path / "none.csv"), "--minimize") == 1
    assert "cannot read: No such file" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "problem.csv"
    path.touch(mode=0)
    assert pack(str(path), "--minimize") == 1
    assert "cannot read: Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--minimize", "--capacity=1"],
        ["--capacity=-1"],
        ["--minimize", "--timeout=0"],
        ["--minimize", "--timeout=nan"],
        ["--minimize", "--work=0"],
        ["--minimize", "--work=\u00b2"],
        ["--minimize", "--work=" + "9" * 5000],
        ["--minimize", "--threads=\u0661"],
        ["--minimize", "--json=-", "-o-"],
        ["--minimize", "--threads=0"],
        ["--minimize", "--solver=best"],
    ],
)
def test_options_at_fault_are_exit_2(tmp_path: Path, words: list[str]) -> None:
    try:
        code = pack(write(tmp_path, TOO_MUCH), *words)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    assert code == 2
