"""The checker's cost follows the pieces that a program's views fall into, not its bytes."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import pytest

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import Checked, check_module


@pytest.fixture(autouse=True)
def context() -> Iterator[None]:
    with ir.Context():
        yield


def check(size: int, body: str) -> Checked:
    text = f"""
      func.func @main(%l2: memref<{size}xi8, 1> {{l2.arena = "L2", l2.alignment = 64 : i64}},
                      %ddr: memref<0xi8> {{l2.arena = "DDR", l2.alignment = 64 : i64}}) attributes {{l2.arenas = {{
          L2 = {{argument = 0 : i64, bytes = {size} : i64, alignment = 64 : i64}},
          DDR = {{argument = 1 : i64, bytes = 0 : i64, alignment = 64 : i64}}}}}} {{
        %c0 = arith.constant 0 : index
        %zero = arith.constant 0 : i8
        {body}
        return
      }}"""
    [checked] = check_module(ir.Module.parse(text))
    return checked


def test_an_arena_of_terabytes_costs_nothing() -> None:
    half = 1 << 40
    lines = [f"%half = arith.constant {half} : index"]
    for name, offset in (("a", "c0"), ("b", "half")):
        lines += [
            f"%{name} = memref.view %l2[%{offset}][] : memref<{2 * half}xi8, 1> to memref<{half}xi8, 1>",
            f"linalg.fill ins(%zero : i8) outs(%{name} : memref<{half}xi8, 1>)",
        ]
    lines.append(f"memref.copy %a, %b : memref<{half}xi8, 1> to memref<{half}xi8, 1>")
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    assert check(2 * half, "\n".join(lines)).faults == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KB
    assert time.monotonic() - start < 5


def test_too_many_pieces_are_refused() -> None:
    rows, columns = 1 << 13, 1 << 12
    size = rows * columns * 2
    whole = f"memref<{rows}x{2 * columns}xi8, 1>"
    part = f"memref<{rows}x{columns}xi8, strided<[{2 * columns}, 2]>, 1>"
    checked = check(
        size,
        f"%a = memref.view %l2[%c0][] : memref<{size}xi8, 1> to {whole}\n"
        f"%odd = memref.subview %a[0, 0] [{rows}, {columns}] [1, 2] : {whole} to {part}\n"
        f"linalg.fill ins(%zero : i8) outs(%odd : {part})",
    )
    assert [str(fault) for fault in checked.faults] == [
        "its views fall into too many separate pieces of memory to check"
    ]


def test_a_long_program_is_checked_in_linear_time() -> None:
    buffer = "memref<64xi8, 1>"
    lines = ["%c64 = arith.constant 64 : index"]
    steps = 3000
    for step in range(steps):
        lines.append(f"%v{step} = memref.view %l2[%{'c64' if step % 2 else 'c0'}][] : memref<128xi8, 1> to {buffer}")
        source = f"memref.copy %v{step - 1}, %v{step} : {buffer} to {buffer}"
        lines.append(source if step else f"linalg.fill ins(%zero : i8) outs(%v0 : {buffer})")
    start = time.monotonic()
    checked = check(128, "\n".join(lines))
    assert checked.faults == []
    assert checked.line() == f"@main: sound; {steps} steps, {steps} buffers, L2 128 B, DDR 0 B"
    assert time.monotonic() - start < 10
