"""Real networks with their weights, every zero-copy choice taken: like the unpacked ones, bit for bit, with poison."""

from __future__ import annotations

from pathlib import Path

import pytest
from forced import pack_forced

from l2opt import dialect
from l2opt.dialect.l2 import KernelOp
from l2opt.mlir import ir
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.form_kernels import FormKernels, prepare
from l2opt.passes.functions import target_function
from l2opt.passes.lower_kernels import LowerKernels
from l2opt.passes.materialize import Materialize
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs

MODELS = Path(__file__).parent.parent / "models"


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("mww_okay_nabu", {"concat", "slice"}), ("face_detection_short_range", {"concat", "pad"})],
)
def test_networks_with_every_zero_copy_choice_taken_equal_the_unpacked(name: str, kinds: set[str]) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parseFile(str(MODELS / f"{name}.mlirbc"))
        prepare(module, "")
        reference = clone(module)
        FormKernels().run(module)
        Bufferize().run(module)
        assert pack_forced(module)
        operations = target_function(module).entry_block.operations
        callees = [op.callee for op in operations if isinstance(op, KernelOp) and "within" in op.attributes]
        assert all(any(kind in callee for callee in callees) for kind in kinds), callees
        Materialize().run(module)
        LowerKernels().run(module)
        assert [str(fault) for each in check_module(module) for fault in each.faults] == []
        made = compare(module, reference, "", lambda program, count, run: make_inputs(program, count, {}, run))
    assert made.difference is None
    assert made.distinct > 100
