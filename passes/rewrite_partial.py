"""The pass l2-rewrite-partial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from l2opt import dialect
from l2opt.mlir import ir
from l2opt.passes.base import Pass, option
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.extract import extract
from l2opt.passes.form_kernels import FormKernels, prepare
from l2opt.passes.functions import is_tensor_level, target_function
from l2opt.passes.fusion import MODES
from l2opt.passes.names import keeping_names
from l2opt.passes.ops.user_tables import load_tables
from l2opt.passes.partial_convs import candidates, rewrite
from l2opt.plan import Memory, Options, make_plan
from l2opt.plan.options import CHOICES

__all__ = ["REWRITES", "RewritePartial", "clone"]

REWRITES = ("none", "partial", "stripes", "all")
_TRIALS = 12  # plans made to decide, beside the first


@dataclass(frozen=True)
class RewritePartial(Pass):
    """Turn convolutions of a concatenation into partial convolutions that add up in place, where it lowers the peak.

    Pre: a function on tensors, before l2-form-kernels. Nothing is done without `rewrite=partial` or `rewrite=all`, nor
    on memrefs.
    Post: of the concatenations that integer convolutions alone read, those are gone whose rewriting lowers the planned
    peak of L2, were L2 large enough; with `rewrite-when=always` all of them. Each was tried, largest first, on top of
    those kept before. A partial sum has the attribute `l2.accumulator`: it is a buffer as wide as it is, and the next
    partial convolution adds to it in place. Results do not change by a bit; floating point is left as it is.

        %c = tosa.concat %a, %b {axis = 3}              %0 = tosa.conv2d %a, %wa, %bias ... {l2.accumulator}
        %y = tosa.conv2d %c, %w, %bias ...        ->    %1 = tosa.conv2d %b, %wb, %zero ...
                                                        %y = tosa.add %0, %1
    """

    name: ClassVar[str] = "l2-rewrite-partial"
    rewrite: str = option("none", help="what may be rewritten to need less memory", choices=REWRITES)
    rewrite_when: str = option("lower", help="only if the planned peak is lower", choices=("lower", "always"))
    fuse: str = option("activation", help="what a kernel takes in", choices=MODES)
    order: str = option("memory", help="order of kernels", choices=CHOICES["order"])
    merge: str = option("alias", help="which buffers may share storage", choices=CHOICES["merge"])
    overlap: str = option(
        "none", help="safe: a result may overlap an operand; binds orders inside", choices=CHOICES["overlap"]
    )
    alignment: int = option(64, help="bytes that every offset is a multiple of", size=True)
    io: str = option("l2", help="where inputs and outputs live", choices=("l2", "ddr"))
    function: str = option("", help="the function to plan; default: the only public one, or main")
    ops_table: str = option("", help="a Python file that says what the backend's operations can do")

    def run(self, module: ir.Module) -> None:
        load_tables(self.ops_table)
        if self.rewrite not in ("partial", "all") or not is_tensor_level(target_function(module, self.function)):
            return
        dialect.load(module.context)
        fn = prepare(module, self.function)
        found = [each.position for each in candidates(fn)]
        chosen = found if self.rewrite_when == "always" else self._best(module, found)
        if chosen:
            with keeping_names(fn):
                rewrite(fn, chosen)

    def _best(self, module: ir.Module, found: Sequence[int]) -> list[int]:
        """Those that lower the peak, each on top of the ones before; all others together come first if there are more
        than can be tried."""
        chosen: list[int] = []
        if not found:
            return chosen
        least = self._peak(module, chosen)
        trials = [[each] for each in found[:_TRIALS]]
        if len(found) > _TRIALS:
            trials.insert(0, list(found[_TRIALS:]))
        for more in trials:
            peak = self._peak(module, [*chosen, *more])
            if peak < least:
                chosen, least = [*chosen, *more], peak
        return chosen

    def _peak(self, module: ir.Module, chosen: Sequence[int]) -> int:
        """The planned peak with `chosen` rewritten, in an L2 without limit."""
        copy = clone(module)
        fn = target_function(copy, self.function)
        rewrite(fn, chosen)
        FormKernels(fuse=self.fuse, overlap=self.overlap, function=self.function).run(copy)
        Bufferize(function=self.function).run(copy)
        fn = target_function(copy, self.function)
        memories = Memory("L2", None, self.alignment), Memory("DDR", None, self.alignment)
        options = Options(order=self.order, merge=self.merge, overlap=self.overlap)
        return make_plan(extract(copy, fn, *memories, self.io), options).l2_peak


def clone(module: ir.Module) -> ir.Module:
    with module.operation.location:
        copy = ir.Module.create()
    for op in module.body.operations:
        copy.body.append(op.operation.clone())
    return copy
