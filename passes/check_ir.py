"""The pass `l2-check`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from l2opt.mlir import ir
from l2opt.passes.base import Pass
from l2opt.passes.check_ir_module import check_module

__all__ = ["Check"]


@dataclass(frozen=True)
class Check(Pass):
    """Certify packed IR: no bytes of an arena are shared by two live buffers.

    Looks at the final IR alone, knows nothing of the plan, and shares no code with the planner. Changes nothing. Every
    fault becomes an error at the operation that reads or writes wrongly, with notes on who is in the way. Checked are
    every function's lifetimes through all views, loops, branches and calls; that views lie inside their arena, aligned;
    that arenas keep to the capacity of their memory and agree with `l2.arenas`; that buffers share bytes within one
    operation only where that is declared (`l2.in_place`) and sound; that kernels have their operands in L2 where
    `l2.operands_in_l2` says so; that no more bytes move from and to DDR than `l2.plan` says; and that nothing of the
    `l2` dialect is left.

        %c0 = arith.constant 0 : index
        %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
        %b = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
        memref.copy %x, %a
        memref.copy %x, %b
        memref.copy %a, %y        // error: '%a' read at step 2: bytes [0, 64) of L2 were overwritten by '%b' at step 1
    """

    name: ClassVar[str] = "l2-check"

    def run(self, module: ir.Module) -> None:
        faults = [fault for checked in check_module(module) for fault in checked.faults]
        if faults:
            raise faults[0]
