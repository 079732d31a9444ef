"""The checker on merges: which choice of the problem each alias of a plan takes, and whether zero-copy ones are sound.

What lies within a whole becomes a view of it here, its extent as its size, so that everything else is derived from
storage as the plan has it. Shares nothing with the planner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from l2opt.plan.model import Alias, Buffer, InPlace, Kernel, Kind, Overlap, Plan, Problem, Within

__all__ = ["Merges", "merges_of", "moved"]


@dataclass(slots=True)
class Merges:
    """The choices that a plan takes. `stored`: the problem with zero-copy parts as views."""

    problem: Problem
    stored: Problem
    in_place: dict[str, InPlace] = field(default_factory=dict)  # target -> choice
    overlaps: dict[str, Overlap] = field(default_factory=dict)  # source -> choice
    within: dict[str, Within] = field(default_factory=dict)  # part, or the root that it is a view of -> choice
    strided: set[str] = field(default_factory=set)
    here: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # kernel -> roots that it need not join
    root: dict[str, str] = field(default_factory=dict)  # buffer -> the one that it is a view of, in the problem
    size: dict[str, int] = field(default_factory=dict)  # buffer -> bytes, those of a strided one alone
    several: set[tuple[str, str]] = field(default_factory=set)  # kernel, root: it may lie at more than one place there
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.size = {buffer.id: buffer.size for buffer in self.problem.buffers}
        buffers = {buffer.id: buffer for buffer in self.problem.buffers}
        self.root = {name: _unmerged_root(buffers, name) for name in buffers}
        places = Counter(
            (choice.kernel, self.root[choice.part]) for choice in self.problem.within if choice.part in buffers
        )
        self.several = {key for key, count in places.items() if count > 1}


def merges_of(problem: Problem, plan: Plan) -> Merges:
    """If something is `wrong`, nothing else is sure."""
    merges = Merges(problem, problem)
    buffers = {buffer.id: buffer for buffer in problem.buffers}
    choices = _choices(problem, buffers)
    for name, alias in plan.aliases.items():
        if name not in buffers or alias.buffer not in buffers:
            merges.wrong.append(f"alias of {name!r} to {alias.buffer!r}: want names of buffers")
        elif buffers[name].view_of is not None:
            if alias != buffers[name].view_of:
                merges.wrong.append(
                    f"buffer {name!r}: want the alias {buffers[name].view_of}, as the problem has it, got {alias}"
                )
        else:
            _classify(merges, choices.get((name, alias.buffer), []), name, alias)
    merges.wrong += [
        f"buffer {name!r}: want the alias {buffer.view_of}, as the problem has it, got none"
        for name, buffer in buffers.items()
        if buffer.view_of is not None and name not in plan.aliases
    ]
    if not merges.wrong and merges.within:
        layout = _Layout(problem, buffers, merges.within)
        merges.wrong += [line for part in merges.within for line in _check_part(layout, part)]
        if not merges.wrong:
            merges.stored = replace(problem, buffers=tuple(layout.stored(buffer) for buffer in problem.buffers))
            scattered = [part for part in merges.within if layout.extent(part) > buffers[part].size]
            merges.strided = {member.id for part in scattered for member in layout.members[part]}
    return merges


def moved(merges: Merges, kernel: Kernel) -> dict[str, int]:
    """Operand -> bytes that the kernel moves: none of a part in its place, and of its whole the rest.

    A part that has more than one place there is still read.
    """
    here, root = merges.here.get(kernel.id, []), merges.root
    reads, writes, partly = kernel.reads, kernel.writes, dict(kernel.partly)
    parts = {part for part, _ in here}
    total = {}
    for name in dict.fromkeys((*reads, *writes)):
        inside = [part for part, whole in here if whole == root[name]]
        read = partly.get(name, merges.size[name]) if name in reads else 0
        total[name] = read + merges.size[name] * (name in writes)
        if root[name] in parts:
            total[name] = read if (kernel.id, root[name]) in merges.several else 0
        elif inside and name in reads and {root[each] for each in writes} <= set(inside):
            total[name] = 0
        elif name in writes:
            total[name] -= sum(merges.size[part] for part in inside)
    return total


Choices = dict[tuple[str, str], list[Within | InPlace | Overlap]]


def _choices(problem: Problem, buffers: dict[str, Buffer]) -> Choices:
    """The alias that would take them -> zero-copy choices first, then in place, then overlaps."""
    choices: Choices = {}
    for nested in problem.within:
        name, view = nested.part, buffers[nested.part].view_of
        if view is not None and view.offset == 0 and buffers[view.buffer].size == buffers[name].size:
            name = _unmerged_root(buffers, name)
        choices.setdefault((name, nested.whole), []).append(nested)
    for choice in problem.in_place:
        choices.setdefault((choice.target, choice.source), []).append(choice)
    for overlap in problem.overlaps:
        choices.setdefault((overlap.source, overlap.target), []).append(overlap)
    return choices


def _is_apart(choice: Overlap, above: int) -> bool:
    """Whether a source that starts `above` bytes above its target is where the choice wants it."""
    return above == choice.distance if choice.exact else above >= choice.distance


def _classify(merges: Merges, choices: list[Within | InPlace | Overlap], name: str, alias: Alias) -> None:
    for choice in choices:
        if isinstance(choice, Within) and choice.offset == alias.offset:
            merges.within[name] = choice
            roots = (merges.root[choice.part], merges.root[choice.whole])
            merges.here.setdefault(choice.kernel, []).append(roots)
            return
        if isinstance(choice, InPlace) and alias.offset == 0:
            merges.in_place[name] = choice
            return
        if isinstance(choice, Overlap) and _is_apart(choice, alias.offset):
            merges.overlaps[name] = choice
            return
    merges.wrong.append(f"buffer {name!r}: shares {alias.buffer!r} at {alias.offset}, which no choice allows")


class _Layout:
    """Where the bytes of parts lie, and who uses them."""

    def __init__(self, problem: Problem, buffers: dict[str, Buffer], within: dict[str, Within]) -> None:
        self.buffers = buffers
        self.within = within
        self.kernels = {kernel.id: kernel for kernel in problem.kernels}
        self.members: dict[str, list[Buffer]] = {}
        for buffer in problem.buffers:
            self.members.setdefault(_unmerged_root(buffers, buffer.id), []).append(buffer)
        self.writes: dict[str, list[tuple[str, str]]] = {}  # root -> kernel, buffer
        for kernel in problem.kernels:
            for name in dict.fromkeys(kernel.writes):
                self.writes.setdefault(_unmerged_root(buffers, name), []).append((kernel.id, name))

    def above(self, name: str) -> tuple[str, int] | None:
        view, choice = self.buffers[name].view_of, self.within.get(name)
        if view is not None:
            return view.buffer, view.offset
        return None if choice is None else (choice.whole, choice.offset)

    def chain(self, name: str) -> Iterator[str]:
        """The names that it lies in, itself first; for ever, if they are a circle."""
        yield name
        while (above := self.above(name)) is not None:
            name = above[0]
            yield name

    def address(self, name: str, byte: int) -> int:
        """Byte of a buffer -> byte of the storage at the end of its chain."""
        above = self.above(name)
        if above is None:
            return byte
        choice = self.within.get(name)
        if choice is not None and choice.extent > self.buffers[name].size:
            run = self.buffers[name].size // choice.rows
            row = self.buffers[choice.whole].size // choice.rows
            return self.address(choice.whole, choice.offset + byte // run * row + byte % run)
        return self.address(above[0], above[1] + byte)

    def extent(self, part: str) -> int:
        choice = self.within[part]
        last = self.address(choice.whole, choice.offset + choice.extent - 1)
        return last + 1 - self.address(choice.whole, choice.offset)

    def bytes_of(self, name: str) -> tuple[str, int, int]:
        """Root, offset and size, with nothing merged."""
        offset, size = 0, self.buffers[name].size
        while (view := self.buffers[name].view_of) is not None:
            name, offset = view.buffer, offset + view.offset
        return name, offset, size

    def stored(self, buffer: Buffer) -> Buffer:
        part = _unmerged_root(self.buffers, buffer.id)
        if part not in self.within:
            return buffer
        extent = self.extent(part)
        if extent > self.buffers[part].size:
            buffer = replace(buffer, size=extent)
        if buffer.id != part:
            return buffer
        return replace(buffer, view_of=Alias(self.within[part].whole, self.within[part].offset))


def _check_part(layout: _Layout, part: str) -> Iterator[str]:
    choice, buffers = layout.within[part], layout.buffers
    what = f"buffer {part!r} within {choice.whole!r}"
    chain = []
    for name in layout.chain(part):
        if name in chain:
            yield f"{what}: want no circle"
            return
        chain.append(name)
    size, room = buffers[part].size, buffers[choice.whole].size
    if not size or choice.extent < size or choice.offset + choice.extent > room:
        yield f"{what}: want {size} B inside {room} B, got [{choice.offset}, {choice.offset + choice.extent})"
        return
    if choice.rows and choice.extent > size:
        yield from _check_rows(what, choice, size, room)
    outer = [name for name in chain[1:] if name in layout.within]
    scattered = [name for name in outer if layout.within[name].extent > buffers[name].size]
    if any(not layout.within[name].rows for name in scattered):
        yield f"{what}: want the rows of {scattered[0]!r} known, which is strided"
        return
    if layout.address(choice.whole, choice.offset) != layout.address(choice.whole, 0) + choice.offset:
        yield f"{what}: want its start in the first row of what is strided"
    if layout.extent(part) > size and any(member.size != size for member in layout.members[part]):
        yield f"{what}: is strided, want no views of some of it"
    yield from _check_kinds(layout, what, part, _unmerged_root(buffers, choice.whole))
    yield from _check_users(layout, what, choice)


def _check_rows(what: str, choice: Within, size: int, room: int) -> Iterator[str]:
    run, row = size // max(choice.rows, 1), room // max(choice.rows, 1)
    fits = choice.rows > 0 and run * choice.rows == size and row * choice.rows == room and choice.offset + run <= row
    if not fits or choice.extent != row * (choice.rows - 1) + run:
        yield f"{what}: want {choice.rows} equal runs in equal rows, got {size} B in {choice.extent} B of {room} B"


def _unmerged_root(buffers: dict[str, Buffer], name: str) -> str:
    while (view := buffers[name].view_of) is not None:
        name = view.buffer
    return name


def _check_kinds(layout: _Layout, what: str, part: str, whole: str) -> Iterator[str]:
    for buffer in layout.members[part]:
        if buffer.live_out or buffer.kind is not Kind.TENSOR or buffer.pinned or buffer.external:
            yield f"{what}: want a tensor that does not leave and may be anywhere, got {buffer.id!r}"
    holder = layout.buffers[whole]
    if holder.external or holder.pinned or holder.kind in (Kind.CONSTANT, Kind.VARIABLE):
        yield f"{what}: want {whole!r} to be no constant or state, and free to be anywhere"


def _check_users(layout: _Layout, what: str, choice: Within) -> Iterator[str]:
    buffers = layout.buffers
    roots = [_unmerged_root(buffers, name) for name in (choice.part, choice.whole)]
    if roots[0] == roots[1]:
        yield f"{what}: want two buffers, got views of one"
    for root in roots:
        writes = layout.writes.get(root, [])
        wanted = 0 if buffers[root].kind is Kind.INPUT else 1
        if len(writes) != wanted or any(buffers[name].size != buffers[root].size for _, name in writes):
            yield f"{what}: want {root!r} written whole by {wanted} kernels, got writes by {[by for by, _ in writes]}"
    kernel = layout.kernels[choice.kernel]
    read, written = (
        [layout.bytes_of(name) for name in dict.fromkeys(names) if _unmerged_root(buffers, name) in roots]
        for names in (kernel.reads, kernel.writes)
    )
    part, whole = layout.bytes_of(choice.part), layout.bytes_of(choice.whole)
    if (read, written) not in (([part], [whole]), ([whole], [part])):
        yield f"{what}: want {kernel.id!r} to read the one and to write the other, and no more of them"
