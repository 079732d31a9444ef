"""The pass l2-form-kernels."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import ClassVar

from l2opt.mlir import func, ir
from l2opt.passes.base import Pass, option
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.functions import KERNEL, functions, inline_calls, is_tensor_level, target_function
from l2opt.passes.fusion import MODES, form_groups
from l2opt.passes.graph import read_graph
from l2opt.passes.layouts import has_transposes, move_transposes
from l2opt.passes.names import forget_names, keeping_names
from l2opt.passes.ops import Role, defining_op, traits_of
from l2opt.passes.ops.user_tables import load_tables
from l2opt.passes.outline import Outliner, value_names
from l2opt.passes.overlap import annotate
from l2opt.passes.state import normalize_state
from l2opt.passes.transposes import cancel_transposes

__all__ = ["FormKernels", "prepare"]


@dataclass(frozen=True)
class FormKernels(Pass):
    """Group operations on tensors into kernels, each a private function.

    Pre: a function on tensors of static shape, in any dialects. A function on memrefs is left as it is.
    Post: its body is calls of private functions with the attribute `l2.kernel`, reshapes, state reads and writes,
    constants, and the return; operations without use are gone, and so are transposes that undo one another, or would
    if what lies between them computed in another order of dimensions.

    `fuse=none` makes a kernel of each operation, but for accumulators: in an integer network, operations joined by a
    value wider than its buffers are one kernel (convolution and rescale; the rescales and the sum of a residual add),
    and so are a pad and the convolution or pool that carries it; what only gives elements more bits is computed anew in
    each kernel that reads it. `fuse=activation` adds the elementwise operations after a kernel that need no further
    large operand. `fuse=elementwise` also takes residual adds and other elementwise operations with further operands,
    normalization and softmax, and lets a kernel write its result transposed where it reads no more than it writes.

    `overlap=safe` looks for results that may lie over an operand a little above them: such a kernel gets `l2.overlap`,
    arrays of (result, operand, least distance in bytes), and `l2.parts`, the number of equal parts of its result that
    it must then compute in order, each written when all that it reads has been read; [parts, dimension]: parts along a
    dimension, such that both start at the same byte.

    `ops-table=FILE.py` is run first. It may register operations of any dialect, and restrict what is known of others:

        from l2opt.passes import ops
        ops.register("mydialect.gelu", ops.Traits(ops.Role.ELEMENTWISE))
        ops.restrict("tosa.concat", moves=None)

        %0 = tosa.conv2d %x, %w, %b, %z, %z ...          %0 = call @main_0_conv2d(%x, %w, %b)
        %1 = tosa.rescale %0, ...                   ->
        %2 = tosa.clamp %1 ...
    """

    name: ClassVar[str] = "l2-form-kernels"
    fuse: str = option("activation", help="what a kernel takes in", choices=MODES)
    overlap: str = option(
        "none", help="safe: a result may overlap an operand; binds orders inside", choices=("none", "safe")
    )
    function: str = option("", help="the function to plan; default: the only public one, or main")
    ops_table: str = option("", help="a Python file that says what the backend's operations can do")

    def run(self, module: ir.Module) -> None:
        load_tables(self.ops_table)
        fn = target_function(module, self.function)
        if not is_tensor_level(fn):
            return
        fn = prepare(module, self.function)
        if has_transposes(fn):
            with keeping_names(fn):
                move_transposes(fn)
        names = value_names(fn)
        cancel_transposes(fn)
        graph = read_graph(fn.entry_block)
        Outliner(module, fn, graph, names).run(form_groups(graph, self.fuse))
        forget_names(fn)
        if self.overlap == "safe":
            streamed = _constant_operands(fn)
            for kernel in functions(module):
                if KERNEL in kernel.attributes:
                    annotate(kernel, streamed.get(kernel.sym_name.value, frozenset()))


def _constant_operands(fn: func.FuncOp) -> dict[str, Set[int]]:
    """Kernel -> which of its operands are constants."""
    found: dict[str, Set[int]] = {}
    for op in [op.operation for op in fn.entry_block.operations if op.operation.name == "func.call"]:
        makers = [defining_op(value) for value in op.operands]
        constants = {k for k, made in enumerate(makers) if made is not None and traits_of(made).role is Role.CONSTANT}
        name = ir.FlatSymbolRefAttr(op.attributes["callee"]).value
        found[name] = found.get(name, constants) & constants
    return found


def prepare(module: ir.Module, function: str) -> func.FuncOp:
    """Bring the function to plan into the form that kernels are made from: one block, no calls of bodies, state read
    first and written last."""
    inline_calls(module, target_function(module, function))
    fn = target_function(module, function)
    _check_form(fn)
    normalize_state(fn)
    return fn


def _check_form(fn: func.FuncOp) -> None:
    blocks = list(fn.body.blocks)
    if len(blocks) != 1:
        raise LocatedError(fn, f"'@{fn.sym_name.value}' has {len(blocks)} blocks: want one, with scf for control flow")
    last = list(blocks[0].operations)[-1].operation
    if last.name != "func.return":
        raise LocatedError(last, f"want the body to end in func.return, got '{last.name}'")
