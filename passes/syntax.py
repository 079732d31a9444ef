"""The syntax of textual pipelines: `name{option=value ...}` and `anchor(element,...)`.

Names and nesting only: which passes exist, and what their options mean, is decided elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from l2opt.errors import UsageError

__all__ = ["Element", "parse_elements", "parse_options"]

_NAME = re.compile(r"\s*([\w.\-]+)\s*")
_QUOTES = ("'", '"')
_CLOSING = {"{": "}", "(": ")", "[": "]", "<": ">"}


@dataclass(frozen=True, slots=True)
class Element:
    """A pass, or an anchor operation around passes."""

    name: str
    options: str  # between the braces
    children: tuple[Element, ...] | None  # None: no parentheses

    @property
    def text(self) -> str:
        options = f"{{{self.options}}}" if self.options else ""
        inner = "" if self.children is None else f"({','.join(child.text for child in self.children)})"
        return f"{self.name}{inner}{options}"


def parse_elements(text: str) -> tuple[Element, ...]:
    """The comma-separated elements of `text`. Raises UsageError naming the column."""
    elements, end = _elements(text, 0)
    if end != len(text):
        raise _error(text, end, "',' or the end")
    return elements


def parse_options(owner: str, text: str) -> dict[str, str]:
    """`a=1 b={x y} flag` as {"a": "1", "b": "x y", "flag": ""}. Values may be quoted or in braces."""
    values: dict[str, str] = {}
    for word in _words(text):
        name, _, value = word.partition("=")
        if not name:
            raise UsageError(f"pass {owner}: want options as name=value, got {word!r}")
        if name in values:
            raise UsageError(f"pass {owner}: option {name!r} is given twice")
        values[name] = _unwrapped(value)
    return values


def _elements(text: str, at: int) -> tuple[tuple[Element, ...], int]:
    """Elements from `at` up to a closing parenthesis or the end, and the position there."""
    if at == len(text) or text[at] == ")":
        return (), at
    elements = []
    while True:
        element, at = _element(text, at)
        elements.append(element)
        if at == len(text) or text[at] != ",":
            return tuple(elements), at
        at += 1


def _element(text: str, at: int) -> tuple[Element, int]:
    match = _NAME.match(text, at)
    if match is None:
        raise _error(text, at, "a pass name")
    at, options, children = match.end(), "", None
    if text.startswith("(", at):
        children, at = _elements(text, at + 1)
        if not text.startswith(")", at):
            raise _error(text, at, "')'")
        at = _skip_spaces(text, at + 1)
    if text.startswith("{", at):
        end = _balanced(text, at)
        options, at = text[at + 1 : end - 1].strip(), _skip_spaces(text, end)
    return Element(match[1], options, children), at


def _skip_spaces(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _balanced(text: str, at: int) -> int:
    """The position after the bracket that closes the one at `at`; quoted text is skipped."""
    closing = [_CLOSING[text[at]]]
    end = at + 1
    while closing and end < len(text):
        char = text[end]
        if char in _QUOTES:
            end = _quoted(text, end)
            continue
        if char == closing[-1]:
            closing.pop()
        elif char in _CLOSING:
            closing.append(_CLOSING[char])
        end += 1
    if closing:
        raise _error(text, at, f"{closing[0]!r} to close this {text[at]!r}")
    return end


def _words(text: str) -> list[str]:
    """`text` split at spaces that are in no quotes and no brackets."""
    words, start, at = [], 0, 0
    while at < len(text):
        if text[at] in _QUOTES:
            at = _quoted(text, at)
        elif text[at] in _CLOSING:
            at = _balanced(text, at)
        else:
            if text[at].isspace():
                words.append(text[start:at])
                start = at + 1
            at += 1
    words.append(text[start:])
    return [word for word in words if word]


def _quoted(text: str, at: int) -> int:
    end = text.find(text[at], at + 1)
    if end < 0:
        raise _error(text, at, f"{text[at]} to close this quote")
    return end + 1


def _unwrapped(value: str) -> str:
    """`value` without the one pair of quotes or braces around it."""
    for opening, closing in (('"', '"'), ("'", "'"), ("{", "}")):
        if len(value) >= 2 and value[0] == opening and value[-1] == closing:
            return value[1:-1]
    return value


def _error(text: str, at: int, wanted: str) -> UsageError:
    got = repr(text[at : at + 20]) if at < len(text) else "the end"
    return UsageError(f"pass pipeline, column {at + 1}: want {wanted}, got {got} in {text!r}")
