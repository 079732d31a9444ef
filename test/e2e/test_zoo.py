"""Networks of a zoo directory beside the checkout, where there is one: they plan under every option (all: bench/)."""

from __future__ import annotations

from pathlib import Path

import pytest

from l2opt.plan import Status
from l2opt.tools.planning import plan_model

ZOO = Path(__file__).parents[3] / "shared" / "zoo" / "mlir"
NETWORKS = (
    "k_mobilenet_v3_large_224",
    "k_resnet50_224",
    "kws_gru154",
    "mlperf_ic_resnet8",
    "mww_okay_nabu",
    "silero_vad_16k_sequence.linalg",
    "tv_squeezenet1_1.linalg",
)
OPTIONS = (
    {"l2": "2MB"},
    {"l2": "64KB"},
    {"l2": "2MB", "fuse": "none"},
    {"l2": "2MB", "fuse": "elementwise"},
    {"l2": "2MB", "merge": "none"},
    {"l2": "2MB", "pack": "slots"},
)
pytestmark = pytest.mark.skipif(not ZOO.is_dir(), reason=f"no networks at {ZOO}")


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: ",".join(f"{k}={v}" for k, v in options.items()))
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_plan(name: str, options: dict[str, str]) -> None:
    """`plan_model` raises unless the independent checker passes the plan."""
    plan = plan_model(str(ZOO / f"{name}.mlir"), options, {}).plan
    assert plan.l2_lower_bound <= plan.l2_peak <= {"2MB": 2 << 20, "64KB": 64 << 10}[options["l2"]]


@pytest.mark.parametrize(("fuse", "others"), [("none", 68), ("activation", 19), ("elementwise", 2)])
def test_kernels_of_resnet50(fuse: str, others: int) -> None:
    """54 convolutions, one the classifier, each a kernel with its pad, slice and rescale. Beside them: the pool and the
    mean; 16 sums and the softmax unless the last kernel that they read takes them in; 49 activations with fuse=none."""
    planned = plan_model(str(ZOO / "k_resnet50_224.mlir"), {"l2": "64MB", "fuse": fuse, "order": "program"}, {})
    convolutions = [kernel.ops.count("tosa.conv2d") for kernel in planned.problem.kernels]
    assert sorted(convolutions) == [0] * others + [1] * 54
    assert planned.plan.status is Status.OPTIMAL
