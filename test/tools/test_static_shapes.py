"""Shapes that converters leave dynamic: inferred again from static inputs, or an error that names the operation."""

from __future__ import annotations

import pytest

from l2opt.errors import L2OptError
from l2opt.passes.diagnostics import Collector
from l2opt.tools import source
from l2opt.tools.repair import needs_repair, repaired
from l2opt.tools.source import Source
from l2opt.tools.static_shapes import with_static_shapes

PACK = """
func.func @main(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) -> tensor<?x3x2xf32> {
  %0 = "tfl.pack"(%a, %b) <{axis = AXIS : i32, values_count = 2 : i32}>
    : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<?x3x2xf32>
  %1 = tosa.abs %0 : (tensor<?x3x2xf32>) -> tensor<?x3x2xf32>
  return %1 : tensor<?x3x2xf32>
}"""
BRANCH = """
func.func @main(%c: i1, %a: tensor<4xf32>) -> tensor<?xf32> {
  %0 = scf.if %c -> (tensor<?xf32>) {
    %1 = math.absf %a : tensor<4xf32>
    %2 = tensor.cast %1 : tensor<4xf32> to tensor<?xf32>
    scf.yield %2 : tensor<?xf32>
  } else {
    %3 = tensor.cast %a : tensor<4xf32> to tensor<?xf32>
    scf.yield %3 : tensor<?xf32>
  }
  %4 = tosa.exp %0 : (tensor<?xf32>) -> tensor<?xf32>
  return %4 : tensor<?xf32>
}"""
VALUES = """
func.func @main(%n: index, %a: tensor<4xf32>) -> tensor<?xf32> {
  %0 = tensor.extract_slice %a[0] [%n] [1] : tensor<4xf32> to tensor<?xf32>
  return %0 : tensor<?xf32>
}"""


def shown(data: bytes) -> str:
    with source.new_context(True) as context:
        return str(source.parse(Source("m", data), context, Collector("m")))


@pytest.mark.parametrize("axis", ["-1", "2"])
def test_values_packed_along_a_new_dimension_are_joined(axis: str) -> None:
    text = shown(with_static_shapes("m", repaired("m", PACK.replace("AXIS", axis).encode())))
    assert "tfl." not in text
    assert text.count("tosa.reshape") == 2
    assert "{axis = 2 : i32} : (tensor<2x3x1xf32>, tensor<2x3x1xf32>) -> tensor<2x3x2xf32>" in text
    assert "-> tensor<2x3x2xf32> {" in text.splitlines()[1]
    assert "?" not in text


def test_values_of_dynamic_shape_are_not_joined() -> None:
    packed = PACK.replace("AXIS", "2").replace("2x3xf32", "?x3xf32")
    assert "tfl.pack" in shown(repaired("m", packed.encode()))
    with pytest.raises(L2OptError, match=r"m: 'tfl\.pack' has a result of dynamic shape, tensor<\?x3x2xf32>"):
        with_static_shapes("m", repaired("m", packed.encode()))


def test_branches_and_functions_return_what_was_inferred() -> None:
    text = shown(with_static_shapes("m", BRANCH.encode()))
    assert "?" not in text
    assert "scf.if %arg0 -> (tensor<4xf32>)" in text
    assert "tosa.exp %0 : (tensor<4xf32>) -> tensor<4xf32>" in text


def test_an_operation_that_infers_no_shape_is_named() -> None:
    with pytest.raises(L2OptError, match=r"m: 'math\.exp' has a result of dynamic shape, tensor<\?xf32>"):
        with_static_shapes("m", BRANCH.replace("tosa.exp", "math.exp").replace("(tensor<?xf32>) -> ", "").encode())


def test_branches_of_different_shapes_are_an_error() -> None:
    other = BRANCH.replace("%3 = tensor.cast %a : tensor<4xf32>", "%3 = tensor.cast %b : tensor<5xf32>")
    other = other.replace("%a: tensor<4xf32>)", "%a: tensor<4xf32>, %b: tensor<5xf32>)")
    with pytest.raises(L2OptError, match=r"m: 'scf\.if' has a result of dynamic shape, tensor<\?xf32>"):
        with_static_shapes("m", other.encode())


def test_a_shape_that_depends_on_values_is_an_error() -> None:
    with pytest.raises(L2OptError, match=r"m: 'tensor\.extract_slice' has .* it depends on values"):
        with_static_shapes("m", VALUES.encode())


def test_static_modules_are_left_as_they_are() -> None:
    data = b"func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n  return %a : tensor<4xf32>\n}\n"
    assert with_static_shapes("m", data) is data
    assert not needs_repair(data)


def test_names_that_only_contain_what_is_repaired_need_no_repair() -> None:
    assert not needs_repair(b"ML\xefR\x00unpack\x00packed\x00")
    assert needs_repair(b"ML\xefR\x00pack\x00")
