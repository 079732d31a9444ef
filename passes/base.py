"""What a pass is: a frozen dataclass whose fields are its options and whose docstring is its manual.

    @dataclass(frozen=True)
    class Pack(Pass):
        \"\"\"Give every L2 buffer a byte offset. ...\"\"\"

        name: ClassVar[str] = "l2-pack"
        l2: int = option(2 << 20, help="capacity of L2", size=True)
        order: str = option("memory", help="order of kernels", choices=("program", "memory"))

        def run(self, module: ir.Module) -> None: ...

A field `l2_space` is the option `l2-space`. Option types: str, int, float, bool, each also `| None`; an int with
`size=True` takes `2MB`; a str with `choices` takes one of those.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from l2opt.errors import UsageError
from l2opt.sizes import parse_size

if TYPE_CHECKING:
    from l2opt.mlir import ir

__all__ = ["Option", "Pass", "option"]

P = TypeVar("P", bound="Pass")
_TRUTH = {"true": True, "1": True, "": True, "false": False, "0": False}


def option(default: Any, *, help: str, choices: tuple[str, ...] = (), size: bool = False) -> Any:
    """A dataclass field that is a pass option."""
    return dataclasses.field(default=default, metadata={"help": help, "choices": choices, "size": size})


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a pass, as the command line sees it."""

    name: str  # with dashes
    field: str
    type: type
    default: Any
    help: str
    choices: tuple[str, ...]
    size: bool

    def parse(self, text: str) -> Any:
        """The value that `text` names. Raises UsageError that says what is accepted."""
        try:
            value = self._convert(text)
        except ValueError:
            value = None
        if value is None:
            raise UsageError(f"option {self.name}: want {self.accepted}, got {text!r}")
        return value

    def _convert(self, text: str) -> Any:
        """The value, or None or a ValueError if there is none."""
        if self.size:
            try:
                return parse_size(text)
            except UsageError as error:
                raise UsageError(f"option {self.name}: {error}") from error
        if self.type is bool:
            return _TRUTH.get(text.lower())
        if self.type is float:
            value = float(text)
            return value if value >= 0 else None  # durations and costs; not NaN either
        if self.choices and text not in self.choices:
            return None
        return self.type(text)

    @property
    def accepted(self) -> str:
        """What a value may be, for people."""
        if self.choices:
            return "|".join(self.choices)
        if self.size:
            return "SIZE"
        return {bool: "true|false", int: "INTEGER", float: "NUMBER"}.get(self.type, "TEXT")


@dataclass(frozen=True)
class Pass(ABC):
    """A rewrite or check of a whole module."""

    name: ClassVar[str]

    @abstractmethod
    def run(self, module: ir.Module) -> None:
        """Rewrites `module` in place.

        Fails at an operation with `raise LocatedError(op, message)`. Nothing of the module is kept between runs. The
        module's location is the default one for what `run` builds.
        """

    @classmethod
    def options(cls) -> dict[str, Option]:
        """The pass's options by name, in the order of its fields."""
        hints = typing.get_type_hints(cls)
        options = [_option(each, hints[each.name]) for each in dataclasses.fields(cls)]
        return {each.name: each for each in options}

    @classmethod
    def make(cls: type[P], values: Mapping[str, str]) -> P:
        """The pass with these options given as text. Raises UsageError for an unknown option or a bad value."""
        known = cls.options()
        for name in values:
            if name not in known:
                accepted = ", ".join(known) or "no option"
                raise UsageError(f"pass {cls.name}: no option {name!r}; it takes {accepted}")
        fields = {known[name].field: known[name].parse(text) for name, text in values.items()}
        return cls(**fields)

    @classmethod
    def summary(cls) -> str:
        """The first line of the manual."""
        return cls.manual().partition("\n")[0]

    @classmethod
    def manual(cls) -> str:
        return inspect.cleandoc(cls.__doc__ or "")


def _option(each: dataclasses.Field[Any], hint: Any) -> Option:
    kinds = [kind for kind in typing.get_args(hint) or (hint,) if kind is not type(None)]
    assert len(kinds) == 1, f"option {each.name}: one type, or one type or None"
    meta = each.metadata
    return Option(
        name=each.name.replace("_", "-"),
        field=each.name,
        type=kinds[0],
        default=each.default,
        help=meta.get("help", ""),
        choices=meta.get("choices", ()),
        size=meta.get("size", False),
    )
