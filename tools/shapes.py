"""Shapes of a model's inputs, fixed on the command line: `--shape NAME=1x224x224x3`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from l2opt.errors import L2OptError, UsageError

__all__ = ["Input", "Shape", "fixed_shapes", "parse_shapes"]

Shape = tuple[int, ...]  # -1: a dynamic dimension


@dataclass(frozen=True)
class Input:
    """An input of a model."""

    name: str
    shape: Shape

    @property
    def text(self) -> str:
        """The input for people, such as `image=?x224x224x3`."""
        return f"{self.name}={'x'.join('?' if size < 0 else str(size) for size in self.shape)}"

    @property
    def wanted(self) -> str:
        """The shape to give, with a letter for each dynamic dimension."""
        return "x".join("N" if size < 0 else str(size) for size in self.shape)


def parse_shapes(words: Sequence[str]) -> dict[str, Shape]:
    """Shapes by input name. Raises UsageError."""
    shapes: dict[str, Shape] = {}
    for word in words:
        name, equals, text = word.rpartition("=")
        if not equals or not name or not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)*", text):
            raise UsageError(f"option --shape: want NAME=SIZExSIZE..., such as image=1x224x224x3, got {word!r}")
        if name in shapes:
            raise UsageError(f"option --shape: input {name!r} is given twice")
        shapes[name] = tuple(int(size) for size in text.split("x"))
    return shapes


def fixed_shapes(inputs: Sequence[Input], shapes: Mapping[str, Shape]) -> list[Shape]:
    """The static shape of each input. Raises L2OptError for one that stays dynamic, and for a shape that is no input's.

    A name may leave out what TensorFlow puts around it (`serving_default_` and `:0`). A dimension that the model fixes
    stays as it is.
    """
    listed = ", ".join(each.text for each in inputs) or "none"
    known = {name for each in inputs for name in _names(each)}
    for name in shapes:
        if name not in known:
            raise L2OptError(f"no input {name!r} for --shape; inputs: {listed}")
    given = [next((shapes[name] for name in _names(each) if name in shapes), None) for each in inputs]
    dynamic = [
        each for each, asked in zip(inputs, given, strict=True) if asked is None and min(each.shape, default=0) < 0
    ]
    if dynamic:
        named = ", ".join(f"input {each.text}" for each in dynamic)
        wanted = " ".join(f"--shape {_names(each)[-1]}={each.wanted}" for each in dynamic)
        raise L2OptError(f"{named} {'has' if len(dynamic) == 1 else 'have'} no fixed shape: give {wanted}")
    fixed = []
    for each, asked in zip(inputs, given, strict=True):
        if asked is None:
            asked = each.shape
        if len(asked) != len(each.shape) or any(
            size not in (-1, new) for size, new in zip(each.shape, asked, strict=True)
        ):
            raise L2OptError(f"--shape: input {each.text} cannot be {'x'.join(map(str, asked))}")
        fixed.append(asked)
    return fixed


def _names(each: Input) -> tuple[str, ...]:
    short = re.sub(r":0$", "", each.name.removeprefix("serving_default_"))
    return (each.name,) if short == each.name else (each.name, short)
