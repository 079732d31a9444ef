"""Cells of irregular integer networks as TOSA text: branches of convolutions, joined by a concatenation that a narrow
convolution reads, as in SwiftNet's and DARTS' searched cells. Weights are elided. Deterministic in their arguments."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

__all__ = ["CELLS", "darts", "swiftnet"]

Shape = tuple[int, int, int]  # rows, columns, channels


def _x(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


@dataclass
class _Text:
    """Lines of a function's body; a value is its name and shape."""

    lines: list[str] = field(default_factory=list)

    def conv(
        self, value: tuple[str, Shape], channels: int, kernel: int = 1, depthwise: bool = False
    ) -> tuple[str, Shape]:
        name, (rows, columns, before) = value
        k, pad = len(self.lines), kernel // 2
        made = before if depthwise else channels
        taps = (kernel, kernel, before, 1) if depthwise else (made, kernel, kernel, before)
        weights, kind = f"tensor<{_x(taps)}xi8>", "depthwise_conv2d" if depthwise else "conv2d"
        source, wide, out = (f"tensor<1x{rows}x{columns}x{c}" for c in (before, made, made))
        self.lines.append(f"""
  %w{k} = "tosa.const"() {{values = dense_resource<__elided__> : {weights}}} : () -> {weights}
  %b{k} = "tosa.const"() {{values = dense_resource<__elided__> : tensor<{made}xi32>}} : () -> tensor<{made}xi32>
  %a{k} = tosa.{kind} {name}, %w{k}, %b{k}, %z, %z {{acc_type = i32, pad = array<i64: {pad}, {pad}, {pad}, {pad}>,
    stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}}
    : ({source}xi8>, {weights}, tensor<{made}xi32>, tensor<1xi8>, tensor<1xi8>) -> {wide}xi32>
  %v{k} = tosa.rescale %a{k}, %m, %s, %z32, %z {{input_unsigned = false, output_unsigned = false, per_channel = false,
    rounding_mode = SINGLE_ROUND, scale32 = true}}
    : ({wide}xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> {out}xi8>""")
        return f"%v{k}", (rows, columns, made)

    def separable(self, value: tuple[str, Shape], channels: int) -> tuple[str, Shape]:
        return self.conv(self.conv(value, 0, 3, depthwise=True), channels)

    def joined(self, op: str, values: list[tuple[str, Shape]], channels: int) -> tuple[str, Shape]:
        rows, columns, _ = values[0][1]
        name, out = f"%v{len(self.lines)}", (rows, columns, channels)
        types = ", ".join(f"tensor<1x{_x(shape)}xi8>" for _, shape in values)
        names, (head, _, attributes) = ", ".join(each for each, _ in values), op.partition(" ")
        self.lines.append(f"  {name} = tosa.{head} {names} {attributes} : ({types}) -> tensor<1x{_x(out)}xi8>")
        return name, out

    def concat(self, values: list[tuple[str, Shape]]) -> tuple[str, Shape]:
        return self.joined("concat {axis = 3 : i32}", values, sum(shape[2] for _, shape in values))

    def maximum(self, a: tuple[str, Shape], b: tuple[str, Shape]) -> tuple[str, Shape]:
        return self.joined("maximum", [a, b], a[1][2])

    def function(self, first: Shape, last: tuple[str, Shape]) -> str:
        body = "\n".join(self.lines)
        return f"""func.func @main(%x: tensor<1x{_x(first)}xi8>) -> tensor<1x{_x(last[1])}xi8> {{
  %z = "tosa.const"() {{values = dense<3> : tensor<1xi8>}} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {{values = dense<0> : tensor<1xi32>}} : () -> tensor<1xi32>
  %m = "tosa.const"() {{values = dense<1518500250> : tensor<1xi32>}} : () -> tensor<1xi32>
  %s = "tosa.const"() {{values = dense<38> : tensor<1xi8>}} : () -> tensor<1xi8>
{body}
  return {last[0]} : tensor<1x{_x(last[1])}xi8>
}}"""


def swiftnet(seed: int, branches: int, side: int = 28, width: int = 24) -> str:
    """Branches of unlike widths, some of them from one another, joined and brought back to few channels."""
    draw, text = random.Random(f"swiftnet {seed} {branches} {side}"), _Text()
    first = (side, side, width)
    values = [("%x", first)]
    loose = []
    for _ in range(branches):
        source = draw.choice(values[:3])
        made = text.separable(source, draw.choice([16, 24, 32, 48]))
        values.append(made)
        loose = [*(each for each in loose if each != source), made]
    return text.function(first, text.conv(text.concat(loose), width // 2))


def darts(nodes: int, side: int = 28, width: int = 32) -> str:
    """Nodes that take the larger of two separable convolutions, joined; the next cell's pointwise convolution."""
    text = _Text()
    first = (side, side, width)
    stem = text.conv(("%x", first), width)
    made = [stem]
    for _ in range(nodes):
        made.append(text.maximum(text.separable(stem, width), text.separable(made[-1], width)))
    return text.function(first, text.conv(text.concat(made[1:]), width // 4))


CELLS: dict[str, str] = {
    **{f"SwiftNet-like, {n} branches, {seed}": swiftnet(seed, n) for n in (6, 10, 14) for seed in range(3)},
    **{f"DARTS-like, {n} nodes": darts(n) for n in (4, 6, 8)},
}
