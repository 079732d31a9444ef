"""Kernels run in stripes compute what they compute whole, bit for bit, whichever run of them, along whichever dimension
and in how many stripes; and are run so only where that moves fewer bytes."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import networks

from l2opt import dialect
from l2opt.mlir import func, ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.form_kernels import prepare
from l2opt.passes.names import keeping_names
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.passes.stripe_rewrite import arrange, can_rewrite, rewrite_stripes
from l2opt.passes.stripe_rows import Formed, read_kernels
from l2opt.plan.stripes import Segment
from l2opt.plan.weights import weights_traffic
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs
from l2opt.tools.planning import Planned, plan_model

EXAMPLES = int(os.environ.get("L2OPT_EXAMPLES", "40"))
_SETTINGS = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=EXAMPLES, **_SETTINGS)
@given(text=networks(), seed=st.integers(0, 1 << 30), l2=st.sampled_from(["0", "100", "1KB", "2MB"]))
def test_any_run_of_kernels_in_stripes_equals_the_whole(text: str, seed: int, l2: str) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        fn = prepare(module, "")
        reference = clone(module)
        with keeping_names(fn):
            rewritten = _rewrite_any(fn, random.Random(seed))
        assert module.operation.verify()
        for stage in pipeline(PACK, {"l2": l2}):
            stage.run(module)
        assert [str(fault) for each in check_module(module) for fault in each.faults] == []
        made = compare(module, reference, "", _inputs, runs=2)
    assert made.difference is None, f"{rewritten}"


@settings(max_examples=200, **_SETTINGS)
@given(text=networks(), seed=st.integers(0, 1 << 30))
def test_kernels_can_be_put_into_any_order_that_their_values_allow(text: str, seed: int) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        fn = prepare(module, "")
        formed = read_kernels(fn, "activation")
        order = _any_order(formed, random.Random(seed))
        arrange(fn, formed, order)
        assert module.operation.verify()
        again = read_kernels(fn, "activation")
        assert [k.weights for k in again.problem.kernels] == [formed.problem.kernels[k].weights for k in order]


def _rewrite_any(fn: func.FuncOp, rng: random.Random) -> list[tuple[int, int, int]]:
    formed = read_kernels(fn, rng.choice(["none", "activation", "elementwise"]))
    count, first = len(formed.problem.kernels), 0
    chosen: list[Segment] = []
    while first < count:
        end = rng.randint(first + 1, count)
        made = formed.problem.segment(first, end, rng.choice([1, 2]), rng.randint(2, 4))
        if made is not None and can_rewrite(formed, made):
            chosen.append(made)
            first = end
        else:
            first += 1
    rewrite_stripes(fn, formed, chosen)
    return [(each.first, each.end, each.count) for each in chosen]


def _any_order(formed: Formed, rng: random.Random) -> list[int]:
    waits = [{formed.problem.made[v] for v in kernel.reads} - {-1} for kernel in formed.problem.kernels]
    order: list[int] = []
    while len(order) < len(waits):
        ready = [k for k, before in enumerate(waits) if k not in order and before <= set(order)]
        order.append(rng.choice(ready))
    return order


def _inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)


MODELS = Path(__file__).parents[1] / "models"


def test_mobilenet_is_whole_in_half_a_megabyte_in_stripes_alone() -> None:
    model = str(MODELS / "mobilenet_v2_100_224.mlir")
    assert _planned(model, "512KB", "none").plan.traffic > 4_000_000
    striped = _planned(model, "512KB", "stripes").plan
    assert striped.fits
    assert striped.traffic == 0


@pytest.mark.parametrize("model", ["mlperf_ic_resnet8", "mlperf_vww_mobilenetv1_025_96", "mlperf_kws_dscnn"])
@pytest.mark.parametrize("l2", ["8KB", "24KB", "48KB"])
def test_stripes_never_move_more(model: str, l2: str) -> None:
    made = [_planned(str(MODELS / f"{model}.mlirbc"), l2, rewrite) for rewrite in ("none", "stripes")]
    without, striped = (each.plan.traffic + weights_traffic(each.problem, each.plan) for each in made)
    assert striped <= without


@settings(max_examples=EXAMPLES, **_SETTINGS)
@given(text=networks(), l2=st.sampled_from(["64", "300", "1KB"]))
def test_stripes_never_move_more_on_any_network(text: str, l2: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("network") / "network.mlir"
    file.write_text(text)
    made = [_planned(str(file), l2, rewrite) for rewrite in ("none", "stripes")]
    without, striped = (each.plan.traffic + weights_traffic(each.problem, each.plan) for each in made)
    assert striped <= without


def _planned(model: str, l2: str, rewrite: str) -> Planned:
    return plan_model(model, {"l2": l2, "rewrite": rewrite}, {})
