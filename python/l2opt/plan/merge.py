"""Which choices to share bytes where one buffer dies and another is born can be taken together, under one order.

In place: a kernel may write `target` over `source` when nothing needs the source's storage afterwards: every buffer in
it is dead once the kernel has run, and the kernel touches that storage only by reading `source`. The target must come
to life there, be no larger, be no view, and be written by that kernel alone then. A source that is strided, or not
aligned inside its storage, is not written over.
Overlap: the same, but for the sizes; the source is a root that starts a distance above the target. It is displaced as a
whole, so it is itself no target that may be in place.
One source and one target each. Storage that is external, constant or pinned elsewhere shares nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from l2opt.plan.lifetimes import Lifetimes, lives_on
from l2opt.plan.model import InPlace, Kind, Overlap, Problem
from l2opt.plan.storage import Storage

__all__ = [
    "NO_SHARES",
    "Joined",
    "Shares",
    "in_place_possible",
    "legal_shares",
    "overlap_distance",
    "overlap_possible",
    "taken_of",
]


@dataclass(frozen=True, slots=True)
class Shares:
    """Choices that may be taken, if the order makes them legal."""

    in_place: tuple[InPlace, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    instead: tuple[Overlap, ...] = ()  # of sources that may be in place: only where those are not written in place

    @staticmethod
    def of(problem: Problem, overlap: str) -> Shares:
        """All that a problem has; of a kernel's overlaps the one that needs fewest bytes for both, if that saves any.

        A pair that may lie one within the other is no pair to write in place.
        """
        nested = {frozenset((choice.part, choice.whole)) for choice in problem.within}
        in_place = tuple(c for c in problem.in_place if not nested or frozenset((c.source, c.target)) not in nested)
        if overlap == "none":
            return Shares(in_place)
        targets = {choice.target for choice in in_place}
        size = {buffer.id: buffer.size for buffer in problem.buffers}
        least: dict[tuple[bool, str], tuple[int, Overlap]] = {}
        for choice in problem.overlaps:
            need = max(overlap_distance(problem, choice) + size[choice.source], size[choice.target])
            key = choice.source in targets, choice.kernel
            if need < size[choice.source] + size[choice.target] and (key not in least or need < least[key][0]):
                least[key] = need, choice
        overlaps = tuple(choice for (clash, _), (_, choice) in least.items() if not clash)
        instead = (choice for (clash, name), (_, choice) in least.items() if clash and (False, name) not in least)
        return Shares(in_place, overlaps, tuple(instead))

    def taking(self, overlaps: Collection[Overlap]) -> Shares:
        """With these overlaps alone, and without what would be in place where they have their sources."""
        sources = {choice.source for choice in overlaps}
        return Shares(tuple(c for c in self.in_place if c.target not in sources), tuple(overlaps))


NO_SHARES = Shares()


@dataclass(frozen=True, slots=True)
class Joined:
    """Choices taken, buffers by index."""

    in_place: Mapping[int, int] = field(default_factory=dict)  # target -> source
    overlaps: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # source -> target, distance in bytes

    def under(self, root: int) -> tuple[int, int] | None:
        """The buffer that a root starts above, and by how many bytes."""
        if root in self.in_place:
            return self.in_place[root], 0
        return self.overlaps.get(root)

    def without(self, targets: Collection[int]) -> Joined:
        """As it is, but that these targets share nothing."""
        return Joined(
            {target: source for target, source in self.in_place.items() if target not in targets},
            {source: under for source, under in self.overlaps.items() if under[0] not in targets},
        )


def legal_shares(storage: Storage, lifetimes: Lifetimes, step_of: Mapping[str, int], shares: Shares) -> Joined:
    """In place first; of several sources the one with fewest bytes left over, then as listed."""
    kernel_of = {kernel.id: k for k, kernel in enumerate(storage.problem.kernels)}
    spans = _spans(storage, lifetimes)
    sources: set[int] = set()  # roots

    def timely(step: int, source: int, target: int) -> bool:
        return spans[storage.root[source]][1] == step + 1 and spans[storage.root[target]][0] == step

    in_place: dict[int, int] = {}
    for step, _, n in sorted(_in_place_by_size(storage, shares, step_of)):
        choice = shares.in_place[n]
        source, target = storage.index[choice.source], storage.index[choice.target]
        if target in in_place or storage.root[source] in sources or not timely(step, source, target):
            continue
        if in_place_possible(storage, kernel_of[choice.kernel], source, target):
            in_place[target] = source
            sources.add(storage.root[source])
    overlaps: dict[int, tuple[int, int]] = {}
    for overlap in shares.overlaps:
        source, target = storage.index[overlap.source], storage.index[overlap.target]
        if target in in_place or source in sources or not timely(step_of[overlap.kernel], source, target):
            continue
        if overlap_possible(storage, kernel_of[overlap.kernel], overlap):
            overlaps[source] = (target, overlap_distance(storage.problem, overlap))
    return Joined(in_place, overlaps)


def taken_of(storage: Storage, shares: Shares, joined: Joined) -> Shares:
    """Those choices that were taken."""
    index = storage.index
    return Shares(
        tuple(c for c in shares.in_place if joined.in_place.get(index[c.target]) == index[c.source]),
        tuple(c for c in shares.overlaps if joined.overlaps.get(index[c.source], (-1, 0))[0] == index[c.target]),
    )


def overlap_distance(problem: Problem, choice: Overlap) -> int:
    """Bytes from the target's start to the source's: a multiple of the alignment."""
    alignment = problem.l2.alignment
    return -(-choice.distance // alignment) * alignment


def in_place_possible(storage: Storage, kernel: int, source: int, target: int) -> bool:
    """Whether only the order decides if `target` may be written over `source`, which starts where a buffer may."""
    buffers = storage.problem.buffers
    aligned = storage.offset[source] % storage.problem.l2.alignment == 0
    if not aligned or source in storage.strided or not 0 < buffers[target].size <= buffers[source].size:
        return False
    return _may_share(storage, kernel, source, target)


def overlap_possible(storage: Storage, kernel: int, choice: Overlap) -> bool:
    """Whether only the order decides, and what is in place, if the target may lie below the source."""
    buffers = storage.problem.buffers
    source, target = storage.index[choice.source], storage.index[choice.target]
    if storage.root[source] != source or not (buffers[source].size and buffers[target].size):
        return False
    return len(storage.problem.kernels[kernel].writes) == 1 and _may_share(storage, kernel, source, target)


def _in_place_by_size(storage: Storage, shares: Shares, step_of: Mapping[str, int]) -> list[tuple[int, int, int]]:
    buffers = storage.problem.buffers
    return [
        (step_of[choice.kernel], buffers[storage.index[choice.source]].size, n)
        for n, choice in enumerate(shares.in_place)
    ]


def _spans(storage: Storage, lifetimes: Lifetimes) -> dict[int, tuple[int, int]]:
    """Root -> from the first access of any of its bytes to the last; to infinity if any of it lives on."""
    spans = {i: lifetimes.stored[i] for i, root in enumerate(storage.root) if i == root}
    for i, buffer in enumerate(storage.problem.buffers):
        if lives_on(buffer):
            root = storage.root[i]
            spans[root] = (spans[root][0], lifetimes.steps + 1)
    return spans


def _may_share(storage: Storage, kernel: int, source: int, target: int) -> bool:
    buffers = storage.problem.buffers
    under, over = storage.root[source], storage.root[target]
    if over != target or under == over or storage.external(source) or storage.external(target):
        return False
    if storage.constant(source) or buffers[target].kind in (Kind.INPUT, Kind.CONSTANT, Kind.VARIABLE):
        return False
    if buffers[under].pinned != buffers[over].pinned:
        return False
    uses = [access for access in storage.accesses[kernel] if storage.root[access.buffer] in (under, over)]
    wanted = sorted([(source, True, False), (target, False, True)])
    return sorted((access.buffer, access.reads, access.writes) for access in uses) == wanted
