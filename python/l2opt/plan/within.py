"""Which zero-copy choices can be taken together, and the storage that results.

A part that is taken becomes a view of its whole, its extent as its size; whoever writes the part writes into the whole,
and the kernel that joins the two moves only the rest. Part and whole are one value, so nothing is in the way but this:
each of them is written whole, by one kernel at most; a part has one whole, and lies in no circle. What enters, leaves
or stays behind a program is no part. A whole may be an input that is only read, or a result.

Views of a strided part are of all of it. It may be a whole itself where its rows are known and its own parts start in
the first of them. Dependencies between kernels are those of the problem without such merges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from l2opt.plan.lifetimes import lives_on
from l2opt.plan.model import Alias, Kind, Within
from l2opt.plan.storage import Access, Storage, resolve_storage

__all__ = ["Wholes", "possible_within", "store_within"]


def possible_within(storage: Storage) -> tuple[int, ...]:
    """Indices of the choices that can be taken each on its own. `storage`: of a problem where none is."""
    rules = _Rules(storage)
    return tuple(n for n, choice in enumerate(storage.problem.within) if rules.allow(choice))


class Wholes:
    """Choices taken together, as they are added one by one."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        buffers = storage.problem.buffers
        self._cut = {root for i, root in enumerate(storage.root) if buffers[i].size != buffers[root].size}
        self._parts: dict[int, list[int]] = {}  # root -> parts taken inside it
        self.taken: dict[int, int] = {}  # part (a root) -> choice

    def add(self, n: int) -> bool:
        """Whether choice `n`, one of `possible_within`, can be taken beside the others; then it is."""
        storage, choice = self._storage, self._storage.problem.within[n]
        part, whole = (storage.root[storage.index[name]] for name in (choice.part, choice.whole))
        at: int | None = whole
        while at is not None and at != part:
            at = self._root_above(at)
        if part in self.taken or at == part:
            return False
        self.taken[part] = n
        if not self._sound(part):
            del self.taken[part]
            return False
        self._parts.setdefault(whole, []).append(part)
        return True

    def extent(self, part: int) -> int:
        """Bytes from the first to the end of what is taken, in the storage that results."""
        choice = self._choice(part)
        return self._at(choice, choice.offset + choice.extent - 1) + 1 - self._at(choice, choice.offset)

    def strided(self, part: int) -> bool:
        return self.extent(part) > self._storage.problem.buffers[part].size

    def _choice(self, part: int) -> Within:
        return self._storage.problem.within[self.taken[part]]

    def _root_above(self, root: int) -> int | None:
        if root not in self.taken:
            return None
        return self._storage.root[self._storage.index[self._choice(root).whole]]

    def _at(self, choice: Within, byte: int) -> int:
        """Where a byte of the whole lies, from the start of the whole."""
        whole = self._storage.index[choice.whole]
        root, offset = self._storage.root[whole], self._storage.offset[whole]
        return self._place(root, offset + byte) - self._place(root, offset)

    def _place(self, root: int, byte: int) -> int:
        """Where a byte of a root lies, in the root that it is part of in the end."""
        storage, size = self._storage, self._storage.problem.buffers
        while root in self.taken:
            choice = self._choice(root)
            whole = storage.index[choice.whole]
            if choice.extent > size[root].size:
                run, row = size[root].size // choice.rows, size[whole].size // choice.rows
                byte = byte // run * row + byte % run
            root, byte = storage.root[whole], storage.offset[whole] + choice.offset + byte
        return byte

    def _sound(self, part: int) -> bool:
        """Of a part that is taken: its place, and those of the parts inside it."""
        above = self._root_above(part)
        if above is not None and above in self.taken:
            if self._strided_somewhere_unknown(above):
                return False
            choice = self._choice(part)
            if self._at(choice, choice.offset) != choice.offset:
                return False
        if self.strided(part) and part in self._cut:
            return False
        if self._parts.get(part) and self._strided_somewhere_unknown(part):
            return False
        return all(self._sound(inner) for inner in self._parts.get(part, ()))

    def _strided_somewhere_unknown(self, root: int) -> bool:
        at: int | None = root
        while at is not None and at in self.taken:
            choice = self._choice(at)
            if choice.extent > self._storage.problem.buffers[at].size and not choice.rows:
                return True
            at = self._root_above(at)
        return False


def store_within(storage: Storage, choices: Iterable[int]) -> Storage:
    """The storage with as many of `choices` taken as can be, the first ones first. O(buffers)."""
    wholes = Wholes(storage)
    for n in choices:
        wholes.add(n)
    if not wholes.taken:
        return storage
    problem = storage.problem
    strided = frozenset(part for part in wholes.taken if wholes.strided(part))
    scattered = frozenset(i for i, root in enumerate(storage.root) if root in strided)
    buffers = list(problem.buffers)
    for i in scattered:
        buffers[i] = replace(buffers[i], size=wholes.extent(storage.root[i]))
    for part, n in wholes.taken.items():
        buffers[part] = replace(buffers[part], view_of=Alias(problem.within[n].whole, problem.within[n].offset))
    merged = resolve_storage(replace(problem, buffers=tuple(buffers)))
    accesses = _accesses(storage, wholes.taken.values())
    return replace(merged, strided=scattered, within=dict(wholes.taken), accesses=accesses)


def _accesses(storage: Storage, taken: Iterable[int]) -> tuple[tuple[Access, ...], ...]:
    """As they were, but for what the kernels need not move."""
    problem = storage.problem
    by_kernel: dict[str, list[Within]] = {}
    for n in sorted(taken):
        by_kernel.setdefault(problem.within[n].kernel, []).append(problem.within[n])
    places = Counter((choice.kernel, storage.root[storage.index[choice.part]]) for choice in problem.within)
    several = {key for key, count in places.items() if count > 1}
    accesses = list(storage.accesses)
    for k, kernel in enumerate(problem.kernels):
        if kernel.id in by_kernel:
            again = {root for name, root in several if name == kernel.id}
            accesses[k] = tuple(_rest(storage, access, k, by_kernel[kernel.id], again) for access in accesses[k])
    return tuple(accesses)


def _rest(storage: Storage, access: Access, kernel: int, taken: Iterable[Within], again: Collection[int]) -> Access:
    """What the kernel moves of one operand: of a part that it finds or leaves in its place nothing, but what it reads
    of one to move it to another place as well (`again`: roots); of a whole that it writes, what is no such part; a
    whole that it reads, still all of it if any part is not."""
    root, size = storage.root, storage.problem.buffers
    pairs = [(root[storage.index[choice.part]], root[storage.index[choice.whole]]) for choice in taken]
    here = root[access.buffer]
    if any(here == part for part, _ in pairs):
        return replace(access, read_bytes=access.read_bytes if here in again else 0, written_bytes=0)
    inside = [part for part, whole in pairs if whole == here]
    if not inside:
        return access
    if access.writes:
        return replace(access, written_bytes=access.written_bytes - sum(size[part].size for part in inside))
    left = [other for other in storage.accesses[kernel] if other.writes and root[other.buffer] not in inside]
    return access if left else replace(access, read_bytes=0)


class _Rules:
    """What can be said of a choice without knowing the others."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._number = {kernel.id: k for k, kernel in enumerate(storage.problem.kernels)}
        self._writers: dict[int, list[tuple[int, int]]] = {}  # root -> kernel, buffer
        for k, accesses in enumerate(storage.accesses):
            for access in accesses:
                if access.writes:
                    self._writers.setdefault(storage.root[access.buffer], []).append((k, access.buffer))
        self._leaves = {storage.root[i] for i, buffer in enumerate(storage.problem.buffers) if lives_on(buffer)}

    def allow(self, choice: Within) -> bool:
        storage, buffers = self._storage, self._storage.problem.buffers
        part, whole = storage.index[choice.part], storage.index[choice.whole]
        top, around = storage.root[part], storage.root[whole]
        if top == around or storage.offset[part] or buffers[part].size != buffers[top].size or not buffers[part].size:
            return False
        if choice.extent < buffers[part].size or choice.offset + choice.extent > buffers[whole].size:
            return False
        if not self._rows_hold(choice, buffers[part].size, buffers[whole].size):
            return False
        if buffers[top].kind is not Kind.TENSOR or top in self._leaves:
            return False
        if any(buffers[i].external or buffers[i].pinned for i in (top, around)):
            return False
        return self._joined(choice, part, whole)

    def _rows_hold(self, choice: Within, part: int, whole: int) -> bool:
        if choice.extent == part or not choice.rows:
            return True
        if choice.rows < 0 or part % choice.rows or whole % choice.rows:
            return False
        run, row = part // choice.rows, whole // choice.rows
        return choice.extent == (choice.rows - 1) * row + run and choice.offset + run <= row

    def _joined(self, choice: Within, part: int, whole: int) -> bool:
        """Whether the kernel reads the one and writes the other, and each is written whole, by one kernel at most."""
        storage, k = self._storage, self._number[choice.kernel]
        roots = (storage.root[part], storage.root[whole])
        uses = [access for access in storage.accesses[k] if storage.root[access.buffer] in roots]
        if len(uses) != 2 or not (self._once(part) and self._once(whole)):
            return False
        if storage.root[uses[0].buffer] != roots[0]:
            uses.reverse()
        if not (self._same(uses[0].buffer, part) and self._same(uses[1].buffer, whole)):
            return False
        how = [(access.reads, access.writes) for access in uses]
        kind = storage.problem.buffers[roots[1]].kind
        if how == [(True, False), (False, True)]:
            return kind in (Kind.TENSOR, Kind.OUTPUT)
        return how == [(False, True), (True, False)] and kind in (Kind.TENSOR, Kind.OUTPUT, Kind.INPUT)

    def _same(self, one: int, other: int) -> bool:
        """Whether two buffers are the same bytes."""
        storage, buffers = self._storage, self._storage.problem.buffers
        return (storage.root[one], storage.offset[one], buffers[one].size) == (
            storage.root[other],
            storage.offset[other],
            buffers[other].size,
        )

    def _once(self, buffer: int) -> bool:
        root, buffers = self._storage.root[buffer], self._storage.problem.buffers
        writers = self._writers.get(root, [])
        if buffers[root].kind is Kind.INPUT:
            return not writers
        return len(writers) == 1 and buffers[writers[0][1]].size == buffers[root].size
