"""Pass options as command-line options: the same names and texts, declared from the passes' own fields."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from l2opt.passes.base import Option
from l2opt.sizes import format_size

__all__ = ["add_options", "describe", "given_options", "new_parser"]

_PREFIX = "option_"


def new_parser(program: str, description: str) -> argparse.ArgumentParser:
    """A parser that takes no abbreviations, since one would change its meaning as passes are added."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog=program, description=description, allow_abbrev=False, formatter_class=formatter
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="print the version, and stop")
    return parser


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


class _ShowVersion(argparse.Action):
    """Prints the version of the installed package; looked up only then, since it takes a search for its metadata."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        print(f"l2opt {metadata.version('l2opt')}")
        parser.exit()
