"""State between runs, once its place in an arena is known.

With arenas as arguments the caller keeps them between runs, and `@<function>_init`, which takes the same arenas, writes
the initial values once. With arenas allocated by the function, state is kept in a memref.global: brought in before the
first kernel, written back after the last. A variable without an initial value starts as zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from l2opt.dialect.l2 import BufferOp
from l2opt.mlir import func, ir, memref
from l2opt.passes.arena import Arenas, ArenaSpec, Mode, memref_type
from l2opt.passes.state import zeros
from l2opt.passes.symbols import Symbols, make_global
from l2opt.plan import Placement

__all__ = ["State"]


@dataclass
class State:
    """The variables of one function."""

    fn: func.FuncOp
    symbols: Symbols
    specs: Mapping[str, ArenaSpec]
    mode: Mode
    found: list[tuple[BufferOp, Placement, str, ir.Value | None]] = field(default_factory=list)

    def enter(self, op: BufferOp, placement: Placement, view: Callable[[], ir.Value]) -> None:
        """At the declaration of a variable: its global, and in a function with its own arenas, the load."""
        type_ = self._type(op)
        name = self.symbols.fresh(f"{self.fn.sym_name.value}_state")
        make_global(self.fn, name, type_, _initial(op), constant=self.mode == "argument")
        loaded = None
        if self.mode == "alloc":
            loaded = view()
            memref.CopyOp(memref.GetGlobalOp(type_, name).result, loaded)
        self.found.append((op, placement, name, loaded))

    def leave(self) -> None:
        """At the function's end: store the state, or make the function that initializes it."""
        for op, _, name, loaded in self.found:
            if loaded is not None:
                memref.CopyOp(loaded, memref.GetGlobalOp(self._type(op), name).result)
        if self.found and self.mode == "argument":
            self._make_init()

    def _make_init(self) -> None:
        name = f"{self.fn.sym_name.value}_init"
        with ir.InsertionPoint.after(self.fn.operation), self.fn.location:
            init = func.FuncOp(name, ir.FunctionType.get([], []), visibility="public")
            with ir.InsertionPoint(init.add_entry_block()):
                func.ReturnOp([])
        arenas = Arenas.attach(init, self.specs, "argument")
        last = list(init.entry_block.operations)[-1]
        with ir.InsertionPoint(last), self.fn.location:
            for op, placement, state, _ in self.found:
                type_ = self._type(op)
                view = arenas.view(placement.memory, placement.offset, type_.shape, type_.element_type)
                memref.CopyOp(memref.GetGlobalOp(type_, state).result, view)
        self.fn.attributes["l2.init"] = ir.FlatSymbolRefAttr.get(name)

    def _type(self, op: BufferOp) -> ir.MemRefType:
        holds = op.type_of("holds")
        return memref_type(holds.shape, holds.element_type, self.specs["DDR"].space)


def _initial(op: BufferOp) -> ir.Attribute:
    return op.attributes["initial"] if "initial" in op.attributes else zeros(op.type_of("holds"))
