"""What a function does to its memref arguments, from its body; for calls to it.

A read counts as long as the function itself has not written the whole argument before, in straight-line code. What a
function calls counts too. A function without a body may read and write every argument. Recursion is a LocatedError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_effects import Effect, Read, Write, is_memref
from l2opt.passes.check_ir_flow import Event, Flow, Node, Targets, events
from l2opt.passes.check_ir_views import Target, layout_of, stride_bytes
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Calls", "Summary"]


@dataclass(frozen=True, slots=True)
class Summary:
    """One function. Arguments are roots, numbered by position."""

    reads: tuple[Read, ...]
    writes: tuple[Write, ...]
    results: tuple[tuple[int, ...], ...]  # arguments that each result may share bytes with
    whole: dict[int, Target]  # argument -> all of it
    nodes: list[Node]  # none without a body


@dataclass
class Calls:
    """Summaries of the functions of a module, made when first asked for."""

    functions: dict[str, func.FuncOp]
    _known: dict[str, Summary] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def resolve(self, op: ir.Operation) -> func.FuncOp:
        name = ir.FlatSymbolRefAttr(op.attributes["callee"]).value
        if name not in self.functions:
            raise LocatedError(op, f"call of '@{name}', which is no function of this module")
        return self.functions[name]

    def effects(self, op: ir.Operation) -> tuple[list[Effect], list[tuple[int, ...]]]:
        """What the `func.call` does to each memref operand, and which operands each of its results may be."""
        summary = self.summary(self.resolve(op), op)
        found = [
            Effect(index, operand, summary.reads[index], summary.writes[index])
            for index, operand in enumerate(op.operands)
            if is_memref(operand)
        ]
        return found, list(summary.results)

    def transfer_kind(self, op: ir.Operation) -> str:
        """ "start" or "wait" where the `func.call` is one end of an asynchronous transfer; else empty."""
        fn = self.resolve(op)
        return str(fn.attributes["l2.dma"].value) if "l2.dma" in fn.attributes else ""

    def summary(self, fn: func.FuncOp, caller: ir.Operation) -> Summary:
        name = fn.sym_name.value
        if name in self._open:
            raise LocatedError(caller, f"'@{name}' calls itself: recursion is not understood")
        if name not in self._known:
            self._open.append(name)
            self._known[name] = _external(fn) if fn.is_external else self._analyse(fn)
            self._open.pop()
        return self._known[name]

    def _analyse(self, fn: func.FuncOp) -> Summary:
        targets: dict[ir.Value, Targets] = {
            argument: (_argument_target(index, argument.type),)
            for index, argument in enumerate(fn.arguments)
            if is_memref(argument)
        }
        whole = {target.root: target for (target,) in targets.values() if target}
        flow = Flow(targets, root_view=lambda op: None, call=self.effects, tensors=True)
        nodes = flow.function(fn)
        reads, writes = _exposed(nodes, whole, len(fn.arguments))
        results = tuple(tuple(sorted({target.root for target in found if target})) for found in flow.returned)
        return Summary(reads, writes, results, whole, nodes)


def _exposed(nodes: Iterable[Node], whole: dict[int, Target], count: int) -> tuple[tuple[Read, ...], tuple[Write, ...]]:
    """The strongest read that comes before a whole write, and the strongest write, of each argument."""
    reads, writes = [Read.NONE] * count, [Write.NONE] * count
    for node in nodes:
        inside = [event for event in events([node]) if event.op.name != "func.return"]
        straight = isinstance(node, Event)
        touched = [(access, target) for event in inside for access in event.accesses for target in access.targets]
        unsure = set() if straight else {target.root for access, target in touched if access.write}
        for access, target in touched:
            root = target.root
            if writes[root] < Write.WHOLE:
                sure = Read.WHOLE if straight and target == whole[root] else Read.PART
                known = Read.MAYBE if writes[root] or root in unsure else sure
                reads[root] = max(reads[root], min(access.read, known))
        for access, target in touched:
            most = Write.WHOLE if straight and target == whole[target.root] else Write.PART
            writes[target.root] = max(writes[target.root], min(access.write, most))
    return tuple(reads), tuple(writes)


def _argument_target(index: int, type_: ir.Type) -> Target:
    """An argument is its own root, at 0; one of a dynamic type is known as a whole only."""
    layout = layout_of(type_) if isinstance(type_, ir.MemRefType) else None
    if layout is None:
        return Target(index, 0, 0, (), (), 1, exact=False)
    return Target(index, 0, layout[0], tuple(type_.shape), layout[1], stride_bytes(type_.element_type))


def _external(fn: func.FuncOp) -> Summary:
    inputs, results = fn.type.inputs, fn.type.results
    memrefs = tuple(
        index for index, type_ in enumerate(inputs) if isinstance(type_, (ir.MemRefType, ir.UnrankedMemRefType))
    )
    return Summary(
        tuple(Read.MAYBE if index in memrefs else Read.NONE for index in range(len(inputs))),
        tuple(Write.PART if index in memrefs else Write.NONE for index in range(len(inputs))),
        tuple(() if isinstance(type_, _PLAIN) else memrefs for type_ in results),
        {},
        [],
    )


_PLAIN = (ir.IntegerType, ir.FloatType, ir.IndexType, ir.VectorType)
