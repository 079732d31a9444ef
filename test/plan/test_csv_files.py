"""MiniMalloc's CSV: what is read, what is written, and that faults are named with their line."""

from __future__ import annotations

import pytest

from l2opt.errors import L2OptError
from l2opt.plan.csv_files import read_table, write_table
from l2opt.plan.packing import Outcome, solve_packing


def test_columns_in_any_order_others_kept_and_offset_added() -> None:
    table = read_table("note,size,upper,id,lower\nx,4,3,b1,0\n,2,5,b2,3\n", "p.csv")
    assert [item.pieces for item in table.items] == [((0, 3, 0, 4),), ((3, 5, 0, 2),)]
    assert write_table(table, [0, 8]) == "note,size,upper,id,lower,offset\nx,4,3,b1,0,0\n,2,5,b2,3,8\n"


def test_windows_line_ends_a_byte_order_mark_and_blank_lines() -> None:
    table = read_table("\ufeffid,lower,upper,size\r\nb1,0,3,4\r\n\r\n", "p.csv")
    assert table.items[0].pieces == ((0, 3, 0, 4),)


def test_end_is_inclusive_also_in_gaps() -> None:
    table = read_table("id,start,end,size,gaps\nb1,0,9,4,2-3 6-6@1:2\n", "p.csv")
    assert table.items[0].pieces == ((0, 2, 0, 4), (4, 6, 0, 4), (6, 7, 1, 2), (7, 10, 0, 4))


def test_fixed_offsets_and_alignment() -> None:
    text = "id,lower,upper,size,alignment,offset\na,0,2,10,1,\nb,0,2,5,8,16\nc,1,2,3,8,\n"
    table = read_table(text, "p.csv")
    packing = solve_packing(table.items, None)
    assert (packing.peak, packing.offsets[1]) == (21, 16)  # b is fixed; a and c go below it
    assert write_table(table, (0, 16, 24)).splitlines() == [
        "id,lower,upper,size,alignment,offset",
        "a,0,2,10,1,0",
        "b,0,2,5,8,16",
        "c,1,2,3,8,24",
    ]


def test_windows_of_offsets() -> None:
    text = "id,lower,upper,size,alignment,min_offset,max_offset\na,0,2,10,1,6,\nb,0,2,5,2,,3\nc,1,2,3,1,4,\n"
    table = read_table(text, "p.csv")
    assert [item.window for item in table.items] == [(6, 2**62), (0, 3), (4, 2**62)]
    packing = solve_packing(table.items, None)
    assert (packing.peak, packing.outcome, packing.offsets) == (18, Outcome.OPTIMAL, (8, 0, 5))


def test_aliases_are_one_item_with_an_offset_a_buffer() -> None:
    # whole [0, 16) at steps 2-3; its upper half from step 0, its lower half from step 1; x goes below the upper half.
    text = "id,lower,upper,size,alias,alias_offset\nlow,1,2,8,whole,\nwhole,2,4,16,,\nhigh,0,2,8,whole,8\nx,0,1,8,,\n"
    table = read_table(text, "p.csv")
    assert [item.name for item in table.items] == ["whole", "x"]
    packing = solve_packing(table.items, None)
    assert (packing.peak, packing.outcome) == (16, Outcome.OPTIMAL)
    assert packing.offsets is not None
    assert [line.split(",")[-1] for line in write_table(table, packing.offsets).splitlines()[1:]] == [
        "0",
        "0",
        "8",
        "0",
    ]


def test_an_empty_table_and_buffers_without_bytes() -> None:
    assert solve_packing(read_table("id,lower,upper,size\n", "p.csv").items, 0).peak == 0
    assert solve_packing(read_table("id,lower,upper,size\na,0,1,0\n", "p.csv").items, 0).offsets == (0,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"p.csv:1: want the columns .* missing: id, lower, upper, size"),
        ("id,lower,upper\nb,0,1\n", r"p.csv:1: .* missing: size"),
        ("id,lower,upper,size,buffer\n", r"p.csv:1: column 'id' is there twice"),
        ("id,lower,upper,size\nb,0,1,-4\n", r"p.csv:2: size: want 0 to 2\^62, got -4"),
        ("id,lower,upper,size\nb,0,1,NaN\n", r"p.csv:2: size: want an integer, got 'NaN'"),
        ("id,lower,upper,size\nb,0,1,1.5\n", r"p.csv:2: size: want an integer, got '1.5'"),
        ("id,lower,upper,size\nb,0,1,18446744073709551616\n", r"p.csv:2: size: .* got 18446744073709551616"),
        ("id,lower,upper,size\nb,0,1,4\nc,5,2,4\n", r"p.csv:3: want lower < upper, got a lifetime of \[5, 2\)"),
        ("id,lower,upper,size\nb,0,1,4\nb,0,1,4\n", r"p.csv:3: buffer 'b' is in line 2 already"),
        ("id,lower,upper,size\nb,0,1\n", r"p.csv:2: want 4 fields, as in the header, got 3"),
        ('id,lower,upper,size\n"b,0,1,4\n', r"p.csv:2: "),
        ("id,lower,upper,size,gaps\nb,0,9,4,x\n", r"p.csv:2: gaps: want FROM-TO"),
        ("id,lower,upper,size,gaps\nb,0,9,4,8-12\n", r"p.csv:2: gaps: want them apart and within \[0, 9\)"),
        ("id,lower,upper,size,gaps\nb,0,9,4,2-3@1:7\n", r"p.csv:2: gaps: want a window within the 4 B"),
        ("id,lower,upper,size,alignment\nb,0,9,4,0\n", r"p.csv:2: alignment: want 1"),
        ("id,lower,upper,size,alignment,offset\nb,0,9,4,8,4\n", r"p.csv:2: want an offset that is a multiple of 8"),
        ("id,lower,upper,size,min_offset,max_offset\nb,0,9,4,5,3\n", r"p.csv:2: want a multiple of 1 in .* = \[5, 3\]"),
        ("id,lower,upper,size,offset,min_offset\nb,0,9,4,8,4\n", r"p.csv:2: want either an offset or min_offset"),
        ("id,lower,upper,size,alias\nb,0,9,4,c\n", r"p.csv:2: alias: want the id of a buffer, got 'c'"),
        ("id,lower,upper,size,alias\nb,0,9,4,c\nc,0,9,4,b\n", r"p.csv:3: alias: 'c' lies within itself"),
        ("id,lower,upper,size,alias_offset\nb,0,9,4,3\n", r"p.csv:2: alias_offset: want a buffer in column 'alias'"),
        ("id,lower,upper,size,alias,offset\nb,0,9,4,c,3\nc,0,9,4,,\n", r"p.csv:2: want no offset of its own for 'b'"),
        (f"id,lower,upper,size\nb,0,1,{2**61}\nc,0,1,{2**61}\n", r"p.csv:3: want at most 2\^62 bytes in all"),
    ],
)
def test_a_file_at_fault_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(L2OptError, match=message):
        read_table(text, "p.csv")
