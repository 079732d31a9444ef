"""State between runs, once its place in an arena is known.

With arenas as arguments the caller keeps them between runs, and `@<function>_init`, which takes the same arenas, writes
the initial values once. With arenas allocated by the function, state is kept in a memref.global: brought in before the
first kernel, written back after the last. State that ends a run elsewhere than where it began goes back. A variable
without an initial value starts as zeros.
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


@dataclass(frozen=True)
class _Variable:
    op: BufferOp
    placement: Placement
    name: str  # of its global
    first: Callable[[], ir.Value]
    last: Callable[[], ir.Value]


@dataclass
class State:
    """The variables of one function."""

    fn: func.FuncOp
    symbols: Symbols
    specs: Mapping[str, ArenaSpec]
    mode: Mode
    found: list[_Variable] = field(default_factory=list)

    def enter(
        self, op: BufferOp, placement: Placement, first: Callable[[], ir.Value], last: Callable[[], ir.Value]
    ) -> None:
        """At the declaration of a variable: its global, and in a function with its own arenas, the load.

        `first`: its memref at `placement`, where a run finds it; `last`: the one that a run leaves it in.
        """
        type_ = self._type(op)
        name = self.symbols.fresh(f"{self.fn.sym_name.value}_state")
        make_global(self.fn, name, type_, _initial(op), constant=self.mode == "argument")
        if self.mode == "alloc":
            memref.CopyOp(memref.GetGlobalOp(type_, name).result, first())
        self.found.append(_Variable(op, placement, name, first, last))

    def leave(self) -> None:
        """At the function's end: store the state, or make the function that initializes it."""
        for each in self.found:
            if self.mode == "alloc":
                memref.CopyOp(each.last(), memref.GetGlobalOp(self._type(each.op), each.name).result)
            elif each.first() != each.last():
                memref.CopyOp(each.last(), each.first())
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
            for each in self.found:
                type_, at = self._type(each.op), each.placement
                view = arenas.view(at.memory, at.offset, type_.shape, type_.element_type)
                memref.CopyOp(memref.GetGlobalOp(type_, each.name).result, view)
        self.fn.attributes["l2.init"] = ir.FlatSymbolRefAttr.get(name)

    def _type(self, op: BufferOp) -> ir.MemRefType:
        holds = op.type_of("holds")
        return memref_type(holds.shape, holds.element_type, self.specs["DDR"].space)


def _initial(op: BufferOp) -> ir.Attribute:
    return op.attributes["initial"] if "initial" in op.attributes else zeros(op.type_of("holds"))
