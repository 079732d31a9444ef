"""The pass l2-lower-kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from l2opt.mlir import PassManager, func, ir
from l2opt.passes.base import Pass
from l2opt.passes.carried_memory import keep_carried
from l2opt.passes.diagnostics import silence
from l2opt.passes.elided import elided_constants
from l2opt.passes.functions import KERNEL, functions
from l2opt.passes.iteration import Cut
from l2opt.passes.kernel_memory import free_temporaries, hide_spaces, keep_in_place_safe, own_temporaries, show_spaces
from l2opt.passes.overlap import PARTS
from l2opt.passes.parts import compute_in_parts

__all__ = ["TO_MEMREFS", "LowerKernels"]

_DIALECTS = frozenset({"arith", "bufferization", "builtin", "cf", "complex", "linalg", "math", "scf", "tensor", "tosa"})
_TERMINATOR = "func.return"
_CONTROL_FLOW = ("scf.", "tosa.cond_if", "tosa.while_loop")
_TO_LINALG = (
    "func.func(tosa-to-scf,convert-elementwise-to-linalg,tosa-optional-decompositions,tosa-infer-shapes,tosa-make-broadcastable,"
    "tosa-to-linalg-named,canonicalize,tosa-layerwise-constant-fold,tosa-make-broadcastable,tosa-to-linalg,"
    "tosa-to-tensor,tosa-to-arith{include-apply-rescale=true},canonicalize,linalg-fuse-elementwise-ops,canonicalize)"
)
_BUFFERIZE = "eliminate-empty-tensors,one-shot-bufferize{allow-return-allocs-from-loops},func.func(canonicalize)"
TO_MEMREFS = f"builtin.module({_TO_LINALG},reconcile-unrealized-casts,{_BUFFERIZE})"
_IN_TWO = (f"builtin.module({_TO_LINALG},reconcile-unrealized-casts)", f"builtin.module({_BUFFERIZE})")


@dataclass(frozen=True)
class LowerKernels(Pass):
    """Lower the bodies of kernel functions to linalg on memrefs.

    Pre: kernel functions on memrefs whose bodies compute on tensors, after l2-materialize.
    Post: those made of tosa, linalg, tensor, arith, math and scf are linalg on memrefs. Results go straight to their
    operands; temporaries are allocations in the default memory space, freed where the kernel ends; a kernel that is
    called in place reads its operand before anything is written over it, if need be through a temporary; one with
    `l2.parts` computes its result in that many parts, in order, each written when all that it reads has been read. A
    kernel with an operation that no upstream lowering takes, or with a parameter whose values were elided, stays on
    tensors, and so does one that cannot be computed in its parts.
    """

    name: ClassVar[str] = "l2-lower-kernels"

    def run(self, module: ir.Module) -> None:
        unknown = {_function_of(op) for op, _ in elided_constants(module)}
        kernels = [fn for fn in functions(module) if KERNEL in fn.attributes]
        found = [fn for fn in kernels if fn.operation not in unknown and _is_lowerable(fn)]
        if not found:
            return
        in_place = _in_place_calls(module)
        if not _lower_together(module, found, in_place):
            for fn in found:
                _lower_together(module, [fn], in_place)


def _function_of(op: ir.Operation) -> ir.Operation:
    """The operation at the module's top level that holds `op`."""
    while op.parent.name != "builtin.module":
        op = op.parent.operation
    return op


def _is_lowerable(fn: func.FuncOp) -> bool:
    """Whether the body is on tensors, of dialects with a lowering."""
    names: set[str] = set()

    def visit(op: ir.Operation) -> ir.WalkResult:
        names.add(op.name)
        return ir.WalkResult.ADVANCE

    for op in fn.entry_block.operations:
        op.operation.walk(visit)
    names.discard(_TERMINATOR)
    if "bufferization.materialize_in_destination" not in names or "tosa.custom" in names:
        return False
    return all(name.partition(".")[0] in _DIALECTS for name in names)


def _in_place_calls(module: ir.Module) -> dict[str, set[tuple[int, int]]]:
    """For each kernel called in place, the pairs of operands (written, read) that may be the same memory."""
    found: dict[str, set[tuple[int, int]]] = {}

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "func.call" and "l2.in_place" in op.attributes:
            callee = ir.FlatSymbolRefAttr(op.attributes["callee"]).value
            for pair in op.attributes["l2.in_place"]:
                written, read = list(pair)
                found.setdefault(callee, set()).add((written, read))
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return found


def _lower_together(module: ir.Module, found: Sequence[func.FuncOp], in_place: dict[str, set[tuple[int, int]]]) -> bool:
    """Replace `found` by their lowered forms; False, and nothing changed, if MLIR cannot lower one of them."""
    with module.operation.location:
        bench = ir.Module.create()
    for fn in found:
        bench.body.append(fn.operation.clone())
    hidden = {fn.sym_name.value: hide_spaces(fn) for fn in functions(bench) if _branches(fn)}
    ordered = [fn.sym_name.value for fn in found if PARTS in fn.attributes]
    if not _run_quietly(bench, ordered):
        return False
    for fn in functions(bench):
        if fn.sym_name.value in hidden:
            keep_carried(fn)
            show_spaces(fn, hidden[fn.sym_name.value])
        own_temporaries(fn)
        for written, read in sorted(in_place.get(fn.sym_name.value, ())):
            keep_in_place_safe(fn, written, read)
        free_temporaries(fn)
    _rename_globals(bench, module)
    lowered = {fn.sym_name.value: fn for fn in functions(bench)}
    for fn in found:
        lowered.pop(fn.sym_name.value).operation.move_before(fn.operation)
        fn.operation.erase()
    first = module.body.operations[0].operation
    for op in [op.operation for op in bench.body.operations]:
        op.move_before(first)
    return True


def _branches(fn: func.FuncOp) -> bool:
    """Whether tensors go through control flow."""
    return any(op.operation.name.startswith(_CONTROL_FLOW) for op in fn.entry_block.operations)


def _run_quietly(bench: ir.Module, ordered: Sequence[str]) -> bool:
    """Lower `bench`, the kernels named in `ordered` part by part; False if that cannot be."""
    with silence(bench.context):
        try:
            for k, passes in enumerate(_IN_TWO if ordered else (TO_MEMREFS,)):
                if k and not all(_in_parts(fn) for fn in functions(bench) if fn.sym_name.value in ordered):
                    return False
                PassManager.parse(passes).run(bench.operation)
        except ir.MLIRError:
            return False
    return True


def _in_parts(fn: func.FuncOp) -> bool:
    return compute_in_parts(fn, Cut.read(fn.attributes[PARTS]))


def _rename_globals(bench: ir.Module, module: ir.Module) -> None:
    """Give every symbol of `bench` that `module` has too, and that is no kernel, a name of its own."""
    taken = {op.attributes["sym_name"].value for op in module.body.operations if "sym_name" in op.attributes}
    for op in bench.body.operations:
        if op.operation.name != "memref.global":
            continue
        old = op.attributes["sym_name"].value
        name, count = old, 0
        while name in taken:
            name, count = f"{old}_{count}", count + 1
        taken.add(name)
        if name != old:
            ir.SymbolTable.replace_all_symbol_uses(old, name, bench.operation)
            ir.SymbolTable.set_symbol_name(op.operation, name)
