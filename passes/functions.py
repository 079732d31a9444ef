"""Which function a pass works on, and bringing the functions it calls into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from l2opt.mlir import PassManager, func, ir
from l2opt.passes.diagnostics import LocatedError

__all__ = ["EFFECTS", "INIT", "KERNEL", "functions", "inline_calls", "is_tensor_level", "target_function"]

KERNEL = "l2.kernel"  # attribute of the private functions that are kernels
INIT = "l2.init"  # attribute that names the function that initializes a packed function's state
EFFECTS = "l2.effects"  # attribute of those kernels whose order among themselves must stay


def functions(module: ir.Module) -> Iterator[func.FuncOp]:
    """The functions at the module's top level, in order."""
    for op in module.body.operations:
        if isinstance(op, func.FuncOp):
            yield op


def target_function(module: ir.Module, name: str = "") -> func.FuncOp:
    """The function to plan: the one called `name`; else the only public one with a body; else `main`."""
    inits = {str(fn.attributes[INIT].value) for fn in functions(module) if INIT in fn.attributes}
    bodies = [fn for fn in functions(module) if not fn.is_external and KERNEL not in fn.attributes]
    bodies = [fn for fn in bodies if fn.sym_name.value not in inits]
    if name:
        return _named(module, bodies, name)
    public = [fn for fn in bodies if not _is_private(fn)] or bodies
    if len(public) == 1:
        return public[0]
    main = [fn for fn in public if fn.sym_name.value == "main"]
    if main:
        return main[0]
    if public:
        listed = ", ".join(f"@{fn.sym_name.value}" for fn in public)
        raise LocatedError(public[1], f"several functions could be planned: {listed}; choose with --function=NAME")
    for fn in functions(module):
        raise LocatedError(fn, f"'@{fn.sym_name.value}' has no body: want a function with one to plan")
    raise LocatedError(module.operation, "no function to plan: want a func.func with a body")


def is_tensor_level(fn: func.FuncOp) -> bool:
    """Whether the function computes on tensors rather than on memrefs. LocatedError for one on both."""
    first: dict[ir.Type, Any] = {}  # type -> where it is first
    for argument in fn.entry_block.arguments:
        first.setdefault(argument.type, argument.location)
    for op in fn.entry_block.operations:
        for result in op.operation.results:
            first.setdefault(result.type, op)
    memrefs = [where for type_, where in first.items() if isinstance(type_, (ir.MemRefType, ir.UnrankedMemRefType))]
    if not memrefs:
        return True
    if any(isinstance(type_, (ir.RankedTensorType, ir.UnrankedTensorType)) for type_ in first):
        raise LocatedError(memrefs[0], f"'@{fn.sym_name.value}' mixes tensors and memrefs: want all of one kind")
    return False


def inline_calls(module: ir.Module, fn: func.FuncOp) -> None:
    """Inline every call of a function with a body that `fn` makes, at any depth. LocatedError for recursion."""
    bodies = {each.sym_name.value: each for each in functions(module) if not each.is_external}
    if not any(callee in bodies for _, callee in _calls(fn)):
        return
    _refuse_recursion(bodies, fn.sym_name.value, [])
    PassManager.parse("builtin.module(inline{default-pipeline=},symbol-dce)").run(module.operation)


def _named(module: ir.Module, bodies: list[func.FuncOp], name: str) -> func.FuncOp:
    for fn in bodies:
        if fn.sym_name.value == name:
            return fn
    for fn in functions(module):
        if fn.sym_name.value == name:
            raise LocatedError(fn, f"'@{name}' has no body: want a function with one to plan")
    listed = ", ".join(f"@{fn.sym_name.value}" for fn in bodies) or "none"
    raise LocatedError(module.operation, f"no function '@{name}'; functions with a body: {listed}")


def _is_private(fn: func.FuncOp) -> bool:
    return "sym_visibility" in fn.attributes and fn.attributes["sym_visibility"].value == "private"


def _calls(fn: func.FuncOp) -> list[tuple[ir.Operation, str]]:
    found: list[tuple[ir.Operation, str]] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "func.call":
            found.append((op, ir.FlatSymbolRefAttr(op.attributes["callee"]).value))
        return ir.WalkResult.ADVANCE

    fn.operation.walk(visit)
    return found


def _refuse_recursion(bodies: dict[str, func.FuncOp], name: str, above: list[str]) -> None:
    for call, callee in _calls(bodies[name]):
        if callee in [*above, name]:
            cycle = " -> ".join(f"@{each}" for each in [*above, name, callee])
            raise LocatedError(call, f"recursive call {cycle}: want calls that end, to plan their memory")
        if callee in bodies:
            _refuse_recursion(bodies, callee, [*above, name])
