"""The checker, on what packed IR says of DDR: operands that must be in L2, and bytes that move."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from l2opt import dialect
from l2opt.mlir import func, ir
from l2opt.passes.check_ir_calls import Calls
from l2opt.passes.check_ir_function import read_function
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.check_ir_moved import least_moved
from l2opt.passes.form_kernels import prepare
from l2opt.passes.pipelines import PACK, pipeline

MODEL = Path(__file__).parent.parent / "models" / "mlperf_ic_resnet8.mlirbc"
SPILLS, FITS = "24KB", "200KB"


def packed(**values: str) -> ir.Module:
    module = ir.Module.parseFile(str(MODEL))
    prepare(module, "")
    for stage in pipeline(PACK, values):
        stage.run(module)
    return module


def main_of(module: ir.Module) -> func.FuncOp:
    return next(op for op in module.body if isinstance(op, func.FuncOp) and op.sym_name.value == "main")


def faults(module: ir.Module) -> list[str]:
    return [str(fault) for checked in check_module(module) for fault in checked.faults]


def moved(module: ir.Module) -> int:
    calls = Calls({op.sym_name.value: op for op in module.body if isinstance(op, func.FuncOp)})
    return least_moved(read_function(main_of(module), calls), calls)


@pytest.mark.parametrize("dma", ["sync", "async"])
def test_traffic_that_is_stated_too_low_is_a_fault(dma: str) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = packed(l2=SPILLS, dma=dma)
        fn = main_of(module)
        stated = str(fn.attributes["l2.plan"])
        traffic = int(re.findall(r"traffic = (\d+)", stated)[0])
        assert traffic == moved(module) > 0
        assert faults(module) == []
        fn.attributes["l2.plan"] = ir.Attribute.parse(
            stated.replace(f"traffic = {traffic}", f"traffic = {traffic - 1}")
        )
        assert faults(module) == [
            f"'l2.plan' claims DDR traffic of {traffic - 1} B; at least {traffic} B are moved",
        ]


@pytest.mark.parametrize(
    ("l2", "stated", "wrong"), [(SPILLS, "all", True), (SPILLS, "tensors", True), (FITS, "tensors", False)]
)
def test_operands_outside_of_l2_are_faults_where_they_may_not_be(l2: str, stated: str, wrong: bool) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = packed(l2=l2)
        assert faults(module) == []
        main_of(module).attributes["l2.operands_in_l2"] = ir.StringAttr.get(stated)
        found = faults(module)
        assert bool(found) == wrong
        assert all(re.fullmatch(r"operand \d+ of @main_\w+ is not in L2, as .*", each) for each in found)


def test_constants_are_operands_too_unless_they_are_streamed() -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = packed(l2=FITS)
        main_of(module).attributes["l2.operands_in_l2"] = ir.StringAttr.get("all")
        assert any("operand 1 of @main_0_conv2d" in each for each in faults(module))


def test_steps_of_a_program_on_memrefs_have_operands_too() -> None:
    """%x and @w are used where they are; the sum is in L2, and its copy home is a transfer."""
    m = "memref<64xi8>"
    text = f"""memref.global "private" constant @w : {m} = dense<1>
    func.func @main(%x: {m}, %y: {m}) {{
      %w = memref.get_global @w : {m}
      %a = memref.alloc() : {m}
      linalg.add ins(%x, %w : {m}, {m}) outs(%a : {m})
      memref.copy %a, %y : {m} to {m}
      return
    }}"""
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        for stage in pipeline(PACK, {"l2": "64KB"}):
            stage.run(module)
        for stated, operands in (("all", (0, 1)), ("tensors", (0,))):
            main_of(module).attributes["l2.operands_in_l2"] = ir.StringAttr.get(stated)
            says = "is not in L2, as 'l2.operands_in_l2' says that it is"
            assert faults(module) == [f"operand {k} of 'linalg.add' {says}" for k in operands]


@pytest.mark.parametrize(("operands", "stated"), [("true", "all"), ('"tensors"', "tensors"), ("false", None)])
def test_the_target_is_written_into_the_program(tmp_path: Path, operands: str, stated: str | None) -> None:
    (tmp_path / "target.toml").write_text(f"operands_in_l2 = {operands}\n")
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = packed(l2=FITS, target=str(tmp_path / "target.toml"))
        attributes = main_of(module).attributes
        assert (attributes["l2.operands_in_l2"].value if "l2.operands_in_l2" in attributes else None) == stated
        assert faults(module) == []


def test_what_is_stated_must_be_known() -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = packed(l2=FITS)
        main_of(module).attributes["l2.operands_in_l2"] = ir.StringAttr.get("some")
        assert faults(module) == ["'l2.operands_in_l2': want one of all, tensors, got \"some\""]
