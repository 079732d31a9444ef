"""Fresh symbols of a module, and globals."""

from __future__ import annotations

from dataclasses import dataclass, field

from l2opt.mlir import func, ir, memref

__all__ = ["Symbols", "make_global"]


@dataclass
class Symbols:
    """The names taken in a module."""

    module: ir.Module
    taken: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for op in self.module.body.operations:
            if "sym_name" in op.attributes:
                self.taken.add(op.attributes["sym_name"].value)

    def fresh(self, stem: str) -> str:
        """`stem_0`, `stem_1`, ...: the first that is free; taken from now on."""
        while True:
            count = self.counts.get(stem, 0)
            self.counts[stem] = count + 1
            name = f"{stem}_{count}"
            if name not in self.taken:
                self.taken.add(name)
                return name


def make_global(fn: func.FuncOp, name: str, type_: ir.MemRefType, value: ir.Attribute, *, constant: bool) -> None:
    """A private memref.global before `fn`, at the current location."""
    with ir.InsertionPoint(fn.operation):
        memref.GlobalOp(
            name,
            type_,
            sym_visibility="private",
            initial_value=value,
            constant=True if constant else None,
        )
