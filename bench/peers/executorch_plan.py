"""Runs in ExecuTorch's environment: plans an exported program, greedily by size as it does by default.

python executorch_plan.py PROGRAM.pt2 PLAN.json: bytes, seconds of its planner, and the tensors it was given.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from executorch.exir import EdgeCompileConfig, ExecutorchBackendConfig, to_edge
from executorch.exir.memory_planning import MemoryPlanningAlgorithmSuite, greedy
from executorch.exir.passes import MemoryPlanningPass


def main() -> int:
    """Plans the program named on the command line."""
    program, made = sys.argv[1:]
    seen: dict[str, Any] = {"bytes": 0, "seconds": 0.0, "buffers": []}

    def recording(alignment: int, specs: Any, *rest: Any, **more: Any) -> Any:
        start = time.perf_counter()
        result = greedy(alignment, specs, *rest, **more)
        seen["seconds"] += time.perf_counter() - start
        own = [spec for spec in specs if spec.storage_base is None and spec.allocated_memory]
        lives = [(*spec.lifetime, spec.allocated_memory) for spec in own]
        seen["buffers"] = sorted((first, last + 1, size, alignment) for first, last, size in lives)
        return result

    planner = MemoryPlanningPass(memory_planning_algo=MemoryPlanningAlgorithmSuite([recording]))
    edge = to_edge(torch.export.load(program), compile_config=EdgeCompileConfig(_check_ir_validity=False))
    made_program = edge.to_executorch(ExecutorchBackendConfig(memory_planning_pass=planner)).executorch_program
    seen["bytes"] = sum(made_program.execution_plan[0].non_const_buffer_sizes)
    Path(made).write_text(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
