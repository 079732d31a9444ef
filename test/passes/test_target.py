"""Target files: what they say holds, what is wrong in them is named with its line, and options override them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from l2opt.errors import L2OptError, UsageError
from l2opt.mlir import ir
from l2opt.passes.operands import Operands
from l2opt.passes.pack import Pack
from l2opt.passes.target import Target, read_target
from l2opt.plan.costs import DEFAULT_COSTS

README = Path(__file__).parents[2] / "README.md"
WHOLE = """\
operands_in_l2 = true
[l2]
capacity = "512KB"
alignment = 32
space = '"near"'
[ddr]
capacity = 1048576
alignment = 128
space = 7
[energy]
l2_read = 0.5
ddr_write = 80
transfer = 10.0
"""


def written(folder: Path, text: str) -> str:
    path = folder / "target.toml"
    path.write_text(text)
    return str(path)


def test_a_target_is_read_whole(tmp_path: Path) -> None:
    target = read_target(written(tmp_path, WHOLE))
    assert (target.l2.capacity, target.l2.alignment, target.l2_space) == (512 << 10, 32, '"near"')
    assert (target.ddr.capacity, target.ddr.alignment, target.ddr_space) == (1 << 20, 128, "7")
    assert target.operands is Operands.ALL
    energy = target.costs["energy"]
    assert (energy.l2_read, energy.ddr_write, energy.transfer) == (0.5, 80.0, 10.0)
    assert energy.ddr_read == DEFAULT_COSTS["energy"].ddr_read
    assert target.costs["latency"] == DEFAULT_COSTS["latency"]


def test_the_target_that_the_readme_shows_is_the_built_in_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    assert read_target(written(tmp_path, block)) == Target()


def test_an_empty_target_is_the_built_in_one(tmp_path: Path) -> None:
    target = read_target(written(tmp_path, ""))
    assert target == Target()
    assert (target.l2.capacity, target.ddr.capacity, target.l2_space, target.ddr_space) == (2 << 20, None, "1", "0")


def test_options_override_the_target(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    machine = Pack.make({"target": path, "l2": "64KB", "alignment": "16", "ddr-space": "9"}).machine()
    assert (machine.l2.capacity, machine.l2.alignment, machine.ddr.alignment) == (64 << 10, 16, 16)
    assert (machine.l2_space, machine.ddr_space) == ('"near"', "9")
    options = Pack.make({"target": path, "objective": "energy"}).plan_options()
    assert options.cost_model.transfer == 10.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[l3]\n", ":1: unknown key 'l3': want one of l2, ddr, energy, latency, operands_in_l2"),
        ("\n[l2]\nsize = 1\n", ":3: unknown key 'l2.size': want one of capacity, alignment, space"),
        ("[l2]\ncapacity = -1\n", ':2: l2.capacity: want bytes, or a size such as "2MB", got -1'),
        ("[l2]\ncapacity = true\n", ':2: l2.capacity: want bytes, or a size such as "2MB", got true'),
        ("[l2]\ncapacity = 1.5\n", ":2: l2.capacity: want bytes"),
        ("[l2]\ncapacity = 'big'\n", ":2: l2.capacity: size 'big': want a number of bytes"),
        ("[ddr]\nalignment = 48\n", ":2: ddr.alignment: want a power of two, got 48"),
        ("[l2]\nspace = [1]\n", ":2: l2.space: want an integer, or an attribute as text, got [1]"),
        ("[energy]\nddr_read = -3\n", ":2: energy.ddr_read: want a number >= 0, got -3"),
        ("[latency]\ntransfer = nan\n", ":2: latency.transfer: want a number >= 0, got nan"),
        ("[energy]\nl2_raed = 3\n", ":2: unknown key 'energy.l2_raed'"),
        ("operands_in_l2 = 1\n", ':1: operands_in_l2: want true, false or "tensors", got 1'),
        ("operands_in_l2 = 'all'\n", ":1: operands_in_l2: want true, false or \"tensors\", got 'all'"),
        ("l2 = 3\n", ":1: l2: want a table [l2], got 3"),
        ("[l2\n", "want TOML:"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(L2OptError) as raised:
        read_target(path)
    assert str(raised.value).startswith(path)
    assert message in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(L2OptError, match=r"nowhere\.toml: cannot read"):
        Pack.make({"target": str(tmp_path / "nowhere.toml")})


def test_a_space_that_is_no_attribute_is_named_with_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[l2]\nspace = '???'\n")
    with ir.Context():
        with pytest.raises(L2OptError, match=re.escape(f"{path}: l2.space: want an attribute such as 1")):
            Pack.make({"target": path}).spaces()
        with pytest.raises(UsageError, match=re.escape("option l2-space: want an attribute such as 1")):
            Pack.make({"target": path, "l2-space": "??"}).spaces()
