"""Any residency by interval runs bit for bit like the unpacked network, and a copy that is wrong is caught."""

from __future__ import annotations

import os
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intervals import scattered
from networks import networks

from l2opt import dialect
from l2opt.mlir import ir
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.extract import extract
from l2opt.passes.form_kernels import FormKernels, prepare
from l2opt.passes.functions import target_function
from l2opt.passes.lower_kernels import LowerKernels
from l2opt.passes.materialize import Materialize
from l2opt.passes.pack import Pack
from l2opt.plan import Options, make_plan
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs

EXAMPLES = int(os.environ.get("L2OPT_EXAMPLES", "25"))


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    text=networks(),
    seed=st.integers(0, 10**6),
    weights=st.sampled_from(["ddr", "l2"]),
    arena=st.sampled_from(["argument", "alloc"]),
    dma=st.sampled_from(["sync", "async"]),
    at_start=st.booleans(),
)
def test_scattered_networks_are_sound_and_equal_the_unpacked(
    text: str, seed: int, weights: str, arena: str, dma: str, at_start: bool
) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        prepare(module, "")
        reference = clone(module)
        FormKernels().run(module)
        Bufferize().run(module)
        pack = Pack(l2=1 << 40)
        problem = extract(module, target_function(module), *pack.memories(), weights=weights)
        plan = scattered(problem, make_plan(problem, Options()), seed)
        pack.write(module, target_function(module), problem, plan)
        Materialize(arena=arena, dma=dma).run(module)
        LowerKernels().run(module)
        assert module.operation.verify()
        faults = [fault for each in check_module(module) for fault in each.faults]
        assert not faults, faults
        made = compare(module, reference, "", partial(_inputs), runs=2, at_start=at_start)
    assert made.difference is None


def _inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)
