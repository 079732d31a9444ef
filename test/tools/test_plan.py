"""`l2opt plan`: the report, the plan file and the picture."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from l2opt.plan import Buffer, InPlace, Kernel, Kind, Memory, Problem, make_plan
from l2opt.tools import main, plot, report

MODEL = Path(__file__).parents[1] / "models" / "mobilenet_v2_100_224.mlir"
Command = Callable[..., tuple[int, str, str]]
K = 1000


def article(capacity: int) -> Problem:
    """The article's first example, with an activation at its end that may run in place."""
    buffers = (
        Buffer("t0", 800 * K, Kind.INPUT, "%arg0"),
        Buffer("t1", 700 * K, value="%1"),
        Buffer("t2", 800 * K),
        Buffer("r", 10 * K),
        Buffer("l", 1000 * K),
        Buffer("join", 1000 * K),
        Buffer("out", 1000 * K, Kind.OUTPUT, live_out=True),
    )
    kernels = (
        Kernel("k0", "conv0", ("t0",), ("t1",)),
        Kernel("k1", "conv1", ("t1",), ("t2",)),
        Kernel("k2", "right", ("t2",), ("r",)),
        Kernel("k3", "left", ("t2",), ("l",)),
        Kernel("k4", "add", ("r", "l"), ("join",)),
        Kernel("k5", "clamp", ("join",), ("out",)),
    )
    choices = (InPlace("k4", "l", "join"), InPlace("k5", "join", "out"))
    return Problem(kernels, buffers, Memory("L2", capacity, 1), in_place=choices, model="article.mlir")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs `l2opt` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*argv: str) -> tuple[int, str, str]:
        try:
            code = main.main(list(argv))
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capfd.readouterr()

    return call


def test_report_of_a_plan_that_fits(capsys: pytest.CaptureFixture[str]) -> None:
    problem = article(2 << 20)
    report.show(problem, make_plan(problem))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "article.mlir @main"
    assert "L2 peak      1810000 B (1767.6 KiB), 86.3% of L2" in lines  # t2 + r + l
    assert "lower bound  1810000 B (1767.6 KiB)" in lines
    assert "status       optimal for its order and merges, gap 0.0%" in lines
    assert "fits         yes, every buffer is in L2 for its whole life" in lines
    assert any(re.fullmatch(r"every buffer its own bytes +5310000 B \(5185.5 KiB\)  65.9%", line) for line in lines)
    assert "Most is live at step 3 (k3 left): 1810000 B (1767.6 KiB)" in lines
    assert not any(line.startswith(("DDR", "note", "L2 lacks")) for line in lines)


def test_report_of_a_plan_that_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    problem = article(1 << 20)
    report.show(problem, make_plan(problem))
    out = capsys.readouterr().out
    assert "fits         no, see the notes below" in out
    assert re.search(r"DDR traffic  \d+ B \([\d.]+ KiB\), (the least|at least \d+ B .*) with its order and merges", out)
    assert re.search(r"^L2 lacks \d+ B \([\d.]+ KiB\) there: these buffers would have to shrink", out, re.M)
    assert re.search(r"^note: buffer '[a-z0-9]+' .* stays in DDR", out, re.M)


def test_report_without_kernels(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem((), (Buffer("b0", 8, Kind.INPUT, live_out=True),), Memory("L2", 0))
    report.show(problem, make_plan(problem))
    assert "kernels      0" in capsys.readouterr().out


@pytest.mark.parametrize("extension", plot.FORMATS)
def test_picture_is_the_same_on_every_run(extension: str) -> None:
    problem = article(2 << 20)
    plan = make_plan(problem)
    first = plot.draw(problem, plan, f"a{extension}")
    assert first == plot.draw(problem, plan, f"a{extension}")
    magic = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF", ".html": b"<!doctype html>"}
    assert first.startswith(magic[extension])


def test_picture_has_a_rectangle_for_each_buffer_and_a_line_for_each_figure() -> None:
    problem = article(2 << 20)
    page = plot.draw(problem, make_plan(problem), "a.html").decode()
    for text in ("t0", "t1", "t2", "capacity 2048 KiB", "peak, equal to its lower bound, 1767.6 KiB", "input"):
        assert f"<!-- {text} -->" in page
    assert "DDR" not in page


def test_picture_of_what_does_not_fit_says_what_and_why() -> None:
    problem = article(1 << 20)
    plan = make_plan(problem)
    page = plot.draw(problem, plan, "a.html").decode()
    assert plan.notes
    # t2, l and r: 800,000 + 1,000,000 + 10,000 B
    for text in (*plan.notes, "live in L2 and DDR", "offset in DDR, KiB", "1767.6 KiB live at step 3"):
        assert text in page


def test_a_real_network(command: Command) -> None:
    code, out, err = command("plan", str(MODEL), "--l2=2MB", "--json=plan.json", "--plot=plan.svg")
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= report.WIDTH + len(str(MODEL))
    made = json.loads(Path("plan.json").read_text())
    assert made["schema"] == "l2opt.plan/1"
    assert made["l2"] == {
        "capacity": 2097152,
        "alignment": 64,
        "peak": 1505280,  # 112 * 112 * 96 + 56 * 56 * 96
        "lower_bound": 1505280,
        "window": [],
        "status": "optimal",
    }
    assert made["fits"] is True
    assert made["options"]["l2"] == 2097152
    assert {"parse", "form", "order", "pack", "total"} <= made["seconds"].keys()
    assert sorted(os.listdir()) == ["plan.json", "plan.svg"]


def test_json_on_stdout_is_all_of_stdout(command: Command) -> None:
    code, out, err = command("plan", str(MODEL), "--json", "-", "--l2=1MB", "--assume=i8=i16")
    assert (code, err) == (0, "")
    made = json.loads(out)
    assert made["fits"] is False
    assert made["options"]["assume"] == {"i8": "i16"}
    assert made["buffers"][0]["bytes"] == 2 * 224 * 224 * 3


def test_what_cannot_be_placed_is_infeasible(command: Command) -> None:
    code, out, err = command("plan", str(MODEL), "--l2=1MB", "--spill=never", "--json=plan.json")
    assert (code, out) == (3, "")
    assert re.match(rf"{re.escape(str(MODEL))}:\d+:\d+: error: .*1048576", err) or "1048576" in err
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["--l2=big"], 2, "l2opt plan: error: option l2: size 'big': want a number of bytes"),
        (["--alignment=3"], 2, "want a power of two, got 3"),
        (["--plot=plan.gif"], 2, "plot 'plan.gif': want a name that ends in .svg, .png, .pdf, .html"),
        (["--assume=f32"], 2, "want pairs of element types such as f32=i8"),
        (["--function=nope"], 1, "no function '@nope'"),
        (["--json=no/plan.json"], 1, "no/plan.json: cannot write: No such file or directory"),
    ],
)
def test_bad_command_lines(command: Command, argv: list[str], code: int, message: str) -> None:
    got, out, err = command("plan", str(MODEL), *argv)
    assert (got, out) == (code, "")
    assert message in err
    assert os.listdir() == []


def test_picture_without_matplotlib_says_what_to_install(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, out, err = command("plan", str(MODEL), "--plot=plan.svg")
    assert (code, out) == (1, "")
    assert "pip install 'l2opt[plot]'" in err
    assert os.listdir() == []


def test_commands_and_their_help(command: Command) -> None:
    code, out, err = command("--help")
    assert (code, err) == (0, "")
    for name in main.COMMANDS:
        assert f"\n  {name} " in out
        code, out_of_command, err = command(name, "--help")
        assert (code, err) == (0, "")
        assert out_of_command.startswith(f"usage: l2opt {name} ")


@pytest.mark.parametrize("argv", [[], ["plans"], ["plan"], ["plan", "--nope"]])
def test_refused_command_lines(command: Command, argv: list[str]) -> None:
    code, out, err = command(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("usage: l2opt")


def test_a_function_on_memrefs(command: Command) -> None:
    text = """func.func @main(%a: memref<64xi8>) {
      %0 = memref.alloc() : memref<64xi8>
      linalg.copy ins(%a : memref<64xi8>) outs(%0 : memref<64xi8>)
      linalg.copy ins(%0 : memref<64xi8>) outs(%a : memref<64xi8>)
      return
    }"""
    Path("m.mlir").write_text(text)
    code, out, err = command("plan", "m.mlir")
    assert (code, err) == (0, "")
    assert out.startswith("m.mlir @main\nkernels      2\n")
    assert "L2 peak      64 B" in out
