"""Targets whose kernels need every operand in L2: all are staged, and what runs equals the unpacked network bit for
bit; a kernel whose operands cannot be there together is an error that names it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import networks

from l2opt import dialect
from l2opt.errors import DeadlinePassed
from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.execution import kernel_calls
from l2opt.passes.form_kernels import prepare
from l2opt.passes.functions import target_function
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools import main
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs

EXAMPLES = int(os.environ.get("L2OPT_EXAMPLES", "25"))
MODEL = str(Path(__file__).parent.parent / "models" / "mlperf_ic_resnet8.mlirbc")


def target(folder: Path, operands: str) -> str:
    file = folder / f"{operands.strip(chr(34))}.toml"
    file.write_text(f"operands_in_l2 = {operands}\n")
    return str(file)


def outside_of_l2(module: ir.Module) -> list[str]:
    """Memrefs in the default space that a kernel takes."""
    fn = target_function(module)
    return [
        f"{call.attributes['callee']}: {value.type}"
        for call in kernel_calls(fn)
        for value in call.operands
        if str(value.type.memory_space) != "1 : i64"
    ]


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    text=networks(),
    l2=st.sampled_from(["300", "700", "2KB", "2MB"]),
    io=st.sampled_from(["l2", "ddr"]),
    weights=st.sampled_from(["ddr", "l2", "auto"]),
    dma=st.sampled_from(["sync", "async"]),
    arena=st.sampled_from(["argument", "alloc"]),
    fuse=st.sampled_from(["none", "elementwise"]),
)
def test_all_operands_are_staged_and_packed_equals_unpacked(
    tmp_path_factory: pytest.TempPathFactory, text: str, l2: str, fuse: str, **values: str
) -> None:
    values |= {"l2": l2, "fuse": fuse, "target": target(tmp_path_factory.getbasetemp(), "true")}
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        prepare(module, "")
        reference = clone(module)
        try:
            for stage in pipeline(PACK, values):
                stage.run(module)
        except (LocatedError, DeadlinePassed):
            assert l2 != "2MB"
            return
        assert outside_of_l2(module) == []
        assert not any(each.faults for each in check_module(module))
        made = compare(module, reference, "", partial(_inputs), runs=2)
    assert made.difference is None


@pytest.mark.parametrize("dma", ["sync", "async"])
@pytest.mark.parametrize("io", ["l2", "ddr"])
@pytest.mark.parametrize(("operands", "l2"), [("true", "48KB"), ('"tensors"', "36KB")])
def test_a_network_is_staged_and_runs(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, operands: str, l2: str, io: str, dma: str
) -> None:
    options = (f"--l2={l2}", f"--io={io}", f"--dma={dma}", f"--target={target(tmp_path, operands)}")
    assert main.main(["run", MODEL, "--check", *options]) == 0
    assert "packed equals unpacked, bit for bit" in capfd.readouterr().out


@pytest.mark.parametrize("io", ["l2", "ddr"])
def test_operands_that_cannot_be_in_l2_together_name_their_kernel(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, io: str
) -> None:
    """Its last convolution reads 9 * 64 * 64 B of weights."""
    argv = ["plan", MODEL, "--l2=32KB", f"--io={io}", f"--target={target(tmp_path, 'true')}"]
    code = main.main(argv)
    err = capfd.readouterr().err
    assert code == 3
    assert "_conv2d) needs its operands in L2, " in err
    assert "more than its capacity of 32768 B (32 KiB)" in err


def _inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)
