"""A tensor that is read, is in the way of a wide one, and is read twice more, leaves L2 and comes back; what runs then
equals the unpacked network bit for bit."""

from __future__ import annotations

import pytest

from l2opt import dialect
from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.form_kernels import prepare
from l2opt.passes.functions import target_function
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs

NARROW, WIDE, PLACES = 4, 16, 16  # channels, channels, pixels; 256 B and 1024 B of f32


def convolution(name: str, source: str, into: int, out: int) -> str:
    """A 1x1 convolution with weights that differ."""
    rows = ", ".join(f"[[[{', '.join(f'{(3 * o + 5 * c) % 7 - 3}.5' for c in range(into))}]]]" for o in range(out))
    weights, bias, zero = f"tensor<{out}x1x1x{into}xf32>", f"tensor<{out}xf32>", "tensor<1xf32>"
    return f"""
  %{name}w = "tosa.const"() {{values = dense<[{rows}]> : {weights}}} : () -> {weights}
  %{name}b = "tosa.const"() {{values = dense<0.25> : {bias}}} : () -> {bias}
  %{name}z = "tosa.const"() {{values = dense<0.0> : {zero}}} : () -> {zero}
  %{name} = tosa.conv2d %{source}, %{name}w, %{name}b, %{name}z, %{name}z {{acc_type = f32, dilation = array<i64: 1, 1>,
    pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}}
    : (tensor<1x{PLACES}x1x{into}xf32>, {weights}, {bias}, {zero}, {zero}) -> tensor<1x{PLACES}x1x{out}xf32>"""


def network() -> str:
    narrow = f"tensor<1x{PLACES}x1x{NARROW}xf32>"
    return f"""func.func @main(%x: {narrow}) -> {narrow} {{{convolution("skip", "x", NARROW, NARROW)}
{convolution("wide", "skip", NARROW, WIDE)}
{convolution("wider", "wide", WIDE, WIDE)}
{convolution("back", "wider", WIDE, NARROW)}
  %one = tosa.maximum %skip, %back : ({narrow}, {narrow}) -> {narrow}
{convolution("more", "one", NARROW, NARROW)}
  %two = tosa.minimum %more, %skip : ({narrow}, {narrow}) -> {narrow}
  return %two : {narrow}
}}
"""


# Between the wide ones are 2 * 1024 B, with the skip 256 more. It leaves before that, and comes back for two readers.
@pytest.mark.parametrize("l2", ["2048", "2112", "2240"])
@pytest.mark.parametrize(("dma", "at_start"), [("sync", True), ("async", True), ("async", False)])
def test_a_skip_connection_leaves_l2_and_runs_equal(l2: str, dma: str, at_start: bool) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(network())
        prepare(module, "")
        reference = clone(module)
        for stage in pipeline(PACK, {"l2": l2, "fuse": "none", "dma": dma}):
            stage.run(module)
        text = str(target_function(module))
        traffic = target_function(module).attributes["l2.plan"]["traffic"].value
        assert not any(each.faults for each in check_module(module))
        made = compare(module, reference, "", lambda *which: make_inputs(*which[:2], {}, which[2]), at_start=at_start)
    assert traffic == 2 * PLACES * NARROW * 4  # out once, back once
    assert text.count("memref.copy" if dma == "sync" else "call @l2_dma_wait") == 3  # and the input
    assert made.difference is None
