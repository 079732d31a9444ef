"""Distances between a kernel's result and an operand: never below, and nearly always at, what the definition gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import inf, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.mlir import ir
from l2opt.passes.form_kernels import FormKernels
from l2opt.passes.functions import KERNEL, functions
from l2opt.passes.iteration import Cut
from l2opt.passes.ops import reach
from l2opt.tools.source import new_context

Shape = tuple[int, ...]
Index = tuple[int, ...]


@pytest.fixture(scope="module")
def context() -> Iterator[ir.Context]:
    with new_context(allow_unregistered=True) as made, ir.Location.unknown():
        yield made


def declared(text: str) -> tuple[dict[int, int], Cut]:
    """Operand -> distance of the only kernel of a function, and how its result is cut."""
    module = ir.Module.parse(text)
    FormKernels(fuse="none", overlap="safe").run(module)
    [kernel] = [fn for fn in functions(module) if KERNEL in fn.attributes]
    if "l2.overlap" not in kernel.attributes:
        return {}, Cut(0)
    triples = [list(each) for each in kernel.attributes["l2.overlap"]]
    return {read: least for _, read, least in triples}, Cut.read(kernel.attributes["l2.parts"])


def flat(index: Index, shape: Shape) -> int:
    return sum(i * prod(shape[d + 1 :]) for d, i in enumerate(index))


def by_definition(out: Shape, source: Shape, cut: Cut, reads: Callable[[Index], Iterator[Index]]) -> float:
    """The least distance in elements, element by element: parts in order, each written after all of its reads."""
    if cut.dim is not None:
        return 0 if is_sound_at_0(out, source, cut.dim, reads) else inf
    parts = cut.parts
    size = prod(out) // parts
    first: list[float] = [inf] * parts
    for element in product(*map(range, out)):
        part = flat(element, out) // size
        for index in reads(element):
            if all(0 <= i < n for i, n in zip(index, source, strict=True)):
                first[part] = min(first[part], flat(index, source))
    least = 0.0
    for r in range(parts):
        for later in range(r + 1, parts):
            least = max(least, (r + 1) * size - first[later])
    return least


def is_sound_at_0(out: Shape, source: Shape, dim: int, reads: Callable[[Index], Iterator[Index]]) -> bool:
    """Whether, part by part along `dim`, nothing is read where an earlier part has written, both from the same byte."""
    written: dict[int, int] = {flat(element, out): element[dim] for element in product(*map(range, out))}
    for element in product(*map(range, out)):
        for index in reads(element):
            inside = all(0 <= i < n for i, n in zip(index, source, strict=True))
            if inside and written.get(flat(index, source), element[dim]) < element[dim]:
                return False
    return True


@st.composite
def windows(draw: st.DrawFn) -> dict[str, tuple[int, ...]]:
    """A window over rows and columns that tosa takes: sizes divide evenly by the stride."""
    found: dict[str, list[int]] = {name: [] for name in ("kernel", "stride", "dilation", "low", "high", "size", "out")}
    for _ in range(2):
        kernel, stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        low, high, out = draw(st.integers(0, kernel - 1)), draw(st.integers(0, kernel - 1)), draw(st.integers(1, 6))
        size = (out - 1) * stride + (kernel - 1) * dilation + 1 - low - high
        if size < 1:
            low, size = 0, (out - 1) * stride + (kernel - 1) * dilation + 1
            high = 0
        for name, value in zip(found, (kernel, stride, dilation, low, high, size, out), strict=True):
            found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}


def conv(w: dict[str, tuple[int, ...]], batch: int, channels: int, made: int, depthwise: bool) -> str:
    x = f"tensor<{batch}x{w['size'][0]}x{w['size'][1]}x{channels}xf32>"
    out = f"tensor<{batch}x{w['out'][0]}x{w['out'][1]}x{channels * made if depthwise else made}xf32>"
    taps = (*w["kernel"], channels, made) if depthwise else (made, *w["kernel"], channels)
    weights = f"tensor<{'x'.join(map(str, taps))}xf32>"
    bias = f"tensor<{channels * made if depthwise else made}xf32>"
    pads = f"{w['low'][0]}, {w['high'][0]}, {w['low'][1]}, {w['high'][1]}"
    name = "depthwise_conv2d" if depthwise else "conv2d"
    return f"""func.func @main(%x: {x}, %w: {weights}, %b: {bias}) -> {out} {{
      %z = "tosa.const"() {{values = dense<0.0> : tensor<1xf32>}} : () -> tensor<1xf32>
      %0 = tosa.{name} %x, %w, %b, %z, %z {{acc_type = f32, pad = array<i64: {pads}>,
        stride = array<i64: {w["stride"][0]}, {w["stride"][1]}>,
        dilation = array<i64: {w["dilation"][0]}, {w["dilation"][1]}>}}
        : ({x}, {weights}, {bias}, tensor<1xf32>, tensor<1xf32>) -> {out}
      return %0 : {out}
    }}"""


@settings(deadline=None, max_examples=150)
@given(windows(), st.integers(1, 2), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_distance_of_a_convolution(
    context: ir.Context, w: dict[str, tuple[int, ...]], batch: int, channels: int, made: int, depthwise: bool
) -> None:
    out = (batch, *w["out"], channels * made if depthwise else made)
    source = (batch, *w["size"], channels)

    def reads(element: Index) -> Iterator[Index]:
        n, *place, c = element
        for tap in product(*map(range, w["kernel"])):
            row, column = (place[d] * w["stride"][d] - w["low"][d] + tap[d] * w["dilation"][d] for d in (0, 1))
            for channel in [c // made] if depthwise else range(channels):
                yield n, row, column, channel

    found, cut = declared(conv(w, batch, channels, made, depthwise))
    if 0 not in found:  # then no number of parts lets them overlap
        rows = [batch, batch * w["out"][0], batch * w["out"][0] * w["out"][1]]
        cuts = [Cut(n) for n in rows if n > 1 and w["dilation"] == (1, 1)]
        assert all(by_definition(out, source, cut, reads) >= prod(out) for cut in cuts)
        return
    least = by_definition(out, source, cut, reads)
    assert found[0] >= 4 * least
    if w["dilation"] == (1, 1):
        assert found[0] == 4 * least


@settings(deadline=None, max_examples=60)
@given(windows(), st.integers(1, 2), st.integers(1, 3))
def test_distance_of_a_pool(context: ir.Context, w: dict[str, tuple[int, ...]], batch: int, channels: int) -> None:
    size = tuple((w["out"][d] - 1) * w["stride"][d] + w["kernel"][d] for d in (0, 1))
    source, out = (batch, *size, channels), (batch, *w["out"], channels)
    types = [f"tensor<{'x'.join(map(str, shape))}xi8>" for shape in (source, out)]

    def reads(element: Index) -> Iterator[Index]:
        n, *place, c = element
        for tap in product(*map(range, w["kernel"])):
            yield n, place[0] * w["stride"][0] + tap[0], place[1] * w["stride"][1] + tap[1], c

    found, cut = declared(f"""func.func @main(%x: {types[0]}) -> {types[1]} {{
      %0 = tosa.max_pool2d %x {{kernel = array<i64: {w["kernel"][0]}, {w["kernel"][1]}>, pad = array<i64: 0, 0, 0, 0>,
        stride = array<i64: {w["stride"][0]}, {w["stride"][1]}>}} : ({types[0]}) -> {types[1]}
      return %0 : {types[1]}
    }}""")
    if 0 in found:
        assert found[0] == by_definition(out, source, cut, reads)


@settings(deadline=None, max_examples=60)
@given(*[st.integers(1, 4)] * 3, st.integers(1, 2), st.integers(1, 2), st.booleans())
def test_distance_of_a_convolution_with_channels_first(
    context: ir.Context, channels: int, made: int, size: int, kernel: int, stride: int, last: bool
) -> None:
    """Windows along rows; `last`: along columns."""
    extent = (size - 1) * stride + kernel
    shapes = [(1, channels, extent, 3), (1, made, size, 3)]
    if last:
        shapes = [(n, c, w, h) for n, c, h, w in shapes]
    types = [f"tensor<{'x'.join(map(str, shape))}xf32>" for shape in shapes]
    taps = f"tensor<{made}x{channels}x{'1x' if last else ''}{kernel}x{'' if last else '1x'}f32>"
    strides = f"dense<[{'1, ' if last else ''}{stride}{'' if last else ', 1'}]> : tensor<2xi64>"

    def reads(element: Index) -> Iterator[Index]:
        n, _, *place = element
        for tap, channel in product(range(kernel), range(channels)):
            at = place[last] * stride + tap
            yield (n, channel, place[0], at) if last else (n, channel, at, place[1])

    found, cut = declared(f"""func.func @main(%x: {types[0]}) -> {types[1]} {{
      %w = arith.constant dense<1.0> : {taps}
      %z = arith.constant 0.0 : f32
      %e = tensor.empty() : {types[1]}
      %o = linalg.fill ins(%z : f32) outs(%e : {types[1]}) -> {types[1]}
      %0 = linalg.conv_2d_nchw_fchw {{dilations = dense<1> : tensor<2xi64>, strides = {strides}}}
        ins(%x, %w : {types[0]}, {taps}) outs(%o : {types[1]}) -> {types[1]}
      return %0 : {types[1]}
    }}""")
    if 0 in found:
        assert found[0] == 4 * by_definition(shapes[1], shapes[0], cut, reads)
    if kernel == stride == 1 and made > 1:  # then both take no more than the larger one
        assert found[0] + 4 * prod(shapes[0]) <= 4 * max(map(prod, shapes))


def test_matmul_overlaps_the_rows_that_it_contracts(context: ir.Context) -> None:
    found, cut = declared("""func.func @main(%x: tensor<1x8x4xf32>, %w: tensor<1x4x6xf32>) -> tensor<1x8x6xf32> {
      %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
      %0 = tosa.matmul %x, %w, %z, %z : (tensor<1x8x4xf32>, tensor<1x4x6xf32>,
        tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x6xf32>
      return %0 : tensor<1x8x6xf32>
    }""")
    assert (found[0], cut) == ((7 * 6 - 7 * 4) * 4, Cut(8))  # row 6 is written, row 7 still to be read
    assert found[1] == 7 * 6 * 4  # all of the second operand is read for the last row


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            "tosa.transpose %x {perms = array<i32: 0, 2, 1, 3>} : (T) -> T",
            "each part reads the first bytes' neighbours",
        ),
        ('"mydialect.blur"(%x) : (T) -> T', "nothing is known of it"),
        ("tosa.reverse %x {axis = 1 : i32} : (T) -> T", "the last part reads the first bytes"),
    ],
)
def test_what_does_not_overlap(context: ir.Context, body: str, why: str) -> None:
    type_ = "tensor<1x6x6x1xf32>"
    found, _ = declared(
        f"func.func @main(%x: {type_}) -> {type_} {{\n%0 = {body}\nreturn %0 : {type_}\n}}".replace(
            "T)", f"{type_})"
        ).replace("-> T\n", f"-> {type_}\n")
    )
    assert found.get(0, 6 * 6 * 4) >= (6 * 5 - 5) * 4, why


def test_a_table_can_be_restricted_and_extended(context: ir.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_EXTENSIONS", {})
    text = """func.func @main(%x: tensor<1x8x4xf32>) -> tensor<1x8x4xf32> {
      %0 = "mydialect.blur"(%x) : (tensor<1x8x4xf32>) -> tensor<1x8x4xf32>
      return %0 : tensor<1x8x4xf32>
    }"""
    assert declared(text) == ({}, Cut(0))
    reach.register("mydialect.blur", lambda op, boxes: {0: boxes})
    assert declared(text) == ({0: 0}, Cut(8))
    reach.register("mydialect.blur", None)
    assert declared(text) == ({}, Cut(0))
