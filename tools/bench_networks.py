"""The networks of a zoo: those that its table lists, or model files."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from l2opt.errors import L2OptError
from l2opt.tools.importing import FORMATS
from l2opt.tools.source import plain_name

__all__ = ["Network", "find_networks"]

TABLES = ("zoo.csv", "index.csv")  # a line a network, with its name, family and file
FOLDERS = ("", "mlir")  # of a zoo, where the files may be
ENDINGS = (".mlir", ".mlirbc", *FORMATS)


@dataclass(frozen=True)
class Network:
    """A model file with its name and family."""

    name: str
    family: str
    path: str
    bytes: int  # of the file


def find_networks(places: Sequence[str], only: str = "") -> list[Network]:
    """The networks in directories and files, in that order, whose names have `only`. Raises L2OptError."""
    found = [network for place in places for network in _at(place) if only in network.name]
    if not found:
        named = f" with {only!r} in its name" if only else ""
        raise L2OptError(f"{', '.join(places)}: no network{named} there: want files in {', '.join(ENDINGS)}")
    return found


def _at(place: str) -> Iterator[Network]:
    if not os.path.isdir(place):
        yield _network(_stem(place), "", Path(place))
        return
    table = next((Path(place, name) for name in TABLES if Path(place, name).is_file()), None)
    if table is None:
        for path in sorted(Path(place).rglob("*")):
            if path.is_file() and os.path.splitext(plain_name(path.name))[1] in ENDINGS:
                yield _network(_stem(path.name), path.parent.name if path.parent != Path(place) else "", path)
        return
    for row in _rows(table):
        paths = [Path(place, folder, row["file"]) for folder in FOLDERS]
        yield _network(row["name"], row["family"], next((path for path in paths if path.is_file()), paths[0]))


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise L2OptError(f"{table}: cannot read: {error}") from error
    if not all(row.get(column) for row in rows for column in ("name", "family", "file")):
        raise L2OptError(f"{table}: want the columns name, family and file in every line")
    return rows


def _network(name: str, family: str, path: Path) -> Network:
    return Network(name, family or "-", str(path), path.stat().st_size if path.is_file() else 0)


def _stem(name: str) -> str:
    return os.path.splitext(os.path.basename(plain_name(name)))[0].removesuffix(".linalg").removesuffix(".tosa")
