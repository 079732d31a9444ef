"""Runs in torch-mlir's environment: lowers a network to memrefs, and plans it with MLIR's own static planner.

python upstream_plan.py NETWORK.mlir PLAN.json: bytes of its arena, seconds of its pass, and the allocations it was
given. The network needs its weights: without them rescaling folds to nothing.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from torch_mlir import ir
from torch_mlir.passmanager import PassManager

FROM_TOSA = (
    "func.func(tosa-optional-decompositions,tosa-infer-shapes,tosa-make-broadcastable,tosa-to-linalg-named,"
    "canonicalize,tosa-layerwise-constant-fold,tosa-make-broadcastable,tosa-to-linalg,tosa-to-tensor,"
    "tosa-to-arith{include-apply-rescale=true},tosa-to-scf)"
)
TO_MEMREF = (
    "canonicalize,func.func(linalg-fuse-elementwise-ops),canonicalize,eliminate-empty-tensors,"
    "one-shot-bufferize{bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map"
    " allow-return-allocs-from-loops buffer-alignment=64},"
    "buffer-results-to-out-params{hoist-static-allocs=true modify-public-functions=true},canonicalize,cse,canonicalize,"
    "buffer-deallocation-pipeline,canonicalize,func.func(optimize-allocation-liveness)"
)
PLANNER = "func.func(static-memory-planner-analysis{algorithm=best-fit arena-mode=allocate})"
BITS = {"f64": 64, "i64": 64, "index": 64, "f32": 32, "i32": 32, "f16": 16, "bf16": 16, "i16": 16, "i48": 64}
ALIGNMENT = 64  # bytes, of its allocations


def main() -> int:
    """Plans the network named on the command line."""
    network, made = sys.argv[1:]
    with ir.Context() as context:
        context.allow_unregistered_dialects = True
        module = ir.Module.parseFile(network)
        PassManager.parse(f"builtin.module({FROM_TOSA},{TO_MEMREF})").run(module.operation)
        buffers = _buffers(module)
        start = time.perf_counter()
        PassManager.parse(f"builtin.module({PLANNER})").run(module.operation)
        seconds = time.perf_counter() - start
        arena = sum(size for _, _, size, _ in _buffers(module))
    Path(made).write_text(json.dumps({"bytes": arena, "seconds": seconds, "buffers": buffers}))
    return 0


def _buffers(module: Any) -> list[tuple[int, int, int, int]]:
    """The allocations of main's own block, from their step to that of their release."""
    (main_function,) = (op for op in module.body.operations if op.operation.name == "func.func")
    live: dict[Any, tuple[int, int]] = {}
    found = []
    step = 0
    for step, op in enumerate(main_function.regions[0].blocks[0].operations):
        name = op.operation.name
        if name == "memref.alloc":
            live[op.operation.results[0]] = (step, _size(str(op.operation.results[0].type)))
        elif name == "memref.dealloc" and op.operation.operands[0] in live:
            start, size = live.pop(op.operation.operands[0])
            found.append((start, step, size, ALIGNMENT))
    found += [(start, step + 1, size, ALIGNMENT) for start, size in live.values()]
    return sorted(found)


def _size(kind: str) -> int:
    """Bytes of a memref such as memref<1x8x8x16xi8>."""
    *sides, element = re.match(r"memref<([^,>]*)", kind)[1].split("x")  # type: ignore[index]
    total = BITS.get(element, 8) // 8
    for side in sides:
        total *= int(side)
    return total


if __name__ == "__main__":
    sys.exit(main())
