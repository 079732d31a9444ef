"""A network whose plan moves buffers between L2 and DDR runs equal to the unpacked one, bit for bit; more of them, each
at three capacities: `bench/zoo_copies.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.diagnostics import Collector
from l2opt.passes.fill_weights import FillWeights
from l2opt.passes.form_kernels import prepare
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools import source
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs

ZOO = Path(__file__).parents[2] / "bench" / "zoo" / "networks"


@pytest.mark.parametrize(("l2", "dma"), [(47232, "sync"), (39360, "async")])
def test_a_network_with_skip_connections_moves_them_and_equals_the_unpacked(l2: int, dma: str) -> None:
    file = str(ZOO / "own_gated_tcn_256.mlir.xz")
    with source.new_context(allow_unregistered=False) as context, ir.Location.unknown(context):
        module = source.parse(source.read(file), context, Collector(file))
        FillWeights(0).run(module)
        prepare(module, "")
        reference = clone(module)
        for stage in pipeline(PACK, {"l2": str(l2), "dma": dma}):
            stage.run(module)
        assert not any(each.faults for each in check_module(module))
        made = compare(module, reference, "", lambda *which: make_inputs(*which[:2], {}, which[2]), at_start=False)
    assert made.copies >= 2
    assert made.difference is None
    assert made.distinct > 20
