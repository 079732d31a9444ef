"""The checker on the order: its load derived again, and its bound as far as that can be told without a search.

The load of a step is counted by cells: the bytes live there that may be in L2; or, if that is more, the bytes from each
multiple of the alignment in a cell to the next, less the largest padding of a cell's last one. Cells that are written
in place count as those under them while the kernel runs. A root starts at a multiple of the alignment, also one that is
written over another or starts above one.

Derived again: the peak load; that the bound is neither above it, nor above the L2 peak of a plan that fits, nor below
what a kernel needs for itself. Not derived again: that no order has a lower load, where the bound is above every
kernel's own need. That rests on the search in the solver alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import pairwise

from l2opt.plan.check_facts import Facts, Root
from l2opt.plan.model import InPlace, Kernel, Overlap, Plan

__all__ = ["check_order_figures", "derive_load"]

Cell = tuple[int, int, int]  # bytes, those of whole lines, padding of the last line


def check_order_figures(facts: Facts, plan: Plan) -> Iterator[str]:
    """Nothing to check if the plan says nothing of its order."""
    if (plan.order_peak_load, plan.order_lower_bound, plan.order_proven) == (0, 0, False):
        return
    load = derive_load(facts, plan)
    if plan.order_peak_load != load:
        yield f"order peak load: want {load} B, got {plan.order_peak_load} B"
    if plan.order_lower_bound > load:
        yield f"order lower bound: want at most the peak load, {load} B, got {plan.order_lower_bound} B"
    if plan.fits and plan.order_lower_bound > plan.l2_peak:
        yield f"order lower bound: want at most the L2 peak, {plan.l2_peak} B, got {plan.order_lower_bound} B"
    if plan.order_proven != (plan.order_lower_bound == load):
        yield f"order proven: want {plan.order_lower_bound == load}, got {plan.order_proven}"
    spared: dict[str, set[str]] = {}
    choices: list[InPlace | Overlap] = [*facts.problem.in_place, *facts.problem.overlaps]
    for choice in choices:
        spared.setdefault(choice.kernel, set()).add(choice.target)
    for kernel in facts.kernels:
        need = _own_need(facts, kernel, spared.get(kernel.id, set()))
        if plan.order_lower_bound < need:
            yield f"order lower bound: want at least {need} B for kernel {kernel.id!r}, got {plan.order_lower_bound} B"


def derive_load(facts: Facts, plan: Plan) -> int:
    """The largest load of a step, in bytes, were all that may be in L2 there. O(n log n) in cells."""
    intervals = sorted(_live(facts, plan))
    plain, lines = [0] * (facts.steps + 1), [0] * (facts.steps + 1)
    for start, end, (size, whole, _) in intervals:
        plain[start] += size
        plain[end] -= size
        lines[start] += whole
        lines[end] -= whole
    pads: list[tuple[int, int]] = []  # the largest first; until when
    largest = now = now_lines = at = 0
    for step in range(facts.steps):
        now, now_lines = now + plain[step], now_lines + lines[step]
        while at < len(intervals) and intervals[at][0] == step:
            heappush(pads, (-intervals[at][2][2], intervals[at][1]))
            at += 1
        while pads and pads[0][1] <= step:
            heappop(pads)
        largest = max(largest, now, now_lines + (pads[0][0] if pads else 0))
    return largest


def _live(facts: Facts, plan: Plan) -> Iterator[tuple[int, int, Cell]]:
    alignment = facts.problem.l2.alignment
    cells = {name: _cells(facts, root) for name, root in facts.roots.items()}
    targets = {*facts.merges.in_place, *(overlap.target for overlap in facts.merges.overlaps.values())}
    for name, root in facts.roots.items():
        for (start, end), counted in zip(root.live, cells[name], strict=bool(cells[name])):
            if start + (name in targets) < end:
                yield start + (name in targets), end, counted
    steps = {kernel.id: step for step, kernel in enumerate(facts.kernels)}
    for source, overlap in facts.merges.overlaps.items():
        step = steps[overlap.kernel]
        yield step, step + 1, _beyond(cells[source], cells[overlap.target], plan.aliases[source].offset)
    for step, kernel in enumerate(facts.kernels):
        if kernel.scratch:
            yield step, step + 1, _aligned(0, kernel.scratch, alignment)


def _cells(facts: Facts, root: Root) -> list[Cell]:
    """What counts of each; nothing if they are never in L2."""
    if root.buffer.external or root.buffer.pinned == "DDR":
        return []
    return [_aligned(lo, hi, facts.problem.l2.alignment) for lo, hi in pairwise(root.cuts)]


def _beyond(source: list[Cell], target: list[Cell], distance: int) -> Cell:
    """What both take together, less the source: the target starts `distance` bytes below it."""
    if not source:
        return 0, 0, 0
    size, lines = (sum(cell[i] for cell in source) for i in (0, 1))
    more, more_lines = (sum(cell[i] for cell in target) for i in (0, 1))
    sure = distance if lines and more_lines else 0
    pad = max(cell[2] for cell in target) if more_lines > lines + sure else 0
    return max(distance + size, more) - size, max(lines + sure, more_lines) - lines, pad


def _aligned(lo: int, hi: int, alignment: int) -> Cell:
    multiples = [-(-byte // alignment) for byte in (lo, hi)]
    count = multiples[1] - multiples[0]
    return hi - lo, count * alignment, multiples[1] * alignment - hi if count else 0


def _own_need(facts: Facts, kernel: Kernel, spared: set[str]) -> int:
    """Bytes live together while it runs, in any order; `spared`: buffers that it may write over others."""
    ranges: dict[str, set[int]] = {}
    for name in (*kernel.reads, *kernel.writes):
        top, offset = facts.root_of[name]
        root, size = facts.roots[top], facts.buffers[name].size
        if size and top not in spared and not root.buffer.external and root.buffer.pinned != "DDR":
            ranges.setdefault(top, set()).update(root.cells(offset, offset + size))
    cuts = {top: facts.roots[top].cuts for top in ranges}
    return kernel.scratch + sum(cuts[top][c + 1] - cuts[top][c] for top, cells in ranges.items() for c in cells)
