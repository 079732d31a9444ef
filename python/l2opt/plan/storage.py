"""Which bytes each buffer is: views resolved to roots, and roots cut into units.

A root is a buffer that is no view. A unit is a range of a root's bytes that every buffer of that root covers wholly or
not at all; lifetimes and dependencies are taken by unit, so that slices of one root live and depend apart. The extent
of a strided view counts as covered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from l2opt.errors import L2OptError
from l2opt.plan.model import Buffer, Kernel, Kind, Problem

__all__ = ["Access", "Storage", "resolve_storage"]


@dataclass(frozen=True, slots=True)
class Access:
    """One kernel's use of one buffer."""

    buffer: int  # index in problem.buffers
    reads: bool
    writes: bool
    read_bytes: int  # that the kernel moves
    written_bytes: int

    @property
    def moved(self) -> int:
        return self.read_bytes + self.written_bytes


@dataclass(frozen=True, slots=True)
class Storage:
    """A problem by indices: buffers and kernels by their position in the problem, units by position here."""

    problem: Problem
    index: dict[str, int]  # buffer id -> index
    root: tuple[int, ...]  # buffer -> its root
    offset: tuple[int, ...]  # buffer -> bytes from the start of its root
    units: tuple[range, ...]  # buffer -> units that it covers, in the order of bytes; one even if it has no bytes
    unit_lo: tuple[int, ...]  # unit -> first byte in its root
    unit_hi: tuple[int, ...]  # unit -> end byte in its root
    accesses: tuple[tuple[Access, ...], ...]  # kernel -> its distinct operands, in the order of reads then writes
    strided: frozenset[int] = frozenset()  # buffers whose bytes lie scattered inside another; their size is the extent
    within: Mapping[int, int] = field(default_factory=dict)  # part (a root, were it apart) -> the choice taken for it

    def external(self, buffer: int) -> bool:
        return self.problem.buffers[self.root[buffer]].external

    def constant(self, buffer: int) -> bool:
        return self.problem.buffers[self.root[buffer]].kind is Kind.CONSTANT

    def roots(self) -> tuple[int, ...]:
        """Roots that the planner places, or may."""
        buffers = self.problem.buffers
        return tuple(
            i for i, root in enumerate(self.root) if i == root and (not buffers[i].external or buffers[i].staged)
        )

    def enters(self, buffer: int) -> bool:
        """Whether it holds something before the first step."""
        own = self.problem.buffers[buffer]
        staged_constant = own.kind is Kind.CONSTANT and own.external and own.staged
        return own.kind in (Kind.INPUT, Kind.VARIABLE) or staged_constant


def resolve_storage(problem: Problem) -> Storage:
    """Raises L2OptError for unknown or repeated names, views in a circle and views outside what they view."""
    index = {buffer.id: i for i, buffer in enumerate(problem.buffers)}
    if len(index) != len(problem.buffers):
        raise L2OptError(f"buffer {_repeated([b.id for b in problem.buffers])!r} is declared twice")
    root, offset = _resolve_views(problem.buffers, index)
    units, unit_lo, unit_hi = _cut(problem.buffers, root, offset)
    size = [buffer.size for buffer in problem.buffers]
    accesses = tuple(_accesses(kernel, index, size) for kernel in problem.kernels)
    return Storage(problem, index, root, offset, units, unit_lo, unit_hi, accesses)


def _repeated(names: Sequence[str]) -> str:
    ordered = sorted(names)
    return next(name for name, following in pairwise(ordered) if name == following)


def _resolve_views(buffers: Sequence[Buffer], index: dict[str, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    root = [-1] * len(buffers)
    offset = [0] * len(buffers)
    for i in range(len(buffers)):
        chain = []
        at = i
        while root[at] < 0:
            chain.append(at)
            root[at] = at
            view = buffers[at].view_of
            if view is None:
                break
            if view.buffer not in index:
                raise L2OptError(f"buffer {buffers[at].id!r} is a view of {view.buffer!r}, which is not declared")
            at = index[view.buffer]
            if at in chain:
                raise L2OptError(f"buffer {buffers[at].id!r} is a view of itself")
        for member in reversed(chain):
            view = buffers[member].view_of
            if view is None:
                continue
            source = index[view.buffer]
            root[member], offset[member] = root[source], offset[source] + view.offset
            _check_view(buffers[member], view.offset, buffers[source], buffers[root[source]])
    return tuple(root), tuple(offset)


def _check_view(buffer: Buffer, offset: int, source: Buffer, root: Buffer) -> None:
    if offset + buffer.size > source.size:
        raise L2OptError(
            f"buffer {buffer.id!r} is a view of {source.id!r} at {offset}: want at most {source.size} B, "
            f"got an end at {offset + buffer.size}"
        )
    if buffer.external and not root.external:
        raise L2OptError(f"buffer {buffer.id!r} is external, but a view of {root.id!r}, which is not")
    if buffer.pinned is not None and buffer.pinned != root.pinned:
        raise L2OptError(
            f"buffer {buffer.id!r} is pinned to {buffer.pinned}, but a view of {root.id!r}, "
            f"which is {'not pinned' if root.pinned is None else 'pinned to ' + root.pinned}"
        )


def _cut(
    buffers: Sequence[Buffer], root: Sequence[int], offset: Sequence[int]
) -> tuple[tuple[range, ...], tuple[int, ...], tuple[int, ...]]:
    members: dict[int, list[int]] = {}
    for i, top in enumerate(root):
        members.setdefault(top, []).append(i)
    units: list[range] = [range(0)] * len(buffers)
    unit_lo: list[int] = []
    unit_hi: list[int] = []
    for group in members.values():
        cuts = sorted({0, *(offset[i] for i in group), *(offset[i] + buffers[i].size for i in group)})
        ends = cuts[1:] or [0]
        first = len(unit_lo)
        unit_lo.extend(cuts[: len(ends)])
        unit_hi.extend(ends)
        at = {byte: first + k for k, byte in enumerate(cuts)}
        for i in group:
            start = min(at[offset[i]], first + len(ends) - 1)
            units[i] = range(start, max(start + 1, at[offset[i] + buffers[i].size]))
    return tuple(units), tuple(unit_lo), tuple(unit_hi)


def _accesses(kernel: Kernel, index: dict[str, int], size: Sequence[int]) -> tuple[Access, ...]:
    reads, writes, partly = kernel.reads, kernel.writes, dict(kernel.partly)
    for name in (*reads, *writes):
        if name not in index:
            raise L2OptError(f"kernel {kernel.id!r} uses buffer {name!r}, which is not declared")
    accesses = []
    for name in dict.fromkeys((*reads, *writes)):
        read, written = name in reads, name in writes
        bytes_ = size[index[name]]
        accesses.append(Access(index[name], read, written, partly.get(name, bytes_) * read, bytes_ * written))
    return tuple(accesses)
