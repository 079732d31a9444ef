"""DDR traffic over capacities, and what would make a plan fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from l2opt.errors import UsageError
from l2opt.plan import Buffer, Kernel, Kind, Memory, Options, Problem, make_plan
from l2opt.tools.curve import curve, parse_range, plan_to_fit
from l2opt.tools.main import main

MODEL = str(Path(__file__).parent.parent / "models" / "mlperf_ic_resnet8.mlirbc")
KB = 1024


def chain(l2: int) -> Problem:
    """a (2 KB) -> b (4 KB) -> c (1 KB): 6 KB hold it all, at its first kernel."""
    buffers = (Buffer("a", 2 * KB, Kind.INPUT), Buffer("b", 4 * KB), Buffer("c", KB, Kind.OUTPUT))
    kernels = (Kernel("k0", "f", ("a",), ("b",)), Kernel("k1", "g", ("b",), ("c",)))
    return Problem(kernels, buffers, Memory("L2", l2))


def test_a_range_doubles_and_ends_where_it_is_said() -> None:
    assert parse_range("1KB..4KB") == [KB, 2 * KB, 4 * KB]
    assert parse_range("3KB..10KB") == [3 * KB, 6 * KB, 10 * KB]
    assert parse_range("64..64") == [64]


@pytest.mark.parametrize("text", ["1KB", "4KB..1KB", "0..1KB", "1KB..lots", ".."])
def test_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"sweep|size"):
        parse_range(text)


def test_the_curve_falls_to_nothing_where_all_fits() -> None:
    points = curve(chain(KB), [KB, 5 * KB, 6 * KB, 8 * KB], Options())
    assert [point.traffic for point in points][2:] == [0, 0]
    assert [point.fits for point in points] == [False, False, True, True]
    traffic = [point.traffic for point in points]
    assert traffic == sorted(traffic, reverse=True)
    assert all(point.lower_bound <= point.traffic for point in points)
    assert points[1].saved_per_kb == (traffic[0] - traffic[1]) / 4
    assert points[2].saved_per_kb == traffic[1]


def test_a_known_plan_is_not_made_again() -> None:
    problem = chain(KB)
    plan = make_plan(problem, Options())
    assert curve(problem, [KB], Options(), known={KB: plan})[0].traffic == plan.traffic


def test_what_cannot_be_planned_has_no_traffic() -> None:
    assert curve(chain(KB), [KB, 6 * KB], Options(spill="never"))[0].traffic is None


def test_the_capacity_that_holds_all_does() -> None:
    assert plan_to_fit(chain(KB), Options()).l2_peak == 6 * KB


def test_the_report_says_what_would_make_it_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", MODEL, "--l2=32KB"]) == 0
    said = capsys.readouterr().out
    assert "What would make it fit?\n49152 B (48 KiB) of L2 hold everything for its whole life: 16384 B" in said
    assert "64 KiB  0 B, all fits" in said
    assert main(["plan", MODEL, "--l2=32KB", "--no-what-if"]) == 0
    assert "What would" not in capsys.readouterr().out


def test_a_sweep_is_written_as_table_json_and_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = [f"--json={tmp_path / 'sweep.json'}", f"--plot={tmp_path / 'sweep.svg'}"]
    assert main(["plan", MODEL, "--sweep=16KB..64KB", *files]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()[2:]] == ["16", "32", "64"]
    made = json.loads((tmp_path / "sweep.json").read_text())
    assert made["schema"] == "l2opt.sweep/1"
    assert [point["capacity"] for point in made["points"]] == [16 * KB, 32 * KB, 64 * KB]
    assert made["points"][-1]["traffic"] == 0
    assert (tmp_path / "sweep.svg").read_bytes().startswith(b"<?xml")


def test_no_sweep_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", MODEL, "--sweep=2MB"]) == 2
    assert "want two sizes such as 256KB..8MB" in capsys.readouterr().err
