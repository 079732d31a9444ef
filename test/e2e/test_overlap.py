"""Results that lie over their operands: chains of kernels, each overlap taken by hand, executed with poison."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l2opt.mlir import ir
from l2opt.passes import pipeline as pipelines
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.check_ir import Check
from l2opt.passes.diagnostics import Collector, LocatedError
from l2opt.passes.extract import extract
from l2opt.passes.fill_weights import FillWeights
from l2opt.passes.form_kernels import FormKernels
from l2opt.passes.functions import target_function
from l2opt.passes.lower_kernels import LowerKernels
from l2opt.passes.materialize import Materialize
from l2opt.passes.pack import Pack
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.plan import Alias, Kind, Plan, Problem, make_plan
from l2opt.tools.compare import Comparison, clone, compare
from l2opt.tools.inputs import make_inputs
from l2opt.tools.planning import plan_model
from l2opt.tools.source import new_context


def by_hand(problem: Problem, short: int = 0) -> Plan:
    """A plan of a chain that takes every overlap, at its distance less `short` bytes for the last one that has any."""
    plan = make_plan(problem)
    overlaps = {each.source: each for each in problem.overlaps}
    last = next((each.source for each in reversed(problem.overlaps) if each.distance >= short), None)
    size = {buffer.id: buffer.size for buffer in problem.buffers}
    offsets, aliases = {}, {}
    top = 0
    for kernel in reversed(problem.kernels):  # the last result at the bottom
        [target] = kernel.writes
        offsets.setdefault(target, 0)
        for source in kernel.reads:
            if source in offsets or problem.buffers[int(source[1:])].kind is Kind.CONSTANT:
                continue
            if source not in overlaps:  # then they lie behind one another
                offsets[source] = offsets[target] + size[target]
                continue
            wanted = overlaps[source].distance - (short if source == last else 0)
            distance = -(-wanted // problem.l2.alignment) * problem.l2.alignment
            offsets[source] = offsets[target] + distance
            aliases[source] = Alias(target, distance)
    placements = {}
    for id_, placed in plan.placements.items():
        at = offsets.get(id_, 0)
        placements[id_] = tuple(replace(each, memory="L2", offset=at) for each in placed)
        top = max(top, at + size[id_])
    return replace(
        plan, order=tuple(k.id for k in problem.kernels), aliases=aliases, placements=placements, l2_peak=top
    )


def run(text: str, short: int = 0, check: bool = True) -> tuple[Comparison, Plan, Problem]:
    """Plans the chain by hand, lowers, checks and executes it beside the chain as it is."""
    with new_context(allow_unregistered=True), ir.Location.unknown():
        module = ir.Module.parse(text)
        FillWeights(1).run(module)
        reference = clone(module)
        FormKernels(fuse="activation", overlap="safe").run(module)
        Bufferize().run(module)
        pack = Pack(l2=1 << 24, alignment=1)
        problem = extract(module, target_function(module), *pack.memories())
        plan = by_hand(problem, short)
        pack.write(module, target_function(module), problem, plan)
        for each in (Materialize(), LowerKernels()):
            each.run(module)
        if check:
            Check().run(module)
        made = compare(module, reference, "main", lambda program, count, _: make_inputs(program, count, {}, 3))
        return made, plan, problem


@st.composite
def chains(draw: st.DrawFn) -> str:
    """Convolutions, depthwise ones and pools after each other, int8 with a rescale each."""
    shape = (draw(st.integers(1, 2)), draw(st.integers(5, 12)), draw(st.integers(5, 9)), draw(st.integers(1, 4)))
    first, lines, value = shape, [], "%x"
    for k in range(draw(st.integers(1, 4))):
        value, shape, made = layer(draw, k, value, shape)
        lines += made
    body = "\n".join(lines)
    return f"""func.func @main(%x: tensor<{"x".join(map(str, first))}xi8>) -> tensor<{"x".join(map(str, shape))}xi8> {{
      %z = "tosa.const"() {{values = dense<3> : tensor<1xi8>}} : () -> tensor<1xi8>
      %z32 = "tosa.const"() {{values = dense<0> : tensor<1xi32>}} : () -> tensor<1xi32>
      {body}
      return {value} : tensor<{"x".join(map(str, shape))}xi8>
    }}"""


def layer(draw: st.DrawFn, k: int, value: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...], list[str]]:
    kind = draw(st.sampled_from(["conv2d", "conv2d", "depthwise_conv2d", "max_pool2d", "avg_pool2d"]))
    kernel, stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    dilation = dilation if "conv" in kind else 1
    reach = (kernel - 1) * dilation + 1
    pads, size = [], []
    for extent in shape[1:3]:
        low = draw(st.integers(0, reach - 1 if "conv" in kind else kernel - 1))
        high = next(
            h for h in range(reach + stride) if extent + low + h >= reach and (extent + low + h - reach) % stride == 0
        )
        if "pool" in kind and high >= kernel:  # a pool's window must see an element
            return layer(draw, k, value, shape)
        pads += [low, high]
        size.append((extent + low + high - reach) // stride + 1)
    n, _, _, c = shape
    made = draw(st.integers(1, 4)) if kind == "conv2d" else c * draw(st.integers(1, 2)) if "depth" in kind else c
    out = (n, *size, made)
    types = [f"tensor<{'x'.join(map(str, each))}xi8>" for each in (shape, out)]
    at = f"pad = array<i64: {', '.join(map(str, pads))}>, stride = array<i64: {stride}, {stride}>"
    if "pool" in kind:
        at = f"kernel = array<i64: {kernel}, {kernel}>, {at}"
        more = (f"acc_type = i32, {at}", ", %z, %z", ", tensor<1xi8>, tensor<1xi8>") if "avg" in kind else (at, "", "")
        line = f"%v{k} = tosa.{kind} {value}{more[1]} {{{more[0]}}} : ({types[0]}{more[2]}) -> {types[1]}"
        return f"%v{k}", out, [line]
    taps = (kernel, kernel, c, made // c) if "depth" in kind else (made, kernel, kernel, c)
    weights, wide = f"tensor<{'x'.join(map(str, taps))}xi8>", f"tensor<{'x'.join(map(str, out))}xi32>"
    lines = [
        f'%w{k} = "tosa.const"() {{values = dense_resource<__elided__> : {weights}}} : () -> {weights}',
        f'%b{k} = "tosa.const"() {{values = dense<7> : tensor<{made}xi32>}} : () -> tensor<{made}xi32>',
        f'%m{k} = "tosa.const"() {{values = dense<1518500250> : tensor<1xi32>}} : () -> tensor<1xi32>',
        f'%s{k} = "tosa.const"() {{values = dense<37> : tensor<1xi8>}} : () -> tensor<1xi8>',
        f"%a{k} = tosa.{kind} {value}, %w{k}, %b{k}, %z, %z {{acc_type = i32, {at}, "
        f"dilation = array<i64: {dilation}, {dilation}>}} : ({types[0]}, {weights}, tensor<{made}xi32>, tensor<1xi8>, "
        f"tensor<1xi8>) -> {wide}",
        f"%v{k} = tosa.rescale %a{k}, %m{k}, %s{k}, %z32, %z {{input_unsigned = false, output_unsigned = false, "
        f"per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true}} : ({wide}, tensor<1xi32>, tensor<1xi8>, "
        f"tensor<1xi32>, tensor<1xi8>) -> {types[1]}",
    ]
    return f"%v{k}", out, lines


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(chains())
def test_chains_with_every_overlap_taken(text: str) -> None:
    made, plan, _ = run(text)
    assert made.difference is None, made.difference
    assert made.poisoned >= len(plan.order)


CONV = """func.func @main(%x: tensor<1x12x8x4xi8>) -> tensor<1x12x8x4xi8> {
  %z = "tosa.const"() {values = dense<3> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %w = "tosa.const"() {values = dense_resource<__elided__> : tensor<4x3x3x4xi8>} : () -> tensor<4x3x3x4xi8>
  %b = "tosa.const"() {values = dense<7> : tensor<4xi32>} : () -> tensor<4xi32>
  %m = "tosa.const"() {values = dense<1518500250> : tensor<1xi32>} : () -> tensor<1xi32>
  %s = "tosa.const"() {values = dense<37> : tensor<1xi8>} : () -> tensor<1xi8>
  %a = tosa.conv2d %x, %w, %b, %z, %z {acc_type = i32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>,
    dilation = array<i64: 1, 1>} : (tensor<1x12x8x4xi8>, tensor<4x3x3x4xi8>, tensor<4xi32>, tensor<1xi8>, tensor<1xi8>)
    -> tensor<1x12x8x4xi32>
  %v = tosa.rescale %a, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false,
    rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x12x8x4xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>,
    tensor<1xi8>) -> tensor<1x12x8x4xi8>
  return %v : tensor<1x12x8x4xi8>
}"""
ROW = 8 * 4


def test_a_convolution_lies_one_row_below_its_operand() -> None:
    made, plan, problem = run(CONV)
    assert [each.distance for each in problem.overlaps] == [ROW]
    assert plan.l2_peak == 12 * ROW + ROW
    assert made.difference is None


@pytest.mark.parametrize("short", [1, ROW // 2, ROW])
def test_a_distance_too_small_shows_when_executed(short: int) -> None:
    made, _, _ = run(CONV, short, check=False)
    assert made.difference is not None


def test_the_checker_refuses_a_distance_too_small() -> None:
    with pytest.raises(LocatedError, match=r"which it reads, 31 B above; 'l2.overlap' wants 32 B"):
        run(CONV, short=1)


POINTWISE = """func.func @main(%x: tensor<1x4x6x5xf32>) -> tensor<1x7x6x5xf32> {
  %w = arith.constant dense_resource<__elided__> : tensor<7x4x1x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x7x6x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x7x6x5xf32>) -> tensor<1x7x6x5xf32>
  %0 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
    ins(%x, %w : tensor<1x4x6x5xf32>, tensor<7x4x1x1xf32>) outs(%f : tensor<1x7x6x5xf32>) -> tensor<1x7x6x5xf32>
  return %0 : tensor<1x7x6x5xf32>
}"""


def test_channels_first_a_pointwise_convolution_starts_where_its_operand_does() -> None:
    made, plan, problem = run(POINTWISE)
    [overlap] = [each for each in problem.overlaps if each.source == "b0"]
    assert (overlap.distance, overlap.exact) == (0, True)
    assert plan.l2_peak == 7 * 6 * 5 * 4  # the result alone: rows of its first 4 channels lie where the operand's do
    assert made.difference is None


def test_no_other_distance_is_sound_there() -> None:
    made, _, _ = run(POINTWISE, short=-4, check=False)
    assert made.difference is not None
    with pytest.raises(LocatedError, match="its body wants 720 B between them, not 0 B"):
        run(POINTWISE, short=-4)


MODELS = Path(__file__).parents[1] / "models"


@pytest.mark.parametrize(
    ("model", "before", "after"),
    [
        ("mlperf_ic_resnet8.mlirbc", 49152, 33280),
        ("mlperf_kws_dscnn.mlirbc", 16000, 9280),
        ("mlperf_vww_mobilenetv1_025_96.mlirbc", 55296, 37248),
        ("mobilenet_v2_100_224.mlir", 1505280, 1204224),
    ],
)
def test_networks_with_overlaps_planned(model: str, before: int, after: int) -> None:
    with new_context(allow_unregistered=True), ir.Location.unknown():
        module = ir.Module.parse((MODELS / model).read_bytes())
        FillWeights(1).run(module)
        reference = clone(module)
        assert plan_model(str(MODELS / model), {"l2": "2MB"}, {}).plan.l2_peak == before
        pipelines.run(module, pipeline(PACK, {"l2": "2MB", "overlap": "safe"}), Collector(model))
        assert target_function(module).attributes["l2.plan"]["peak"].value <= after
        made = compare(module, reference, "main", lambda program, count, _: make_inputs(program, count, {}, 3))
    assert made.difference is None, made.difference
