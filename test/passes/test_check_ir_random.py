"""The checker against brute force: random straight-line programs, run on bytes that remember who wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module

ARENA = 256  # bytes
STEP = 16  # bytes; every offset and size is a multiple


@dataclass(frozen=True)
class Part:
    """A strided part of a buffer: `rows` rows of `width` bytes, `stride` bytes apart, from `start`."""

    buffer: int
    start: int
    rows: int
    width: int
    stride: int

    def bytes(self) -> np.ndarray:
        """Positions in the buffer."""
        return (self.start + np.arange(self.rows)[:, None] * self.stride + np.arange(self.width)).ravel()


@dataclass(frozen=True)
class Program:
    """Buffers as (offset, size); steps as (part read or None for fresh data, part written)."""

    buffers: tuple[tuple[int, int], ...]
    steps: tuple[tuple[Part | None, Part], ...]


@st.composite
def parts(draw: st.DrawFn, sizes: list[int], shape: tuple[int, int] | None = None) -> Part:
    """Any part, or one of this (rows, width)."""
    fits = [b for b, size in enumerate(sizes) if shape is None or shape[0] * shape[1] <= size]
    buffer = draw(st.sampled_from(fits))
    units = sizes[buffer] // STEP
    rows, width = shape or (1, 0)
    if shape is None:
        width = draw(st.integers(1, units)) * STEP
        rows = draw(st.integers(1, sizes[buffer] // width))
    slack = sizes[buffer] - rows * width
    gap = draw(st.integers(0, slack // STEP // (rows - 1))) * STEP if rows > 1 else 0
    start = draw(st.integers(0, (slack - gap * (rows - 1)) // STEP)) * STEP
    return Part(buffer, start, rows, width, width + gap)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    sizes = draw(st.lists(st.sampled_from([16, 32, 48, 64, 96, 128]), min_size=1, max_size=5))
    buffers = tuple((draw(st.integers(0, (ARENA - size) // STEP)) * STEP, size) for size in sizes)
    steps = []
    for _ in range(draw(st.integers(1, 8))):
        target = draw(parts(sizes))
        source = draw(st.none() | parts(sizes, (target.rows, target.width)))
        steps.append((source, target))
    return Program(buffers, tuple(steps))


def text_of(program: Program) -> str:
    """The program as packed IR: one view a buffer, subviews of it, copies."""
    lines = [
        f"func.func @main(%x: memref<{ARENA}xi8>, "
        f'%l2: memref<{ARENA}xi8, 1> {{l2.arena = "L2", l2.alignment = {STEP} : i64}}, '
        f'%ddr: memref<0xi8> {{l2.arena = "DDR", l2.alignment = {STEP} : i64}}) attributes {{l2.arenas = {{'
        f"L2 = {{argument = 1 : i64, bytes = {ARENA} : i64, alignment = {STEP} : i64}}, "
        f"DDR = {{argument = 2 : i64, bytes = 0 : i64, alignment = {STEP} : i64}}}}}} {{"
    ]
    for b, (offset, size) in enumerate(program.buffers):
        lines.append(f"%c{b} = arith.constant {offset} : index")
        lines.append(f"%b{b} = memref.view %l2[%c{b}][] : memref<{ARENA}xi8, 1> to memref<{size}xi8, 1>")
    for step, (source, target) in enumerate(program.steps):
        to_type = _add_part(lines, program, f"t{step}", target)
        shape = f"{target.rows}x{target.width}xi8"
        if source is None:
            fresh = f"memref<{shape}, strided<[{target.width}, 1]>>"
            sizes = f"sizes: [{target.rows}, {target.width}], strides: [{target.width}, 1]"
            lines.append(
                f"%s{step} = memref.reinterpret_cast %x to offset: [0], {sizes} : memref<{ARENA}xi8> to {fresh}"
            )
            from_type = fresh
        else:
            from_type = _add_part(lines, program, f"s{step}", source)
        lines.append(f"memref.copy %s{step}, %t{step} : {from_type} to {to_type}")
    return "\n".join([*lines, "return", "}"])


def _add_part(lines: list[str], program: Program, name: str, part: Part) -> str:
    shape = f"{part.rows}x{part.width}xi8"
    type_ = f"memref<{shape}, strided<[{part.stride}, 1], offset: {part.start}>, 1>"
    layout = f"offset: [{part.start}], sizes: [{part.rows}, {part.width}], strides: [{part.stride}, 1]"
    root = f"memref<{program.buffers[part.buffer][1]}xi8, 1>"
    lines.append(f"%{name} = memref.reinterpret_cast %b{part.buffer} to {layout} : {root} to {type_}")
    return type_


def is_sound(program: Program) -> bool:
    """By definition: each read finds just what its own buffer wrote there last, and nothing written as one part that
    lost bytes to another that neither holds it nor lies in it, nor was read; no copy touches shared bytes twice."""
    arena = np.full(ARENA, -1)  # buffer that wrote the byte last
    written: list[tuple[Part | None, Part]] = []
    for source, target in program.steps:
        to = program.buffers[target.buffer][0] + target.bytes()
        if source is not None:
            read = program.buffers[source.buffer][0] + source.bytes()
            if (arena[read] != source.buffer).any() or has_lost_bytes(source, written):
                return False
            same = source.buffer == target.buffer and set(read) == set(to)
            if not same and np.intersect1d(read, to).size:
                return False
        arena[to] = target.buffer
        written.append((source, target))
    return True


def has_lost_bytes(part: Part, written: list[tuple[Part | None, Part]]) -> bool:
    mine = set(part.bytes())
    same = [k for k, (_, each) in enumerate(written) if each.buffer == part.buffer and set(each.bytes()) == mine]
    left = set(mine) if same else set()
    for source, other in reversed(written[same[-1] + 1 :] if same else []):
        theirs = set(other.bytes())
        taken = left & theirs if other.buffer == part.buffer else set()
        left -= taken
        if taken and source != other and mine - theirs and theirs - mine:
            return True
    return False


def runs_alike(program: Program) -> bool:
    """Whether every read of what was written finds the same values as when all buffers lie apart."""
    packed = -1 - np.arange(ARENA)
    apart = [np.full(size, -1) for _, size in program.buffers]
    for step, (source, target) in enumerate(program.steps):
        value = 1000 * (step + 1) + np.arange(target.rows * target.width)
        base = program.buffers[target.buffer][0]
        if source is None:
            packed[base + target.bytes()] = apart[target.buffer][target.bytes()] = value
            continue
        from_packed = packed[program.buffers[source.buffer][0] + source.bytes()].copy()
        from_apart = apart[source.buffer][source.bytes()].copy()
        written = from_apart != -1
        if (from_packed != from_apart)[written].any():
            return False
        packed[base + target.bytes()] = from_packed
        apart[target.buffer][target.bytes()] = from_apart
    return True


@pytest.fixture(scope="module")
def context() -> Iterator[ir.Context]:
    with ir.Context() as made:
        yield made


@settings(max_examples=150, deadline=None)
@given(program=programs())
def test_verdict_is_that_of_brute_force(program: Program, context: ir.Context) -> None:
    [checked] = check_module(ir.Module.parse(text_of(program), context))
    assert (not checked.faults) == is_sound(program), [str(fault) for fault in checked.faults]


@settings(max_examples=150, deadline=None)
@given(program=programs())
def test_what_passes_runs_as_if_all_buffers_lay_apart(program: Program, context: ir.Context) -> None:
    [checked] = check_module(ir.Module.parse(text_of(program), context))
    assert checked.faults or runs_alike(program)
