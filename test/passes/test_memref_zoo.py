"""Real networks, bufferized by MLIR's own passes, pack soundly whatever fits L2."""

from __future__ import annotations

from pathlib import Path

import pytest

from l2opt.mlir import PassManager, ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.fill_weights import FillWeights
from l2opt.passes.functions import target_function
from l2opt.passes.materialize import Materialize
from l2opt.passes.pack import Pack
from l2opt.tools.source import new_context

ZOO = Path(__file__).parents[3] / "shared" / "zoo" / "mlir"
MODEL = Path(__file__).parents[1] / "models" / "mobilenet_v2_100_224.mlir"
LOWER = (
    "func.func(tosa-optional-decompositions,tosa-infer-shapes,tosa-make-broadcastable,tosa-to-linalg-named,canonicalize,"
    "tosa-layerwise-constant-fold,tosa-make-broadcastable,tosa-to-linalg,tosa-to-tensor,"
    "tosa-to-arith{include-apply-rescale=true},tosa-to-scf),canonicalize,func.func(linalg-fuse-elementwise-ops),"
    "canonicalize,eliminate-empty-tensors,one-shot-bufferize{allow-return-allocs-from-loops "
    "bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map buffer-alignment=64},"
    "buffer-results-to-out-params{hoist-static-allocs=true modify-public-functions=true},canonicalize,cse,canonicalize"
)
NETWORKS = [
    "k_mobilenet_v2_035_96.mlir",  # depthwise convolutions, residual adds
    "mlperf_ic_resnet8.mlir",
    "kws_lstm256.mlir",  # an unrolled LSTM
    "silero_vad_16k_sequence.linalg.mlir",
    "tcn_kws_res8_101x40.linalg.mlir",
    "tv_squeezenet1_1.linalg.mlir",  # concatenations
]


@pytest.mark.parametrize("name", [MODEL.name, *NETWORKS])
@pytest.mark.parametrize("more", ["", ",buffer-deallocation-pipeline", ",func.func(convert-linalg-to-loops)"])
def test_bufferized_network_packs_soundly(name: str, more: str) -> None:
    path = MODEL if name == MODEL.name else ZOO / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    with new_context(allow_unregistered=False), ir.Location.unknown():
        module = ir.Module.parseFile(str(path))
        FillWeights(0).run(module)
        PassManager.parse(f"builtin.module({LOWER}{more})").run(module.operation)
        text = str(module)
        for l2, order in ((2 << 20, "program"), (64 << 10, "memory")):
            packed = ir.Module.parse(text)
            Pack(l2=l2, order=order).run(packed)
            Materialize().run(packed)
            assert packed.operation.verify()
            assert [str(fault) for checked in check_module(packed) for fault in checked.faults] == []
            fn = target_function(packed)
            assert fn.attributes["l2.plan"]["peak"].value <= l2
            assert all("memref.alloc" not in op.operation.name for op in fn.entry_block), "all are planned"
