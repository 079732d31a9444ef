"""The syntax of textual pipelines."""

from __future__ import annotations

import pytest

from l2opt.errors import UsageError
from l2opt.passes.syntax import Element, parse_elements, parse_options


def test_nesting_options_and_spaces() -> None:
    (root,) = parse_elements(" builtin.module( a , b{x=1 y={p q}}, func.func(c{z},d) )")
    assert root.name == "builtin.module"
    assert root.children == (
        Element("a", "", None),
        Element("b", "x=1 y={p q}", None),
        Element("func.func", "", (Element("c", "z", None), Element("d", "", None))),
    )
    assert root.text == "builtin.module(a,b{x=1 y={p q}},func.func(c{z},d))"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        ("l2=2MB order=program", {"l2": "2MB", "order": "program"}),
        ("flag  other=", {"flag": "", "other": ""}),
        ("""a="x y" b='p "q"' c={1 2}""", {"a": "x y", "b": 'p "q"', "c": "1 2"}),
        ('l2-space=#x.space<"L2", 3>', {"l2-space": '#x.space<"L2", 3>'}),
        ("pair=a=b", {"pair": "a=b"}),
    ],
)
def test_options(text: str, options: dict[str, str]) -> None:
    assert parse_options("p", text) == options


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,", "column 3: want a pass name, got the end"),
        ("a,,b", "column 3: want a pass name, got ',b'"),
        ("a b", r"column 3: want ',' or the end, got 'b'"),
        ("a(b", r"column 4: want '\)', got the end"),
        ("a)", r"column 2: want ',' or the end, got '\)'"),
        ("a{b", "column 2: want '}' to close this '{'"),
        ("a{b='c}", "column 5: want ' to close this quote"),
        ("a{(}", "column 2: want '}' to close this '{'"),
    ],
)
def test_errors_name_the_column(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_elements(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [("=1", "want options as name=value, got '=1'"), ("a=1 a=2", "option 'a' is given twice")],
)
def test_bad_options(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"pass p: {message}"):
        parse_options("p", text)
