"""What the checker derives from a problem and an order alone. Shares nothing with the planner.

Bytes of a root are cut into cells wherever a view starts or ends; a cell is live from the first step that touches it,
through any name, to the last. The extent of a strided view counts as touched.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from l2opt.plan.check_merges import Merges
from l2opt.plan.model import Buffer, Kernel, Kind, Problem

__all__ = ["Facts", "Root", "derive", "interval"]


@dataclass(slots=True)
class Root:
    """A buffer that is no view, with everything that happens to its bytes."""

    buffer: Buffer
    members: list[str] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)  # cell i is [cuts[i], cuts[i + 1])
    live: list[tuple[int, int]] = field(default_factory=list)  # cell -> [first, end)
    touched: dict[int, list[tuple[str, str]]] = field(default_factory=dict)  # step -> (how, buffer)
    kept: bool = False  # some of it is needed after the last step

    def cells(self, lo: int, hi: int) -> range:
        return range(bisect_left(self.cuts, lo), bisect_left(self.cuts, hi))


@dataclass(frozen=True, slots=True)
class Facts:
    problem: Problem
    merges: Merges
    steps: int
    kernels: tuple[Kernel, ...]  # as they will run
    buffers: dict[str, Buffer]
    root_of: dict[str, tuple[str, int]]  # buffer -> its root and its offset there
    roots: dict[str, Root]
    lifetimes: dict[str, tuple[int, int]]

    def external(self, name: str) -> bool:
        return self.roots[self.root_of[name][0]].buffer.external

    def staged(self, name: str) -> bool:
        return self.roots[self.root_of[name][0]].buffer.staged

    def constant(self, name: str) -> bool:
        return self.roots[self.root_of[name][0]].buffer.kind is Kind.CONSTANT


def interval(start: int, end: int) -> str:
    return f"[{start}, {end})"


def derive(problem: Problem, kernels: Sequence[Kernel], merges: Merges | None = None) -> Facts:
    """`kernels`: a permutation of the problem's. `merges`: what is taken; None: nothing."""
    merges = merges or Merges(problem, problem)
    problem = merges.stored
    buffers = {buffer.id: buffer for buffer in problem.buffers}
    root_of = {name: _walk(name, buffers) for name in buffers}
    roots = {name: Root(buffers[name]) for name, (top, _) in root_of.items() if name == top}
    for name, (top, _) in root_of.items():
        roots[top].members.append(name)
    steps = max(len(kernels), 1)
    sizes = {name: buffer.size for name, buffer in buffers.items()}
    touches = _touches(kernels, roots, root_of, sizes)
    for root in roots.values():
        _live_cells(root, buffers, root_of, touches, steps)
    lifetimes = {name: _lifetime(buffers[name], roots[root_of[name][0]], root_of, touches, steps) for name in buffers}
    return Facts(problem, merges, steps, tuple(kernels), buffers, root_of, roots, lifetimes)


def _walk(name: str, buffers: dict[str, Buffer]) -> tuple[str, int]:
    offset = 0
    view = buffers[name].view_of
    while view is not None:
        name, offset = view.buffer, offset + view.offset
        view = buffers[name].view_of
    return name, offset


def _touches(
    kernels: Sequence[Kernel], roots: dict[str, Root], root_of: dict[str, tuple[str, int]], sizes: dict[str, int]
) -> dict[str, list[int]]:
    touches: dict[str, list[int]] = {}
    for step, kernel in enumerate(kernels):
        for how, names in (("read", kernel.reads), ("write", kernel.writes)):
            for name in names:
                touches.setdefault(name, []).append(step)
                if sizes[name]:
                    roots[root_of[name][0]].touched.setdefault(step, []).append((how, name))
    return touches


def _live_cells(
    root: Root,
    buffers: dict[str, Buffer],
    root_of: dict[str, tuple[str, int]],
    touches: dict[str, list[int]],
    steps: int,
) -> None:
    ranges = {name: (root_of[name][1], root_of[name][1] + buffers[name].size) for name in root.members}
    root.cuts = sorted({byte for lo_hi in ranges.values() for byte in lo_hi})
    first = [steps] * max(len(root.cuts) - 1, 0)
    end = [0] * len(first)
    for name, (lo, hi) in ranges.items():
        buffer = buffers[name]
        keeps = buffer.live_out or buffer.kind in (Kind.OUTPUT, Kind.VARIABLE)
        root.kept = root.kept or keeps
        at = touches.get(name, [])
        begin = 0 if _is_there_first(buffer) else at[0] if at else steps
        finish = steps if keeps else at[-1] + 1 if at else 1 if begin == 0 else 0
        for cell in root.cells(lo, hi):
            first[cell] = min(first[cell], begin)
            end[cell] = max(end[cell], finish)
    # Bytes that nobody touches have one step; if they are results, no one knows when they come, so all steps.
    root.live = [(s if s < steps else 0, e if e else 1) for s, e in zip(first, end, strict=True)]


def _is_there_first(buffer: Buffer) -> bool:
    staged_constant = buffer.kind is Kind.CONSTANT and buffer.external and buffer.staged
    return buffer.kind in (Kind.INPUT, Kind.VARIABLE) or staged_constant


def _lifetime(
    buffer: Buffer, root: Root, root_of: dict[str, tuple[str, int]], touches: dict[str, list[int]], steps: int
) -> tuple[int, int]:
    at = touches.get(buffer.id)
    offset = root_of[buffer.id][1]
    if _is_there_first(buffer):
        start, end = 0, at[-1] + 1 if at else 1
    elif at:
        start, end = at[0], at[-1] + 1
    else:
        cells = [root.live[cell][0] for cell in root.cells(offset, offset + buffer.size)]
        start = min(cells, default=0)
        end = start + 1
    keeps = buffer.live_out or buffer.kind in (Kind.OUTPUT, Kind.VARIABLE)
    return start, steps if keeps else end
