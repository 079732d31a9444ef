"""Options of passes: declared as dataclass fields, given as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from l2opt.errors import UsageError
from l2opt.mlir import ir
from l2opt.passes.base import Pass, option
from l2opt.passes.registry import PASSES, pass_class


@dataclass(frozen=True)
class Sample(Pass):
    """Does nothing.

    A manual has more lines.
    """

    name: ClassVar[str] = "test-sample"
    l2: int = option(2 << 20, help="capacity", size=True)
    l2_space: str = option("1", help="space")
    order: str = option("memory", help="order", choices=("program", "memory"))
    timeout: float | None = option(None, help="seconds")
    count: int = option(3, help="number")
    flag: bool = option(False, help="switch")

    def run(self, module: ir.Module) -> None:
        """Nothing."""


def test_defaults() -> None:
    assert Sample.make({}) == Sample(2 << 20, "1", "memory", None, 3, False)


def test_every_type() -> None:
    given = {"l2": "1.5MB", "l2-space": '"x"', "order": "program", "timeout": "0.5", "count": "7", "flag": ""}
    assert Sample.make(given) == Sample(3 << 19, '"x"', "program", 0.5, 7, True)


def test_summary_is_the_first_line() -> None:
    assert Sample.summary() == "Does nothing."
    assert Sample.manual().endswith("A manual has more lines.")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": "1"}, "pass test-sample: no option 'size'; it takes l2, l2-space, order, timeout, count, flag"),
        ({"l2_space": "1"}, "no option 'l2_space'"),
        ({"l2": "big"}, "option l2: size 'big': want a number of bytes"),
        ({"order": "best"}, r"option order: want program\|memory, got 'best'"),
        ({"timeout": "soon"}, "option timeout: want NUMBER, got 'soon'"),
        ({"timeout": "-1"}, "option timeout: want NUMBER, got '-1'"),
        ({"timeout": "nan"}, "option timeout: want NUMBER, got 'nan'"),
        ({"count": "1.5"}, "option count: want INTEGER, got '1.5'"),
        ({"flag": "maybe"}, r"option flag: want true\|false, got 'maybe'"),
    ],
)
def test_bad_options(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Sample.make(given)


@pytest.mark.parametrize("name", PASSES)
def test_registered_passes_are_documented(name: str) -> None:
    found: Any = pass_class(name)
    assert found.name == name
    assert found.summary().endswith(".")
    assert len(found.summary()) <= 110
    for each in found.options().values():
        assert each.help, f"{name}: option {each.name} has no help"
    assert found.make({}) is not None
