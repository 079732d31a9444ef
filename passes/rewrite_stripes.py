"""The pass l2-rewrite-stripes."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import ClassVar

from l2opt import dialect
from l2opt.errors import L2OptError
from l2opt.mlir import func, ir
from l2opt.passes.base import Pass, option
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.form_kernels import FormKernels, prepare
from l2opt.passes.functions import is_tensor_level, target_function
from l2opt.passes.fusion import MODES
from l2opt.passes.layouts import has_transposes, move_transposes
from l2opt.passes.names import keeping_names
from l2opt.passes.ops.user_tables import load_tables
from l2opt.passes.pack import Pack
from l2opt.passes.rewrite_partial import REWRITES, clone
from l2opt.passes.stripe_rewrite import arrange, can_rewrite, rewrite_stripes
from l2opt.passes.stripe_rows import read_kernels
from l2opt.passes.transposes import cancel_transposes
from l2opt.plan import Plan, make_plan
from l2opt.plan.options import CHOICES
from l2opt.plan.stripe_choice import choose_stripes
from l2opt.plan.stripes import Segment
from l2opt.plan.weights import weights_traffic

__all__ = ["RewriteStripes"]

_PART = 0.5  # of the time for planning: no further stripes are tried then
_PLANS = 8  # each of those made to decide has such a part
_SHARES = (1.0, 0.85, 0.7)  # of L2, for which stripes are chosen: a choice is an estimate


@dataclass(frozen=True)
class RewriteStripes(Pass):
    """Run kernels one after the other on a few rows at a time, where a network does not fit L2.

    Pre: a function on tensors, before l2-form-kernels. Nothing is done without `rewrite=stripes` or `all`, nor on
    memrefs, nor where everything fits.
    Post: runs of kernels are computed in stripes, so that what they exchange is never whole; rows that later stripes
    read again are kept, and none is computed twice. It is done where the plan then moves fewer bytes between L2 and
    DDR, constants that are read again counted. Results do not change by a bit.

        %1 = tosa.conv2d %0, ...          %a = tensor.extract_slice %0 [first rows]
        %2 = tosa.conv2d %1, ...    ->    %b = tosa.conv2d %a, ...
                                          %c = tosa.conv2d %b, ...
                                          ... the same for the rows behind, with the last rows of %b ...
                                          %2 = tensor.concat %c, ...
    """

    name: ClassVar[str] = "l2-rewrite-stripes"
    rewrite: str = option("none", help="what may be rewritten to need less memory", choices=REWRITES)
    fuse: str = option("activation", help="what a kernel takes in", choices=MODES)
    target: str = option("", help="TOML file with memories and costs, which options given override")
    l2: int | None = option(None, help="capacity of L2 (default: the target's, or 2048 KiB)", size=True)
    alignment: int | None = option(
        None, help="bytes that every offset is a multiple of (default: the target's, or 64 B)", size=True
    )
    order: str = option("memory", help="order of kernels", choices=CHOICES["order"])
    merge: str = option("alias", help="which buffers may share storage", choices=CHOICES["merge"])
    overlap: str = option(
        "none", help="safe: a result may overlap an operand; binds orders inside", choices=CHOICES["overlap"]
    )
    pack: str = option("offsets", help="whole buffers reused, or small ones inside large ones", choices=CHOICES["pack"])
    objective: str = option("traffic", help="what is made least", choices=CHOICES["objective"])
    io: str = option("l2", help="where inputs and outputs live", choices=("l2", "ddr"))
    weights: str = option("ddr", help="where constants are while they are used", choices=("ddr", "l2", "auto"))
    timeout: float | None = option(None, help="seconds to plan in")
    function: str = option("", help="the function to plan; default: the only public one, or main")
    ops_table: str = option("", help="a Python file that says what the backend's operations can do")

    def run(self, module: ir.Module) -> None:
        load_tables(self.ops_table)
        if self.rewrite not in ("stripes", "all") or not is_tensor_level(target_function(module, self.function)):
            return
        dialect.load(module.context)
        fn = prepare(module, self.function)
        with keeping_names(fn):
            if has_transposes(fn):
                move_transposes(fn)
            cancel_transposes(fn)
        order, segments = self._best(module)
        if segments:
            with keeping_names(fn):
                arrange(fn, read_kernels(fn, self.fuse), order)
                rewrite_stripes(fn, read_kernels(fn, self.fuse), segments)

    def _best(self, module: ir.Module) -> tuple[list[int], list[Segment]]:
        """An order of kernels, and for it the stripes that move the fewest bytes of those chosen for shares of L2; none
        if none moves fewer than doing without. With stripes, what moves is what the first good plan in program order
        moves: it is no more in the end."""
        end = None if self.timeout is None else time.perf_counter() + _PART * self.timeout
        least, plan = self._moved(module, quick=False)
        best: list[Segment] = []
        if plan is not None and not plan.traffic:
            return [], best
        arranged = clone(module)
        fn = target_function(arranged, self.function)
        formed = read_kernels(fn, self.fuse)
        order = list(range(len(formed.members)))
        if plan is not None and len(plan.order) == len(order):  # else there are kernels that only copy
            order = [int(name.removeprefix("k")) for name in plan.order]
        arrange(fn, formed, order)
        for segments in self._chosen(fn):
            if end is not None and time.perf_counter() > end:
                break
            striped = clone(arranged)
            fn = target_function(striped, self.function)
            rewrite_stripes(fn, read_kernels(fn, self.fuse), segments)
            moved, _ = replace(self, order="program")._moved(striped, quick=True)
            if moved < least:
                best, least = segments, moved
        return order, best

    def _chosen(self, fn: func.FuncOp) -> list[list[Segment]]:
        """Stripes for some shares of L2, each choice once."""
        formed = read_kernels(fn, self.fuse)
        capacity = self._packing().machine().l2.capacity
        if capacity is None:
            return []
        chosen = [choose_stripes(formed.problem, int(capacity * share)) for share in _SHARES]
        chosen = [[segment for segment in found if can_rewrite(formed, segment)] for found in chosen]
        return list({tuple((s.first, s.end, s.count) for s in found): found for found in chosen if found}.values())

    def _moved(self, module: ir.Module, quick: bool) -> tuple[float, Plan | None]:
        """Bytes between L2 and DDR, constants' included, and the plan for that; if there is none, no number is less."""
        copy = clone(module)
        FormKernels(fuse=self.fuse, overlap=self.overlap, function=self.function).run(copy)
        Bufferize(function=self.function).run(copy)
        packing = self._packing()
        try:
            problem = packing.problem(copy, target_function(copy, self.function))
            plan = make_plan(problem, replace(packing.plan_options(), quick=quick))
        except L2OptError:  # what l2-pack says as well, if it stays so
            return math.inf, None
        return plan.traffic + weights_traffic(problem, plan), plan

    def _packing(self) -> Pack:
        """How the result will be planned."""
        names = "target l2 alignment order merge overlap pack objective io weights function".split()
        timeout = None if self.timeout is None else self.timeout / _PLANS
        return Pack(**{name: getattr(self, name) for name in names}, timeout=timeout)
