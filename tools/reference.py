"""The unpacked network, lowered by MLIR's own whole-module pipeline: no kernels, no plan, nothing of ours but that
state becomes arguments and results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from l2opt.mlir import bufferization, func, ir
from l2opt.passes.execution import Tap, add_tap_argument, tap_view
from l2opt.passes.functions import is_tensor_level, target_function
from l2opt.passes.names import name_and_order
from l2opt.passes.state import state_as_arguments
from l2opt.tools.engine import lower

__all__ = ["Reference", "make_reference"]

_LOWER = (
    "builtin.module(func.func(tosa-to-scf,convert-elementwise-to-linalg,tosa-optional-decompositions,tosa-infer-shapes,tosa-make-broadcastable,"
    "tosa-to-linalg-named,canonicalize,tosa-layerwise-constant-fold,tosa-make-broadcastable,tosa-to-linalg,"
    "tosa-to-tensor,tosa-to-arith{include-apply-rescale=true},canonicalize),reconcile-unrealized-casts,"
    "eliminate-empty-tensors,one-shot-bufferize{bufferize-function-boundaries "
    "function-boundary-type-conversion=identity-layout-map allow-return-allocs-from-loops buffer-alignment=64},"
    "canonicalize)"
)


@dataclass(frozen=True)
class Reference:
    """What `make_reference` made of the function: its arguments are the network's, its state, and the taps."""

    results: int  # how many results the network has; the new state comes after
    initial: list[ir.Attribute]  # first contents of the state


def make_reference(module: ir.Module, name: str, taps: Sequence[Tap], tap_bytes: int) -> Reference:
    """Lower `module` in place; its function `name` also stores the values of `taps` in a last argument of bytes.

    The function is in the form that l2-form-kernels starts from. Raises L2OptError.
    """
    fn = target_function(module, name)
    results = len(fn.type.results)
    if not is_tensor_level(fn):
        return Reference(results, [])
    values = _named(fn, [tap.value for tap in taps])
    initial = state_as_arguments(module, fn)
    if taps:
        _store(fn, values, taps, tap_bytes)
    lower(module, _LOWER)
    return Reference(results, initial)


def _named(fn: func.FuncOp, names: Sequence[str]) -> list[ir.Value]:
    """The values of the function's body with these names, as MLIR prints them, in the orders that the names say."""
    state = ir.AsmState(fn.operation)
    wanted = {name_and_order(name)[0] for name in names}
    values = [*fn.entry_block.arguments, *(r for op in fn.entry_block.operations for r in op.operation.results)]
    found = {name: value for value in values if (name := value.get_name(state)) in wanted}
    terminator = list(fn.entry_block.operations)[-1].operation
    with ir.InsertionPoint(terminator), terminator.location:
        return [_in_order(found[plain], order) for plain, order in map(name_and_order, names)]


def _in_order(value: ir.Value, order: Sequence[int]) -> ir.Value:
    """`value` with its dimensions in `order`."""
    if not order:
        return value
    type_ = ir.RankedTensorType.get([value.type.shape[k] for k in order], value.type.element_type)
    perms = {"perms": ir.DenseI32ArrayAttr.get(order)}
    return ir.Operation.create("tosa.transpose", results=[type_], operands=[value], attributes=perms).results[0]


def _store(fn: func.FuncOp, values: Sequence[ir.Value], taps: Sequence[Tap], tap_bytes: int) -> None:
    terminator = list(fn.entry_block.operations)[-1].operation
    target = add_tap_argument(fn, tap_bytes)
    with ir.InsertionPoint(terminator), terminator.location:
        for value, tap in zip(values, taps, strict=True):
            view = tap_view(target, tap)
            # A copy of its own: MLIR would else compute values that share an empty tensor in one and the same tap.
            taken = bufferization.AllocTensorOp(value.type, [], copy=value).result
            bufferization.MaterializeInDestinationOp(None, taken, view, restrict=True, writable=True)
