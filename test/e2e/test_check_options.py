"""What any combination of options packs is read back from its text, and certified by the checker of IR; a result over
its operand is a fault under each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.execution import kernel_calls
from l2opt.passes.functions import target_function
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.source import new_context

T = "tensor<1x8x8x4xf32>"


def convolution(name: str, source: str) -> str:
    return f"""  %{name} = tosa.conv2d {source}, %w, %b, %z, %z {{acc_type = f32, dilation = array<i64: 1, 1>,
    pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}}
    : ({T}, tensor<4x1x1x4xf32>, tensor<4xf32>, tensor<1xf32>, tensor<1xf32>) -> {T}
"""


# %a is read again at the end, %y at two places far from each other.
NETWORK = f"""func.func @main(%x: {T}, %y: {T}) -> ({T}, {T}) {{
  %w = "tosa.const"() {{values = dense<0.5> : tensor<4x1x1x4xf32>}} : () -> tensor<4x1x1x4xf32>
  %b = "tosa.const"() {{values = dense<0.25> : tensor<4xf32>}} : () -> tensor<4xf32>
  %z = "tosa.const"() {{values = dense<0.0> : tensor<1xf32>}} : () -> tensor<1xf32>
{convolution("a", "%x")}{convolution("c", "%a")}  %m = tosa.maximum %c, %y : ({T}, {T}) -> {T}
{convolution("d", "%m")}{convolution("e", "%d")}  %n = tosa.maximum %e, %a : ({T}, {T}) -> {T}
  %o = tosa.minimum %n, %y : ({T}, {T}) -> {T}
  return %o, %m : {T}, {T}
}}
"""
SPACES = [("1", "0"), ('"near"', '"far"'), ("#gpu.address_space<workgroup>", "7"), ('{a = 1, b = "x"}', "0")]
KEYS = ("arena", "dma", "io", "weights", "l2")
EVERY = [("argument", "alloc"), ("sync", "async"), ("l2", "ddr"), ("ddr", "l2", "auto"), ("2500",)]


@pytest.mark.parametrize("spaces", SPACES)
@pytest.mark.parametrize("operands", ["false", '"tensors"', "true"])
def test_packed_files_of_all_options_are_sound_and_a_wrong_place_is_not(
    tmp_path: Path, spaces: tuple[str, str], operands: str
) -> None:
    (tmp_path / "t.toml").write_text(f"operands_in_l2 = {operands}\n")
    for chosen in product(*EVERY):
        values = dict(zip(KEYS, chosen, strict=True))
        values |= {"target": str(tmp_path / "t.toml"), "l2-space": spaces[0], "ddr-space": spaces[1]}
        if operands != "false":
            values["l2"] = "3400"  # three tensors, weights and a bias
        with new_context(allow_unregistered=True), ir.Location.unknown():
            text = packed(values)
            assert faults(ir.Module.parse(text)) == [], values
            mutant = ir.Module.parse(text)
            lay_over(mutant)
            assert faults(mutant), values


def packed(values: dict[str, str]) -> str:
    module = ir.Module.parse(NETWORK)
    for stage in pipeline(PACK, values):
        stage.run(module)
    return str(module)


def faults(module: ir.Module) -> list[str]:
    return [str(fault) for each in check_module(module) for fault in each.faults]


def lay_over(module: ir.Module) -> None:
    """Puts what the first kernel that may be so misled writes where it reads."""
    written, read = next(pairs(module))
    written.operands[1] = read.operands[1]


def pairs(module: ir.Module) -> Iterator[tuple[ir.Operation, ir.Operation]]:
    for call in kernel_calls(target_function(module)):
        (last,) = list(ir.DenseI64ArrayAttr(call.attributes["l2.writes"]))
        views = [None if isinstance(v.owner, ir.Block) else v.owner.operation for v in call.operands]
        written = views[last]
        for read in views[:last]:
            both = [each for each in (written, read) if each is not None and each.name == "memref.view"]
            same = len(both) == 2 and both[0].operands[0] == both[1].operands[0]
            if same and both[0].operands[1] != both[1].operands[1]:
                yield both[0], both[1]
