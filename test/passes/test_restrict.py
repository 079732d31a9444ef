"""A backend that can do less says so in the table, and the choices go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from l2opt import dialect
from l2opt.errors import UsageError
from l2opt.mlir import ir
from l2opt.passes import ops
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.extract import extract
from l2opt.passes.form_kernels import FormKernels
from l2opt.passes.functions import target_function
from l2opt.passes.pack import Pack
from l2opt.plan import Problem

RESTRICTED = ("tosa.concat", "tosa.abs", "tosa.clz")


@pytest.fixture(autouse=True)
def unrestricted() -> Iterator[None]:
    yield
    for name in RESTRICTED:
        ops.restrict(name)


def problem(axis: int) -> Problem:
    """Two operands, made by tosa.abs and tosa.clz, concatenated along `axis` and read by tosa.abs."""
    whole = "x".join(str(4 * (1 + (k == axis))) for k in range(2))
    text = f"""
    func.func @main(%x: tensor<4x4xi8>) -> tensor<{whole}xi8> {{
      %a = tosa.abs %x : (tensor<4x4xi8>) -> tensor<4x4xi8>
      %b = tosa.clz %x : (tensor<4x4xi8>) -> tensor<4x4xi8>
      %c = tosa.concat %a, %b {{axis = {axis} : i32}} : (tensor<4x4xi8>, tensor<4x4xi8>) -> tensor<{whole}xi8>
      %d = tosa.bitwise_not %c : (tensor<{whole}xi8>) -> tensor<{whole}xi8>
      return %d : tensor<{whole}xi8>
    }}"""
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        FormKernels(fuse="none").run(module)
        Bufferize().run(module)
        return extract(module, target_function(module), *Pack().memories())


def test_both_operands_may_lie_in_the_result() -> None:
    assert [(choice.offset, choice.extent) for choice in problem(1).within] == [(0, 28), (4, 28)]
    assert [(choice.offset, choice.extent) for choice in problem(0).within] == [(0, 16), (16, 16)]


def test_a_concat_that_must_copy_offers_nothing() -> None:
    ops.restrict("tosa.concat", moves=None)
    assert problem(1).within == ()


def test_what_cannot_write_with_gaps_may_still_write_a_part_without() -> None:
    ops.restrict("tosa.abs", strided_writes=False)
    assert [choice.offset for choice in problem(1).within] == [4]
    assert [choice.offset for choice in problem(0).within] == [0, 16]


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(UsageError, match="want fields of Traits"):
        ops.restrict("tosa.clz", strided=False)
