"""Packing problems as CSV, in MiniMalloc's format: a header, then a line a buffer.

Columns, in any order: `id` (or `buffer`, `buffer_id`), `lower` (or `begin`, `start`), `upper` (exclusive) or `end`
(inclusive), `size`; optionally, an empty field meaning none:
- `alignment`: the offset is a multiple of it;
- `offset` (fixed), or `min_offset` and `max_offset` (both allowed);
- `gaps`: `3-5 8-9@0:16` says that the buffer is dead during [3, 5), and that during [8, 9) only its bytes [0, 16) are
  live; with `end`, gaps include their last step too;
- `alias` and `alias_offset` (0 if empty): the buffer lies that many bytes above the start of the buffer `alias`, and
  bytes that both hold are the same. Such a group has one place: only its first buffer has an offset or a window.
Other columns are kept as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import lcm

from l2opt.errors import L2OptError
from l2opt.plan.items import Item, Piece, disjoint
from l2opt.sizes import MAX_SIZE

__all__ = ["Table", "read_table", "write_table"]

_NAMES = {"buffer": "id", "buffer_id": "id", "begin": "lower", "start": "lower", "end": "upper"}
_REQUIRED = ("id", "lower", "upper", "size")
_WINDOW = ("offset", "min_offset", "max_offset")
_GAP = re.compile(r"(-?[0-9]{1,19})-(-?[0-9]{1,19})(?:@([0-9]{1,19}):([0-9]{1,19}))?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DIGITS = 24  # of an integer that is worth reading


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: its lines as text, and the items that they are. Buffers joined by aliases are one item."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]  # a row each
    items: tuple[Item, ...]
    places: tuple[tuple[int, int], ...]  # a row each: the item, and bytes from its offset

    def offsets(self, packed: Sequence[int]) -> tuple[int, ...]:
        """`packed`: an offset an item; returns one a row."""
        return tuple(packed[item] + within for item, within in self.places)


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    item: Item  # as if it were alone
    alias: str  # "": none
    alias_offset: int


def read_table(text: str, name: str) -> Table:
    """`name`: the file, for messages. Raises L2OptError with the line at fault."""
    lines = _lines(text, name)
    _, header = next(lines, (1, ()))
    columns = _columns(header, name)
    inclusive = "end" in header
    texts, rows, total, furthest = [], [], 0, 0
    first_line: dict[str, int] = {}
    for line, fields in lines:
        where = f"{name}:{line}"
        if len(fields) != len(header):
            raise L2OptError(f"{where}: want {len(header)} fields, as in the header, got {len(fields)}")
        row = _row({column: fields[i].strip() for column, i in columns.items()}, inclusive, where)
        item = row.item
        if item.name in first_line:
            raise L2OptError(f"{where}: buffer {item.name!r} is in line {first_line[item.name]} already")
        first_line[item.name] = line
        total += item.size + (item.alignment or 1) + row.alias_offset
        if item.window[0] > furthest:
            furthest = item.window[0]
        if total + furthest > MAX_SIZE:
            raise L2OptError(f"{where}: want at most 2^62 bytes in all, alignment included, got {total + furthest}")
        texts.append(fields)
        rows.append(row)
    items, places = _grouped(rows)
    return Table(header, tuple(texts), tuple(row.item.name for row in rows), items, places)


def write_table(table: Table, offsets: Sequence[int]) -> str:
    """`offsets`: an item each. The same columns and lines, with `offset` last if it was not there."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    at = table.header.index("offset") if "offset" in table.header else len(table.header)
    writer.writerow((*table.header[:at], "offset", *table.header[at + 1 :]))
    for row, offset in zip(table.rows, table.offsets(offsets), strict=True):
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


def _row(row: Mapping[str, str], inclusive: bool, where: str) -> _Row:
    if not row["id"]:
        raise L2OptError(f"{where}: id: want a name")
    start = _integer(row["lower"], "lower", where, -MAX_SIZE)
    end = _integer(row["upper"], "upper", where, -MAX_SIZE) + inclusive
    size = _integer(row["size"], "size", where, 0)
    if start >= end:
        raise L2OptError(f"{where}: want lower < upper, got a lifetime of [{start}, {end})")
    alignment = _integer(row["alignment"], "alignment", where, 1) if row.get("alignment") else 1
    pieces = _pieces(start, end, size, row.get("gaps", ""), inclusive, where)
    item = Item(row["id"], pieces, (), 0, alignment=alignment, window=_window(row, alignment, where))
    alias = row.get("alias", "")
    alias_offset = _integer(row["alias_offset"], "alias_offset", where, 0) if row.get("alias_offset") else 0
    if alias and item.window != (0, MAX_SIZE):
        raise L2OptError(f"{where}: want no offset of its own for {item.name!r}, which lies within {alias!r}")
    if alias_offset and not alias:
        raise L2OptError(f"{where}: alias_offset: want a buffer in column 'alias' for it")
    if alias_offset % alignment:
        raise L2OptError(f"{where}: alias_offset: want a multiple of {alignment}, got {alias_offset}")
    return _Row(where, item, alias, alias_offset)


def _window(row: Mapping[str, str], alignment: int, where: str) -> tuple[int, int]:
    """The first and last offset allowed."""
    given = {name: _integer(row[name], name, where, 0) for name in _WINDOW if row.get(name)}
    if not given:
        return 0, MAX_SIZE
    if "offset" in given:
        offset = given["offset"]
        if len(given) > 1:
            raise L2OptError(f"{where}: want either an offset or min_offset and max_offset")
        if offset % alignment:
            raise L2OptError(f"{where}: want an offset that is a multiple of {alignment}, got {offset}")
        return offset, offset
    lowest, highest = given.get("min_offset", 0), given.get("max_offset", MAX_SIZE)
    if -(-lowest // alignment) * alignment > highest:
        raise L2OptError(f"{where}: want a multiple of {alignment} in [min_offset, max_offset] = [{lowest}, {highest}]")
    return lowest, highest


def _grouped(rows: Sequence[_Row]) -> tuple[tuple[Item, ...], tuple[tuple[int, int], ...]]:
    """Items in the order of their first buffers' rows, and for each row its item and the bytes from that's offset."""
    if not any(row.alias for row in rows):
        return tuple(row.item for row in rows), tuple((i, 0) for i in range(len(rows)))
    by_name = {row.item.name: i for i, row in enumerate(rows)}
    tops = [_top(rows, by_name, i) for i in range(len(rows))]
    index = {i: k for k, i in enumerate(i for i, (top, _) in enumerate(tops) if top == i)}
    members: list[list[tuple[Item, int]]] = [[] for _ in index]
    for row, (top, within) in zip(rows, tops, strict=True):
        members[index[top]].append((row.item, within))
    items = []
    for i, group in zip(index, members, strict=True):
        first = rows[i].item
        if len(group) > 1:
            pieces = disjoint((s, e, lo + at, hi + at) for item, at in group for s, e, lo, hi in item.pieces)
            first = replace(first, pieces=pieces, alignment=lcm(*(item.alignment or 1 for item, _ in group)))
        items.append(first)
    return tuple(items), tuple((index[top], within) for top, within in tops)


def _top(rows: Sequence[_Row], by_name: Mapping[str, int], i: int) -> tuple[int, int]:
    """The row at the end of the aliases, and the bytes from its start."""
    within, passed = 0, {i}
    while (row := rows[i]).alias:
        if row.alias not in by_name:
            raise L2OptError(f"{row.where}: alias: want the id of a buffer, got {row.alias!r}")
        within += row.alias_offset
        i = by_name[row.alias]
        if i in passed:
            raise L2OptError(f"{row.where}: alias: {row.item.name!r} lies within itself")
        passed.add(i)
    return i, within


def _integer(text: str, column: str, where: str, least: int) -> int:
    if not _INTEGER.fullmatch(text):
        raise L2OptError(f"{where}: {column}: want an integer, got {text!r}")
    value = int(text) if len(text) <= _DIGITS else None
    if value is None or not least <= value <= MAX_SIZE:
        lowest = "-2^62" if least == -MAX_SIZE else str(least)
        shown = text if len(text) <= _DIGITS else f"{text[:_DIGITS]}... ({len(text)} digits)"
        raise L2OptError(f"{where}: {column}: want {lowest} to 2^62, got {shown}")
    return value


def _pieces(start: int, end: int, size: int, gaps: str, inclusive: bool, where: str) -> tuple[Piece, ...]:
    if not gaps:
        return ((start, end, 0, size),) if size else ()
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
