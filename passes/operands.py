"""Kernels that need every operand in L2 while they run (`operands_in_l2` of a target), and one whose cannot be there.

Operands are what a kernel reads and writes, without constants that the program streams; what it may write in place, or
what may lie within another operand, needs no bytes of its own. That the rest fits, each on lines of its own, is
necessary, and mostly enough: what else is live can be in DDR meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from l2opt.errors import Infeasible
from l2opt.mlir import ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.plan import Buffer, Kernel, Problem
from l2opt.sizes import format_size

__all__ = ["Operands", "check_operands"]


class Operands(Enum):
    """Which operands kernels need in L2 while they run."""

    ANYWHERE = "none"
    TENSORS = "tensors"  # constants are streamed
    ALL = "all"


def check_operands(problem: Problem, ops: Mapping[str, ir.Operation]) -> None:
    """LocatedError, for an Infeasible, at the first kernel whose operands do not fit into L2 together. `ops`: of each
    kernel."""
    capacity = problem.l2.capacity
    buffers = {buffer.id: buffer for buffer in problem.buffers}
    shared: dict[str, set[str]] = {}
    for choice in problem.in_place:
        if buffers[choice.target].pinned == buffers[_root(buffers, choice.source).id].pinned:
            shared.setdefault(choice.kernel, set()).add(choice.target)
    for overlap in problem.overlaps:
        shared.setdefault(overlap.kernel, set()).add(overlap.target)
    for within in problem.within:
        shared.setdefault(within.kernel, set()).add(within.part)
    for kernel in problem.kernels:
        roots = {_root(buffers, name).id for name in (*kernel.reads, *kernel.writes)}
        own = [buffers[name] for name in sorted(roots - shared.get(kernel.id, set()))]
        own = [buffer for buffer in own if buffer.staged or not buffer.external]
        needed = _least([*(buffer.size for buffer in own), kernel.scratch], problem.l2.alignment)
        if capacity is not None and needed > capacity:
            error = _too_large(kernel, own, needed, capacity)
            raise LocatedError(ops[kernel.id], str(error)) from error


def _least(sizes: list[int], alignment: int) -> int:
    """Bytes that hold them all, each at a multiple of the alignment."""
    padding = [-size % alignment for size in sizes]
    return sum(sizes) + sum(padding) - max(padding)


def _root(buffers: dict[str, Buffer], name: str) -> Buffer:
    buffer = buffers[name]
    while buffer.view_of is not None:
        buffer = buffers[buffer.view_of.buffer]
    return buffer


def _too_large(kernel: Kernel, operands: list[Buffer], needed: int, capacity: int) -> Infeasible:
    parts = [f"{each.value or each.id} ({each.size} B)" for each in sorted(operands, key=lambda each: -each.size)]
    parts += [f"its scratch ({kernel.scratch} B)"] if kernel.scratch else []
    return Infeasible(
        f"kernel {kernel.id} ({kernel.name}) needs its operands in L2, {needed} B together, {needed - capacity} B more "
        f"than its capacity of {capacity} B ({format_size(capacity)}): {', '.join(parts)}",
        tuple(each.id for each in operands),
    )
