"""Pass options as command-line options: the same names and texts, declared from the passes' own fields."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from importlib import metadata

from l2opt.passes.base import Option
from l2opt.sizes import format_size

__all__ = ["add_options", "describe", "given_options", "new_parser", "version"]

_PREFIX = "option_"


def new_parser(program: str, description: str) -> argparse.ArgumentParser:
    """A parser without abbreviations, since an abbreviated option would change its meaning as passes are added."""
    formatter = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(prog=program, description=description, allow_abbrev=False, formatter_class=formatter)


def add_options(group: argparse._ArgumentGroup, options: Iterable[Option]) -> None:
    """Declares `options` on `group`."""
    for option in options:
        name, dest, text = f"--{option.name}", _PREFIX + option.field, describe(option).replace("%", "%%")
        if option.type is bool:
            group.add_argument(name, dest=dest, action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            group.add_argument(name, dest=dest, metavar=option.accepted, help=text)


def given_options(arguments: argparse.Namespace) -> dict[str, str]:
    """The values given for options that `add_options` declared, as text, by name."""
    given = {key: value for key, value in vars(arguments).items() if key.startswith(_PREFIX) and value is not None}
    return {key[len(_PREFIX) :].replace("_", "-"): _text(value) for key, value in given.items()}


def describe(option: Option) -> str:
    """The option's help with its default, unless that is to give nothing."""
    if option.default in (None, ""):
        return option.help
    default = format_size(option.default) if option.size else _text(option.default)
    return f"{option.help} (default: {default})"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def version() -> str:
    """The version of the installed package."""
    return metadata.version("l2opt")
