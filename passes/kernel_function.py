"""Kernel functions on tensors become kernel functions on memrefs, one for each list of operand types in a call.

The body still computes on tensors: an operand read comes in through bufferization.to_tensor, a result goes out through
bufferization.materialize_in_destination. A toolchain can take it from there with its own bufferization;
l2-lower-kernels takes it to linalg on memrefs. A function that keeps `l2.parts` = n binds whoever lowers it: a call
lays the result over an operand that it still reads, so the result is computed in n equal parts, in order, and each
is written only when all that it reads has been read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from l2opt.mlir import bufferization, func, ir
from l2opt.passes.functions import functions
from l2opt.passes.overlap import OVERLAP, PARTS
from l2opt.passes.symbols import Symbols

__all__ = ["KernelFunctions"]


@dataclass
class KernelFunctions:
    """The kernel functions of a module, and which forms on memrefs exist of them."""

    module: ir.Module
    symbols: Symbols
    forms: dict[tuple[str, tuple[ir.Type, ...]], str] = field(default_factory=dict)
    used: dict[str, list[tuple[str, tuple[ir.Type, ...]]]] = field(default_factory=dict)
    ordered: set[str] = field(default_factory=set)  # forms whose order of parts a call relies on

    def on_memrefs(self, callee: str, types: Sequence[ir.Type]) -> str:
        """The name of the form of kernel `callee` that takes operands of `types`: those read, then those written."""
        key = (callee, tuple(types))
        if key not in self.forms:
            first = callee not in self.used
            self.forms[key] = callee if first else self.symbols.fresh(callee)
            self.used.setdefault(callee, []).append((self.forms[key], key[1]))
        return self.forms[key]

    def finish(self) -> None:
        """Make every form that was asked for."""
        for fn in list(functions(self.module)):
            forms = self.used.get(fn.sym_name.value, ())
            here = ir.InsertionPoint(fn.operation)
            copies = [fn if k == 0 else fn.operation.clone(here).opview for k in range(len(forms))]
            for copy, (name, types) in zip(copies, forms, strict=True):
                copy.attributes["sym_name"] = ir.StringAttr.get(name)
                _take_memrefs(copy, types)
                if name not in self.ordered and PARTS in copy.attributes:
                    del copy.attributes[PARTS]


def _take_memrefs(fn: func.FuncOp, types: Sequence[ir.Type]) -> None:
    """Change the signature of a kernel from tensors to memrefs of `types`."""
    block = fn.entry_block
    reads = len(block.arguments)
    for argument, type_ in reversed(list(zip(block.arguments, types[:reads], strict=True))):
        tensor = argument.type
        argument.set_type(type_)
        with ir.InsertionPoint.at_block_begin(block), argument.location:
            taken = bufferization.ToTensorOp(tensor, argument, restrict=True)
        argument.replace_all_uses_except(taken.result, taken.operation)
    terminator = list(block.operations)[-1].operation
    with ir.InsertionPoint(terminator), terminator.location:
        for value, type_ in zip(terminator.operands, types[reads:], strict=True):
            target = block.add_argument(type_, fn.location)
            bufferization.MaterializeInDestinationOp(None, value, target, restrict=True, writable=True)
        func.ReturnOp([])
    terminator.erase()
    fn.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(list(types), []))
    for name in ("l2.in_place", "l2.scratch", OVERLAP):
        if name in fn.attributes:
            del fn.attributes[name]
