"""Real networks at capacities at which the planner moves buffers: every copy that is dropped, early, late or of the
wrong bytes, and every transfer whose window is wider than it may be, is caught by the checker of final IR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_copy_mutations import MUTATIONS
from test_dma_mutations import calls, past_a_kernel

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.diagnostics import Collector
from l2opt.passes.execution import copies_between_arenas
from l2opt.passes.functions import target_function
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools import source
from l2opt.tools.compare import clone

ZOO = Path(__file__).parents[2] / "bench" / "zoo" / "networks"
NETWORKS = {  # a capacity at which the plan has copies
    "own_gated_tcn_256": 47232,  # skip connections
    "own_hrnet_pose_192": 87552,  # branches of several resolutions
    "own_t_keyword_transformer_98": 131712,  # attention, unrolled
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Iterator[tuple[ir.Module, int]]:
    """The bufferized network and its capacity."""
    file = str(ZOO / f"{request.param}.mlir.xz")
    with source.new_context(allow_unregistered=False) as context, ir.Location.unknown(context):
        module = source.parse(source.read(file), context, Collector(file))
        yield module, NETWORKS[request.param]


def packed(network: tuple[ir.Module, int], dma: str) -> ir.Module:
    module = clone(network[0])
    for stage in pipeline(PACK, {"l2": str(network[1]), "dma": dma}):
        stage.run(module)
    assert faults(clone(module)) == []
    return module


def faults(module: ir.Module) -> list[str]:
    return [str(fault) for each in check_module(module) for fault in each.faults]


def hurry(copy: ir.Operation) -> None:
    """Move it before the last operation that writes what it reads."""
    earlier = list(copy.block.operations)
    place = earlier.index(copy.opview)
    writer = next(op.operation for op in reversed(earlier[:place]) if copy.operands[0] in writes(op.operation))
    view = copy.operands[1].owner.operation
    if earlier.index(view.opview) > earlier.index(writer.opview):
        view.move_before(writer)
    copy.move_before(writer)


def writes(op: ir.Operation) -> list[ir.Value]:
    """The root views that it writes, if under another shape."""
    if op.name == "memref.copy":
        return [op.operands[1]]
    written = ir.DenseI64ArrayAttr(op.attributes["l2.writes"]) if "l2.writes" in op.attributes else ()
    found = [op.operands[position] for position in written]
    return [v.owner.operands[0] if v.owner.operation.name == "memref.reinterpret_cast" else v for v in found]


def test_every_wrong_copy_of_a_plan_is_caught(network: tuple[ir.Module, int]) -> None:
    module = packed(network, "sync")
    count = len(copies_between_arenas(target_function(module)))
    assert count >= 3
    changes: dict[str, Callable[[ir.Operation], None]] = {**MUTATIONS, "early": hurry}
    for name, change in changes.items():
        for number in range(count):
            mutant = clone(module)
            change(copies_between_arenas(target_function(mutant))[number])
            assert faults(mutant), f"copy {number} {name}"


def test_every_transfer_of_a_plan_with_a_wider_window_is_caught(network: tuple[ir.Module, int]) -> None:
    module = packed(network, "async")
    moved = 0
    for kind, forward in (("start", False), ("wait", True)):
        for number in range(len(calls(module, kind))):
            mutant = clone(module)
            if past_a_kernel(mutant, calls(mutant, kind)[number], forward):
                moved += 1
                assert faults(mutant), f"{kind} {number}"
    assert moved >= 3
