"""Packing problems as CSV, in MiniMalloc's format: a header, then a line a buffer.

Columns, in any order: `id` (or `buffer`, `buffer_id`), `lower` (or `begin`, `start`), `upper` (exclusive) or `end`
(inclusive), `size`; optionally `alignment`, `offset` (fixed; empty is free) and `gaps`: `3-5 8-9@0:16` says that the
buffer is dead during [3, 5), and that during [8, 9) only its bytes [0, 16) are live; with `end`, gaps include their
last step too.
Other columns are kept as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from l2opt.errors import L2OptError
from l2opt.plan.items import Item, Piece
from l2opt.sizes import MAX_SIZE

__all__ = ["Table", "read_table", "write_table"]

_NAMES = {"buffer": "id", "buffer_id": "id", "begin": "lower", "start": "lower", "end": "upper"}
_REQUIRED = ("id", "lower", "upper", "size")
_GAP = re.compile(r"(-?\d+)-(-?\d+)(?:@(\d+):(\d+))?")
_INTEGER = re.compile(r"[+-]?\d+")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: its lines as text, and the items that they are, in the same order."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    items: tuple[Item, ...]


def read_table(text: str, name: str) -> Table:
    """`name`: the file, for messages. Raises L2OptError with the line at fault."""
    lines = _lines(text, name)
    _, header = next(lines, (1, ()))
    columns = _columns(header, name)
    inclusive = "end" in header
    rows, items, total, furthest = [], [], 0, 0
    first_line: dict[str, int] = {}
    for line, row in lines:
        where = f"{name}:{line}"
        if len(row) != len(header):
            raise L2OptError(f"{where}: want {len(header)} fields, as in the header, got {len(row)}")
        item = _item({column: row[i].strip() for column, i in columns.items()}, inclusive, where)
        if item.name in first_line:
            raise L2OptError(f"{where}: buffer {item.name!r} is in line {first_line[item.name]} already")
        first_line[item.name] = line
        total += item.size + (item.alignment or 1)
        furthest = max(furthest, item.window[0])
        if total + furthest > MAX_SIZE:
            raise L2OptError(f"{where}: want at most 2^62 bytes in all, alignment included, got {total + furthest}")
        rows.append(row)
        items.append(item)
    return Table(header, tuple(rows), tuple(items))


def write_table(table: Table, offsets: Sequence[int]) -> str:
    """The same columns and lines, with `offset` last if it was not there."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    at = table.header.index("offset") if "offset" in table.header else len(table.header)
    writer.writerow((*table.header[:at], "offset", *table.header[at + 1 :]))
    for row, offset in zip(table.rows, offsets, strict=True):
        writer.writerow((*row[:at], offset, *row[at + 1 :]))
    return out.getvalue()


def _lines(text: str, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, tuple(row)
    except csv.Error as error:
        raise L2OptError(f"{name}:{reader.line_num}: {error}") from error


def _columns(header: Sequence[str], name: str) -> dict[str, int]:
    columns: dict[str, int] = {}
    for i, title in enumerate(header):
        column = _NAMES.get(title.strip(), title.strip())
        if column in columns:
            raise L2OptError(f"{name}:1: column {column!r} is there twice")
        columns[column] = i
    missing = [column for column in _REQUIRED if column not in columns]
    if missing:
        raise L2OptError(f"{name}:1: want the columns {', '.join(_REQUIRED)}; missing: {', '.join(missing)}")
    return columns


def _item(row: Mapping[str, str], inclusive: bool, where: str) -> Item:
    start = _integer(row["lower"], "lower", where, -MAX_SIZE)
    end = _integer(row["upper"], "upper", where, -MAX_SIZE) + inclusive
    size = _integer(row["size"], "size", where, 0)
    if start >= end:
        raise L2OptError(f"{where}: want lower < upper, got a lifetime of [{start}, {end})")
    alignment = _integer(row["alignment"], "alignment", where, 1) if row.get("alignment") else 1
    window = (0, MAX_SIZE)
    if row.get("offset"):
        offset = _integer(row["offset"], "offset", where, 0)
        if offset % alignment:
            raise L2OptError(f"{where}: want an offset that is a multiple of {alignment}, got {offset}")
        window = (offset, offset)
    pieces = _pieces(start, end, size, row.get("gaps", ""), inclusive, where)
    return Item(row["id"], pieces, (), 0, alignment=alignment, window=window)


def _integer(text: str, column: str, where: str, least: int) -> int:
    if not _INTEGER.fullmatch(text):
        raise L2OptError(f"{where}: {column}: want an integer, got {text!r}")
    value = int(text)
    if not least <= value <= MAX_SIZE:
        raise L2OptError(f"{where}: {column}: want {least} to 2^62, got {value}")
    return value


def _pieces(start: int, end: int, size: int, gaps: str, inclusive: bool, where: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = start
    for from_, to, lo, hi in sorted(_gap(text, inclusive, size, where) for text in gaps.split()):
        if not at <= from_ < to <= end:
            raise L2OptError(f"{where}: gaps: want them apart and within [{start}, {end}), got [{from_}, {to})")
        pieces += [(at, from_, 0, size), (from_, to, lo, hi)]
        at = to
    pieces.append((at, end, 0, size))
    return tuple(piece for piece in pieces if piece[0] < piece[1] and piece[2] < piece[3])


def _gap(text: str, inclusive: bool, size: int, where: str) -> Piece:
    match = _GAP.fullmatch(text)
    if match is None:
        raise L2OptError(f"{where}: gaps: want FROM-TO or FROM-TO@LO:HI, got {text!r}")
    lo, hi = int(match[3] or 0), int(match[4] or 0)
    if not lo <= hi <= size:
        raise L2OptError(f"{where}: gaps: want a window within the {size} B of the buffer, got {lo}:{hi}")
    return int(match[1]), int(match[2]) + inclusive, lo, hi
