"""Arenas of a function, and views of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest

from l2opt.mlir import func, ir
from l2opt.passes.arena import Arenas, ArenaSpec, element_bytes
from l2opt.passes.diagnostics import LocatedError


@pytest.fixture(autouse=True)
def context() -> Iterator[None]:
    with ir.Context(), ir.Location.unknown():
        yield


def attach(text: str, mode: Literal["argument", "alloc"] = "argument") -> tuple[ir.Module, func.FuncOp, Arenas]:
    module = ir.Module.parse(text)
    fn = module.body.operations[0]
    specs = {"DDR": ArenaSpec(0), "L2": ArenaSpec(256, 1024, 64, ir.Attribute.parse("1"))}
    return module, fn, Arenas.attach(fn, specs, mode)


PLAIN = "func.func @main(%x: memref<4xi8> {test.keep}) { return }"


def test_arguments_come_after_the_former_ones_and_keep_their_attributes() -> None:
    _, fn, arenas = attach(PLAIN)
    assert [str(type_) for type_ in fn.type.inputs] == ["memref<4xi8>", "memref<256xi8, 1>", "memref<0xi8>"]
    assert [str(each) for each in fn.attributes["arg_attrs"]] == [
        "{test.keep}",
        '{l2.alignment = 64 : i64, l2.arena = "L2", l2.capacity = 1024 : i64}',
        '{l2.alignment = 64 : i64, l2.arena = "DDR"}',
    ]
    assert arenas.values["L2"] == fn.arguments[1]
    assert str(fn.attributes["l2.arenas"]["L2"]) == (
        "{alignment = 64 : i64, argument = 1 : i64, bytes = 256 : i64, capacity = 1024 : i64}"
    )


def test_allocations_leave_the_signature_alone() -> None:
    module, fn, _ = attach(PLAIN, "alloc")
    assert [str(type_) for type_ in fn.type.inputs] == ["memref<4xi8>"]
    assert [op.operation.name for op in fn.entry_block] == ["memref.alloc", "memref.alloc", "func.return"]
    assert "argument" not in fn.attributes["l2.arenas"]["DDR"]
    assert module.operation.verify()


@pytest.mark.parametrize("mode", ["argument", "alloc"])
def test_views_share_their_offsets_at_the_start(mode: Literal["argument", "alloc"]) -> None:
    module, fn, arenas = attach(PLAIN, mode)
    i8 = ir.IntegerType.get_signless(8)
    with ir.InsertionPoint.at_block_terminator(fn.entry_block):
        made = [arenas.view("L2", offset, [2, 32], i8) for offset in (64, 0, 64)]
    assert [str(view.type) for view in made] == ["memref<2x32xi8, 1>"] * 3
    assert sum(op.operation.name == "arith.constant" for op in fn.entry_block) == 2
    assert module.operation.verify()


def test_a_view_outside_of_its_arena_is_our_bug() -> None:
    _, fn, arenas = attach(PLAIN)
    with ir.InsertionPoint.at_block_terminator(fn.entry_block), pytest.raises(AssertionError, match=r"\[192, 320\)"):
        arenas.view("L2", 192, [128], ir.IntegerType.get_signless(8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("func.func private @main(memref<4xi8>)", "'@main' has no body"),
        ("func.func @main() { return }\nfunc.func @f() { call @main() : () -> () return }", "'func.call' uses '@main'"),
        ("func.func @main() { return }\nfunc.func @f() attributes {x = [{y = @main}]} { return }", "'func.func' uses"),
        ("func.func @main() attributes {l2.arenas = {}} { return }", "'@main' has arenas already"),
    ],
)
def test_functions_that_cannot_take_arenas(text: str, message: str) -> None:
    with pytest.raises(LocatedError, match=message):
        attach(text)


@pytest.mark.parametrize(
    ("element", "size"),
    [
        ("i1", 1),
        ("i4", 1),
        ("i24", 4),
        ("i48", 8),
        ("bf16", 2),
        ("f8E4M3FN", 1),
        ("index", 8),
        ("complex<f32>", 8),
        ("vector<3xi8>", 4),
        ("vector<2x3xf32>", 32),
    ],
)
def test_bytes_of_elements_are_those_that_llvm_lays_out(element: str, size: int) -> None:
    assert element_bytes(ir.Type.parse(element)) == size
