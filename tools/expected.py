"""`--verify-diagnostics`: what a test file expects to be reported, against what was.

The syntax is mlir-opt's: a comment `expected-error@+1 {{text}}`, with error, warning, note or remark; an optional `-re`
makes the text hold regular expressions in inner braces; the place is this line, `@+N`, `@-N`, `@above`, `@below` (the
next line that expects nothing) or `@unknown`. Notes that only print the operation, which mlir-opt does not make when it
verifies, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from l2opt.passes.diagnostics import Diagnostic

__all__ = ["Expectation", "expectations", "mismatches"]

_EXPECTED = re.compile(
    r"expected-(error|warning|note|remark)(-re)? *(?:@([+-][0-9]+|above|below|unknown))? *\{\{(.*)\}\}\s*$"
)

_OPERATION = "see current operation: "


@dataclass(frozen=True)
class Expectation:
    """One expected message; line 0 when its place is not known."""

    severity: str
    line: int
    text: str
    pattern: re.Pattern[str]
    written: int  # the line of the comment

    def accepts(self, diagnostic: Diagnostic) -> bool:
        same = (self.severity, self.line) == (diagnostic.severity, diagnostic.line)
        return same and self.pattern.search(diagnostic.message) is not None


def expectations(text: str, first: int) -> list[Expectation]:
    """What `text` expects, where its first line is line `first`."""
    lines = text.split("\n")
    matches = [_EXPECTED.search(line) for line in lines]
    plain = [index for index, match in enumerate(matches) if match is None]
    return [_expectation(match, index, plain, first) for index, match in enumerate(matches) if match]


def mismatches(file: str, expected: Sequence[Expectation], diagnostics: Sequence[Diagnostic]) -> list[str]:
    """One line for each message that nobody expects, and for each expected one that never came."""
    left = list(expected)
    problems = []
    for diagnostic in _flat(diagnostics):
        match = next((each for each in left if each.accepts(diagnostic)), None)
        if match:
            left.remove(match)
        else:
            place = f"{diagnostic.file}:{diagnostic.line}:{diagnostic.column}"
            problems.append(f"{place}: error: unexpected {diagnostic.severity}: {diagnostic.message}")
    for each in left:
        problems.append(f'{file}:{each.written}: error: expected {each.severity} "{each.text}" was not produced')
    return problems


def _expectation(match: re.Match[str], index: int, plain: Sequence[int], first: int) -> Expectation:
    severity, regular, place, text = match.groups()
    written = first + index
    if place == "unknown":
        line = 0
    elif place == "above":
        line = first + max((each for each in plain if each < index), default=index)
    elif place == "below":
        line = first + min((each for each in plain if each > index), default=index)
    else:
        line = written + int(place or 0)
    return Expectation(severity, line, text, _pattern(text, regular is not None), written)


def _pattern(text: str, regular: bool) -> re.Pattern[str]:
    if not regular:
        return re.compile(re.escape(text))
    parts = re.split(r"\{\{(.*?)\}\}", text)  # plain, regular, plain, ...
    return re.compile("".join(part if index % 2 else re.escape(part) for index, part in enumerate(parts)))


def _flat(diagnostics: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    for diagnostic in diagnostics:
        if not diagnostic.message.startswith(_OPERATION):
            yield diagnostic
        yield from _flat(diagnostic.notes)
