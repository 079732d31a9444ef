"""Which buffers may lie inside others: the choices that kernels state, as far as every reader and writer can do it.

What is said of a view holds for the buffer that it is a view of. A part must be a tensor with one writer that nobody
outside sees; a whole may be an output too, or, to be read from, an input. Where a part would have gaps, all its views
must be expressible with them, in every chain of parts that the choices allow, and no kernel that uses it may ask for
contiguous operands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from math import prod

from l2opt.mlir import func, ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.move_kernels import Choice, Known, choices_of, contiguous_operands
from l2opt.passes.regions import blocks, dense_strides
from l2opt.plan import Alias, Buffer, Kernel, Kind, Within

__all__ = ["Offer", "offers_of"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice of a kernel, and what it is in the problem."""

    within: Within
    choice: int  # position in the kernel's `l2.within`
    region: Choice
    shape: tuple[int, ...]  # of the whole, as the kernel sees it
    part: str  # the buffer that the part is a view of, or itself
    whole: str  # the same of the whole

    @property
    def alias(self) -> Alias:
        return Alias(self.within.whole, self.within.offset)


@dataclass
class _Family:
    """A root and its views."""

    root: Buffer
    types: list[ir.RankedTensorType] = field(default_factory=list)
    writers: int = 0
    contiguous: bool = False  # a kernel wants one of them without gaps

    @property
    def may_be_part(self) -> bool:
        root = self.root
        kept = root.kind is not Kind.TENSOR or root.live_out or root.external or root.pinned is not None
        return not kept and self.writers == 1 and root.size > 0 and self._one_element_type()

    def may_be_whole(self, written: bool) -> bool:
        root = self.root
        kinds = (Kind.TENSOR, Kind.OUTPUT) if written else (Kind.TENSOR, Kind.OUTPUT, Kind.INPUT)
        free = root.kind in kinds and not root.external and root.pinned is None
        return free and self.writers == (root.kind is not Kind.INPUT) and self._one_element_type()

    def _one_element_type(self) -> bool:
        return len({type_.element_type for type_ in self.types}) == 1

    def blocks(self) -> frozenset[int]:
        """Where it may have breaks, in whatever shape it is used."""
        return frozenset.intersection(*(blocks(type_.shape) for type_ in self.types))


def offers_of(
    buffers: Sequence[Buffer],
    kernels: Sequence[Kernel],
    types: Mapping[str, ir.RankedTensorType],
    callees: Mapping[str, func.FuncOp],
) -> list[Offer]:
    """`types`: buffer id -> the tensor it holds. `callees`: kernel id -> its function."""
    known: Known = {}
    choices = {name: choices_of(fn, known) for name, fn in callees.items()}
    if not any(choices.values()):
        return []
    roots = _roots(buffers)
    families = _families(buffers, kernels, types, callees, roots)
    found = []
    stated: Counter[tuple[str, str]] = Counter()
    for kernel in kernels:
        for position, choice in enumerate(choices[kernel.id]):
            read, written = kernel.reads[choice.read], kernel.writes[choice.written]
            part, whole = (read, written) if choice.whole == "written" else (written, read)
            stated[kernel.id, roots[part]] += 1
            if families[roots[part]].may_be_part and families[roots[whole]].may_be_whole(choice.whole == "written"):
                within = _within(kernel.id, part, whole, choice, types[whole], families[roots[whole]].root.size)
                shape = tuple(types[whole].shape)
                found.append(Offer(within, position, choice, shape, roots[part], roots[whole]))
    found = _expressible(found, families, callees)
    left = Counter((offer.within.kernel, offer.part) for offer in found)
    # What has several places is read for the others; where some are not offered, nothing would tell.
    return [offer for offer in found if left[key := (offer.within.kernel, offer.part)] == stated[key]]


def _roots(buffers: Sequence[Buffer]) -> dict[str, str]:
    """Buffer -> the one that it is a view of; views come after what they are views of."""
    roots: dict[str, str] = {}
    for buffer in buffers:
        roots[buffer.id] = buffer.id if buffer.view_of is None else roots[buffer.view_of.buffer]
    return roots


def _families(
    buffers: Sequence[Buffer],
    kernels: Sequence[Kernel],
    types: Mapping[str, ir.RankedTensorType],
    callees: Mapping[str, func.FuncOp],
    roots: Mapping[str, str],
) -> dict[str, _Family]:
    families: dict[str, _Family] = {}
    for buffer in buffers:
        family = families.setdefault(roots[buffer.id], _Family(buffer))
        family.types.append(types[buffer.id])
        family.contiguous |= buffer.size != family.root.size
    for kernel in kernels:
        operands = (*kernel.reads, *kernel.writes)
        for written in dict.fromkeys(kernel.writes):
            families[roots[written]].writers += 1
        for position in contiguous_operands(callees[kernel.id]):
            families[roots[operands[position]]].contiguous = True
    return families


def _within(kernel: str, part: str, whole: str, choice: Choice, type_: ir.RankedTensorType, size: int) -> Within:
    """`type_`, `size`: the tensor that the whole is, and its bytes."""
    strides = dense_strides(type_.shape)
    element = size // prod(type_.shape)
    region = choice.region
    offset, extent = region.start(strides) * element, region.extent(strides) * element
    return Within(kernel, part, whole, offset, extent, region.rows(type_.shape))


def _expressible(
    offers: Sequence[Offer], families: Mapping[str, _Family], callees: Mapping[str, func.FuncOp]
) -> list[Offer]:
    """Those whose parts can have the gaps that they, and any further offers for their wholes, would give them."""
    by_part: dict[str, list[Offer]] = {}
    for offer in offers:
        by_part.setdefault(offer.part, []).append(offer)
    wholes = {part: {offer.whole for offer in group} for part, group in by_part.items()}
    try:
        order = tuple(TopologicalSorter(wholes).static_order())
    except CycleError as error:
        kernel = next(o.within.kernel for o in offers if o.part in error.args[1])
        raise LocatedError(callees[kernel], "'l2.within': buffers would lie inside one another in a circle") from None
    breaks: dict[str, frozenset[int]] = {}
    kept: set[int] = set()
    for part in order:
        found: frozenset[int] = frozenset()
        for offer in by_part.get(part, ()):
            these = offer.region.region.breaks(offer.shape, breaks[offer.whole])
            family = families[part]
            if these <= family.blocks() and not (these and family.contiguous):
                found |= these
                kept.add(id(offer))
        breaks[part] = found
    return [offer for offer in offers if id(offer) in kept]
