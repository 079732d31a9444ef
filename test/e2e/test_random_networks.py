"""Any small network, packed in any way into an L2 of any size, passes the checker of final IR and runs bit for bit like
the unpacked one, with dead memory poisoned."""

from __future__ import annotations

import os
from functools import partial

from forced import pack_forced
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import networks

from l2opt import dialect
from l2opt.mlir import ir
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.form_kernels import FormKernels, prepare
from l2opt.passes.lower_kernels import LowerKernels
from l2opt.passes.materialize import Materialize
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs

EXAMPLES = int(os.environ.get("L2OPT_EXAMPLES", "25"))

options = st.fixed_dictionaries(
    {"l2": st.sampled_from(["0", "1", "64", "200", "500", "1KB", "4KB", "2MB"])},
    optional={
        "fuse": st.sampled_from(["none", "elementwise"]),
        "merge": st.just("none"),
        "pack": st.just("slots"),
        "order": st.just("program"),
        "io": st.just("ddr"),
        "alignment": st.sampled_from(["1", "16", "256"]),
        "arena": st.just("alloc"),
        "l2-space": st.just('"L2"'),
    },
)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=networks(), values=options)
def test_packed_networks_are_sound_and_equal_the_unpacked(text: str, values: dict[str, str]) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        prepare(module, "")
        reference = clone(module)
        for stage in pipeline(PACK, values):
            stage.run(module)
        assert module.operation.verify()
        assert not any(each.faults for each in check_module(module))
        made = compare(module, reference, "", partial(_inputs), runs=2)
    assert made.difference is None


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=networks(), fuse=st.sampled_from(["none", "activation"]), skip=st.sampled_from([0, 2, 3]))
def test_networks_with_every_zero_copy_choice_taken_equal_the_unpacked(text: str, fuse: str, skip: int) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        prepare(module, "")
        reference = clone(module)
        FormKernels(fuse=fuse).run(module)
        Bufferize().run(module)
        pack_forced(module, skip)
        for stage in (Materialize(), LowerKernels()):
            stage.run(module)
        assert module.operation.verify()
        assert [str(fault) for each in check_module(module) for fault in each.faults] == []
        made = compare(module, reference, "", _inputs, runs=2)
    assert made.difference is None


def _inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)
