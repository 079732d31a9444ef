"""Places of diagnostics."""

from __future__ import annotations

import pytest

from l2opt.errors import Infeasible, L2OptError, UsageError
from l2opt.mlir import ir
from l2opt.passes.diagnostics import Collector, Diagnosed, LocatedError, exit_code, located


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ('"x.mlir":3:4', "x.mlir:3:4"),
        ('"-":3:4', "given:3:4"),
        ("unknown", "given"),
        ('"name"("x.mlir":3:4)', "x.mlir:3:4"),
        ('callsite("f"("x.mlir":3:4) at "y.mlir":5:6)', "x.mlir:3:4"),
        ('callsite(unknown at fused[unknown, "y.mlir":5:6])', "y.mlir:5:6"),
        ('fused<"pass">["x.mlir":3:4, "y.mlir":5:6]', "x.mlir:3:4"),
    ],
)
def test_place_is_the_first_file_position(location: str, place: str) -> None:
    collector = Collector("given")
    with ir.Context():
        where = ir.Module.parse(f"module {{}} loc({location})").operation.location
        collector.add_error(LocatedError(where, "bad"), ir.Location.unknown())
    assert list(collector.diagnostics[0].lines()) == [f"{place}: error: bad"]


def test_an_operation_or_value_gives_its_location() -> None:
    with ir.Context():
        module = ir.Module.parse('func.func @f(%a: i32 loc("v":1:2)) { return } loc("o":3:4)')
        function = module.body.operations[0]
        for where, place in ((function, "o:3:4"), (function.operation, "o:3:4"), (function.arguments[0], "v:1:2")):
            collector = Collector("m")
            collector.add_error(LocatedError(where, "bad", [(function, "here")]), ir.Location.unknown())
            assert list(collector.diagnostics[0].lines()) == [f"{place}: error: bad", "o:3:4: note: here"]


def test_located_keeps_the_exit_code_and_an_inner_place() -> None:
    with ir.Context():
        outer, inner = ir.Location.file("outer", 1, 1), ir.Location.file("inner", 2, 2)
        with pytest.raises(LocatedError) as caught, located(outer):
            raise Infeasible("too big")
        assert (exit_code(caught.value), str(caught.value)) == (3, "too big")
        with pytest.raises(LocatedError) as caught, located(outer), located(inner):
            raise UsageError("odd")
        assert caught.value.location == inner
        assert exit_code(caught.value) == 2


def test_reporting_turns_an_error_into_a_diagnostic() -> None:
    with ir.Context():
        collector = Collector("m")
        with pytest.raises(Diagnosed) as caught, collector.reporting(ir.Location.file("-", 7, 8)):
            raise L2OptError("bad")
    assert str(caught.value) == "m:7:8: error: bad"
