"""Arguments and globals of a bufferized program have copies in L2 where that saves traffic or is asked for; the program
then runs equal to the unpacked one, bit for bit."""

from __future__ import annotations

import pytest
from memref_programs import packed_and_unpacked

from l2opt import dialect
from l2opt.errors import L2OptError
from l2opt.mlir import ir
from l2opt.passes.functions import target_function
from l2opt.tools.compare import compare
from l2opt.tools.inputs import make_inputs

M = "memref<64xf32>"
TWO = f"{M}, {M}"
SIZE = 256  # bytes of each memref

# %x is read four times, the last time by what writes the result.
READ_OFTEN = f"""
  %a = memref.alloc() : {M}
  linalg.exp ins(%x : {M}) outs(%a : {M})
  %b = memref.alloc() : {M}
  %v = memref.expand_shape %x [[0, 1]] output_shape [8, 8] : {M} into memref<8x8xf32>
  %y = memref.collapse_shape %v [[0, 1]] : memref<8x8xf32> into {M}
  linalg.add ins(%a, %y : {TWO}) outs(%b : {M})
  %c = memref.alloc() : {M}
  scf.for %i = %zero to %end step %one {{
    %p = memref.load %b[%i] : {M}
    %q = memref.load %x[%i] : {M}
    %r = arith.mulf %p, %q : f32
    memref.store %r, %c[%i] : {M}
  }}
  linalg.sub ins(%c, %x : {TWO}) outs(%o : {M})
"""

# @w is read three times, under two names.
WEIGHTS = f"""
  %w = memref.get_global @w : {M}
  %a = memref.alloc() : {M}
  linalg.add ins(%x, %w : {TWO}) outs(%a : {M})
  %b = memref.alloc() : {M}
  linalg.mul ins(%a, %w : {TWO}) outs(%b : {M})
  %again = memref.get_global @w : {M}
  linalg.sub ins(%b, %again : {TWO}) outs(%o : {M})
"""


@pytest.mark.parametrize(("dma", "at_start"), [("sync", True), ("async", True), ("async", False)])
@pytest.mark.parametrize(
    ("l2", "wanted", "copied"),
    [
        (768, 2 * SIZE, True),  # once, and the result
        (512, 4 * SIZE, True),  # once for two readers, then by each; in the loop, two others are in L2
        (320, 7 * SIZE, False),  # by four readers, the result, and %c written and read
    ],
)
def test_an_argument_read_often_is_brought_to_l2(dma: str, at_start: bool, l2: int, wanted: int, copied: bool) -> None:
    text, moved = packed(program(READ_OFTEN), {"l2": str(l2), "dma": dma}, at_start)
    assert moved == wanted
    assert ("memref.copy %arg0" in text or "call @l2_dma_start" in text) == copied


# It comes to L2 for the two readers before, and again for the two after, if it was not written there; the result, and
# what the line writes, go home.
CHANGES = {
    "an argument written, which may be the same memory": (f"linalg.exp ins(%x : {M}) outs(%o : {M})", 2, 4),
    "it is written itself": (f"linalg.fill ins(%number : f32) outs(%x : {M})", 1, 4),
    "a call, which may reach it": ("func.call @unknown() : () -> ()", 2, 3),
}


@pytest.mark.parametrize(("line", "brought", "moved"), CHANGES.values(), ids=CHANGES)
def test_an_argument_that_may_change_is_brought_in_again(line: str, brought: int, moved: int) -> None:
    with_change = READ_OFTEN.replace("  %c = ", f"  {line}\n  %c = ")
    text, traffic = packed(program(with_change), {"l2": "2KB"})
    assert text.count("memref.copy %arg0") == brought
    assert traffic == moved * SIZE


def test_a_loop_that_writes_an_argument_reads_another_where_it_is() -> None:
    """What it has written may be what it reads next."""
    loop = READ_OFTEN.replace("memref.store %r, %c[%i]", "memref.store %r, %o[%i]").replace("ins(%c, %x", "ins(%o, %x")
    text, moved = packed(program(loop), {"l2": "2KB"})
    assert "memref.copy" not in text
    assert moved >= 5 * SIZE


@pytest.mark.parametrize(("weights", "copies"), [("ddr", 0), ("auto", 1), ("l2", 1)])
def test_a_constant_global_is_in_l2_where_that_is_asked_for(weights: str, copies: int) -> None:
    text, moved = packed(program(WEIGHTS), {"l2": "2KB", "weights": weights})
    assert text.count("memref.copy") == copies
    assert moved == 2 * SIZE  # the argument and the result; constants are counted apart


def test_a_global_that_is_not_declared_constant_cannot_be_asked_for() -> None:
    with pytest.raises(L2OptError, match="declared constant"):
        packed(program(WEIGHTS).replace(" constant ", " "), {"l2": "2KB", "weights": "l2"})
    text, _ = packed(program(WEIGHTS).replace(" constant ", " "), {"l2": "2KB", "weights": "auto"})
    assert "memref.copy" not in text


def program(body: str) -> str:
    values = ", ".join(f"{k / 8}" for k in range(64))
    return f"""
memref.global "private" constant @w : {M} = dense<[{values}]>
func.func private @unknown() {{
  return
}}
func.func @main(%x: {M}, %o: {M}) {{
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.constant 64 : index
  %number = arith.constant 0.5 : f32
  {body}
  return
}}"""


def packed(text: str, values: dict[str, str], at_start: bool = True) -> tuple[str, int]:
    """The final IR, checked and run beside the unpacked program, and the bytes that its plan says it moves."""
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module, reference = packed_and_unpacked(text, values)
        final = str(module), int(target_function(module).attributes["l2.plan"]["traffic"].value)
        assert compare(module, reference, "", _inputs, at_start=at_start).difference is None
    return final


def _inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)
