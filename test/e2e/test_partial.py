"""Partial convolutions: random convolutions of concatenations, each rewritten, executed beside what they were."""

from __future__ import annotations

import cells
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l2opt.mlir import ir
from l2opt.passes.diagnostics import Collector
from l2opt.passes.fill_weights import FillWeights
from l2opt.passes.functions import target_function
from l2opt.passes.pipeline import run
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs
from l2opt.tools.source import new_context


def tensor(shape: tuple[int, ...], element: str) -> str:
    return f"tensor<{'x'.join(map(str, shape))}x{element}>"


@st.composite
def networks(draw: st.DrawFn) -> str:
    """Branches of pools, joined and convolved once or twice; a branch may come in twice."""
    n, h, w = draw(st.integers(1, 2)), draw(st.integers(3, 6)), draw(st.integers(3, 6))
    lines, branches = [], []
    for k in range(draw(st.integers(2, 4))):
        shape = (n, h, w, draw(st.integers(1, 5)))
        branches.append((f"%x{k}", shape))
    arguments = ", ".join(f"{name}: {tensor(shape, 'i8')}" for name, shape in branches)
    pool = "{kernel = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}"
    for k, (name, shape) in enumerate(list(branches)):
        if draw(st.booleans()):
            type_ = tensor(shape, "i8")
            lines.append(f"%p{k} = tosa.max_pool2d {name} {pool} : ({type_}) -> {type_}")
            branches[k] = (f"%p{k}", shape)
    if draw(st.booleans()):
        branches.append(branches[0])
    channels = sum(shape[3] for _, shape in branches)
    types = ", ".join(tensor(shape, "i8") for _, shape in branches)
    joined = tensor((n, h, w, channels), "i8")
    lines.append(
        f"%c = tosa.concat {', '.join(name for name, _ in branches)} {{axis = 3 : i32}} : ({types}) -> {joined}"
    )
    results = [convolution(draw, k, lines, (n, h, w, channels)) for k in range(draw(st.integers(1, 2)))]
    body = "\n".join(lines)
    returned = ", ".join(type_ for _, type_ in results)
    return f"""func.func @main({arguments}) -> ({returned}) {{
      %z32 = "tosa.const"() {{values = dense<0> : tensor<1xi32>}} : () -> tensor<1xi32>
      {body}
      return {", ".join(name for name, _ in results)} : {returned}
    }}"""


def convolution(draw: st.DrawFn, k: int, lines: list[str], shape: tuple[int, ...]) -> tuple[str, str]:
    kernel, pad, made = draw(st.integers(1, 3)), draw(st.integers(0, 2)), draw(st.integers(1, 4))
    out = (shape[0], shape[1] + 2 * pad - kernel + 1, shape[2] + 2 * pad - kernel + 1, made)
    weights, wide = tensor((made, kernel, kernel, shape[3]), "i8"), tensor(out, "i32")
    bias = tensor((made,), "i32")
    points = draw(st.integers(-128, 127)), draw(st.integers(-128, 127)), draw(st.integers(-128, 127))
    for name, point in zip("xwo", points, strict=True):
        lines.append(f'%z{name}{k} = "tosa.const"() {{values = dense<{point}> : tensor<1xi8>}} : () -> tensor<1xi8>')
    lines += [
        f'%w{k} = "tosa.const"() {{values = dense_resource<__elided__> : {weights}}} : () -> {weights}',
        f'%b{k} = "tosa.const"() {{values = dense_resource<__elided__> : {bias}}} : () -> {bias}',
        f'%m{k} = "tosa.const"() {{values = dense<1518500250> : tensor<1xi32>}} : () -> tensor<1xi32>',
        f'%s{k} = "tosa.const"() {{values = dense<39> : tensor<1xi8>}} : () -> tensor<1xi8>',
        f"%a{k} = tosa.conv2d %c, %w{k}, %b{k}, %zx{k}, %zw{k} {{acc_type = i32, pad = array<i64: {pad}, {pad}, {pad}, "
        f"{pad}>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}} : ({tensor(shape, 'i8')}, {weights}, "
        f"tensor<{made}xi32>, tensor<1xi8>, tensor<1xi8>) -> {wide}",
        f"%v{k} = tosa.rescale %a{k}, %m{k}, %s{k}, %z32, %zo{k} {{input_unsigned = false, output_unsigned = false, "
        f"per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true}} : ({wide}, tensor<1xi32>, tensor<1xi8>, "
        f"tensor<1xi32>, tensor<1xi8>) -> {tensor(out, 'i8')}",
    ]
    return f"%v{k}", tensor(out, "i8")


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_partial_convolutions_change_no_bit(text: str) -> None:
    with new_context(allow_unregistered=True), ir.Location.unknown():
        module = ir.Module.parse(text)
        FillWeights(1).run(module)
        reference = clone(module)
        options = {"l2": "1MB", "rewrite": "partial", "rewrite-when": "always"}
        run(module, pipeline(PACK, options), Collector("-"))
        assert "tosa.concat" not in str(module)
        made = compare(module, reference, "main", lambda program, count, _: make_inputs(program, count, {}, 3))
    assert made.difference is None, made.difference


@pytest.mark.parametrize("text", [cells.swiftnet(0, 6, side=8), cells.darts(4, side=8)])
def test_cells_take_less_with_partial_convolutions(text: str) -> None:
    peaks = {}
    for rewrite in ("none", "partial"):
        with new_context(allow_unregistered=True), ir.Location.unknown():
            module = ir.Module.parse(text)
            FillWeights(1).run(module)
            reference = clone(module)
            run(module, pipeline(PACK, {"l2": "1MB", "rewrite": rewrite}), Collector("-"))
            peaks[rewrite] = target_function(module).attributes["l2.plan"]["peak"].value
            made = compare(module, reference, "main", lambda program, count, _: make_inputs(program, count, {}, 3))
        assert made.difference is None, made.difference
    assert peaks["partial"] <= 0.8 * peaks["none"]
