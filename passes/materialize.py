"""The pass l2-materialize."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, cast

from l2opt import dialect
from l2opt.dialect.l2 import BufferOp, KernelOp, MemoryOp, PlacementOp
from l2opt.mlir import func, ir
from l2opt.passes.arena import Arenas, ArenaSpec
from l2opt.passes.base import Pass, option
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.dma import make_asynchronous
from l2opt.passes.functions import target_function
from l2opt.passes.materialize_l2 import L2Materializer
from l2opt.passes.memref_form import is_memref_level, materialize_memref, planned_bytes

__all__ = ["Materialize"]


@dataclass(frozen=True)
class Materialize(Pass):
    """Turn a plan into upstream IR: arenas, and each buffer a memref.view of one.

    Pre: a function after l2-pack.
    Post: its former arguments and results, in order, are memrefs; then come the arenas of L2 and DDR (`arena=argument`)
    or they are allocated at its start (`arena=alloc`). `l2.arenas` on the function gives their bytes, alignment and
    capacity. Kernels are calls of private functions on memrefs, whose bodies still compute on tensors. Constants are
    memref.global; for state, `@<function>_init` writes the initial values into the arenas (with `arena=alloc`, state
    is kept in memref.global between runs). Nothing of the l2 dialect is left. With `dma=async` a copy from or to an
    arena is two calls: one that starts it, as early as legal, and one that waits for it, as late as legal, of functions
    `@l2_dma_start_<element>_<from>_to_<to>(source, target, tag)` and `@l2_dma_wait(tag)` for a backend to define.
    """

    name: ClassVar[str] = "l2-materialize"
    arena: str = option("argument", help="who provides the arenas", choices=("argument", "alloc"))
    dma: str = option("sync", help="copies: as memref.copy, or started and waited for", choices=("sync", "async"))
    function: str = option("", help="the function to plan; default: the only public one, or main")

    def run(self, module: ir.Module) -> None:
        dialect.load(module.context)
        fn = target_function(module, self.function)
        if "l2.plan" not in fn.attributes:
            raise LocatedError(fn, f"'@{fn.sym_name.value}' has no plan: run l2-pack before")
        mode = cast(Literal["argument", "alloc"], self.arena)
        used = planned_bytes(fn) if is_memref_level(fn) else _used_bytes(fn)
        specs = _specs(module, fn, used)
        if is_memref_level(fn):
            arenas = Arenas.attach(fn, specs, mode)
            materialize_memref(fn, arenas)
        else:
            materializer = L2Materializer(module, fn, specs, mode)
            materializer.run()
            arenas = materializer.arenas
        if self.dma == "async":
            make_asynchronous(fn, arenas)
        for op in [op for op in module.body.operations if isinstance(op, MemoryOp)]:
            op.operation.erase()


def _specs(module: ir.Module, fn: func.FuncOp, used: dict[str, int]) -> dict[str, ArenaSpec]:
    memories = {op.string("memory"): op for op in module.body.operations if isinstance(op, MemoryOp)}
    specs: dict[str, ArenaSpec] = {}
    for name in ("L2", "DDR"):
        if name not in memories:
            raise LocatedError(fn, f"no l2.memory for {name}: run l2-pack before")
        op = memories[name]
        size = used.get(name, 0)
        if op.capacity is not None and size > op.capacity:
            raise LocatedError(op, f"{name} has {op.capacity} bytes; the placements need {size}")
        specs[name] = ArenaSpec(size, op.capacity, op.integer("alignment"), op.attributes["space"])
    return specs


def _used_bytes(fn: func.FuncOp) -> dict[str, int]:
    """The end of the last placement in each memory."""
    used: dict[str, int] = {}
    for op in fn.entry_block.operations:
        if isinstance(op, PlacementOp):
            declared = op.operands[0].owner
            assert isinstance(declared, BufferOp), "a placement is of an l2.buffer"
            end = op.integer("offset") + declared.integer("bytes")
            used[op.string("memory")] = max(used.get(op.string("memory"), 0), end)
        elif isinstance(op, KernelOp) and "scratch" in op.attributes:
            scratch = op.attributes["scratch"]
            memory = scratch["memory"].value
            used[memory] = max(used.get(memory, 0), scratch["offset"].value + scratch["bytes"].value)
    return used
