"""How faults speak of values and bytes: names as MLIR prints them, and positions inside an arena."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_arenas import RootView
from l2opt.passes.check_ir_shadow import Indices, Shadow

__all__ = ["Places"]


@dataclass
class Places:
    """Of one function."""

    fn: func.FuncOp
    roots: Sequence[RootView]
    shadow: Shadow

    @cached_property
    def _state(self) -> ir.AsmState:
        """Numbers every value of the function, which takes long: once, and only when there is a fault."""
        return ir.AsmState(self.fn.operation)

    def name(self, value: ir.Value) -> str:
        return f"'{value.get_name(self._state)}'"

    def root(self, root: int) -> str:
        return self.name(self.roots[root].op.results[0])

    def bytes(self, segments: Indices, root: int) -> str:
        """The first contiguous bytes of `segments`, as positions in the arena of `root`."""
        low, high = self.shadow.bytes_of(segments)
        arena = self.roots[root].arena
        return f"bytes [{low - arena.start}, {high - arena.start}) of {arena.name}"
