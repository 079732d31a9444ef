"""What stays in L2 when not all of it fits; the rest lives in DDR for its whole life.

The rule: the item that saves the most traffic a byte stays first, as long as the load allows. If what stays cannot be
packed, the packer itself leaves items out, by the same value. Items pinned to L2 never leave. Parts of lifetimes and
copies between memories are not considered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from l2opt.errors import DeadlinePassed, Infeasible
from l2opt.plan.items import Item
from l2opt.plan.model import Memory
from l2opt.plan.options import Options
from l2opt.plan.pack import Packed, keep_by_load, least_peak, pack, pack_within
from l2opt.sizes import format_size

__all__ = ["Residency", "reside", "too_large"]

_SHOWN = 5  # buffers named in a message


@dataclass(frozen=True, slots=True)
class Residency:
    """Offsets in L2, an item each; None: it is in DDR."""

    offsets: tuple[int | None, ...]
    peak: int  # bytes
    lower_bound: int  # bytes; of any packing of what stays
    winner: str


def reside(items: Sequence[Item], memory: Memory, options: Options, seconds: float) -> Residency:
    """`items` have bytes and may all be in `memory`. Raises Infeasible, naming what holds the peak."""
    alignment, capacity = memory.alignment, memory.capacity
    must = [item.pinned == memory.name or options.spill == "never" for item in items]
    bound = least_peak(items, alignment)
    if capacity is None or bound <= capacity:
        packed = pack(items, alignment, options, seconds, search=True)
        if capacity is None or packed.peak <= capacity:
            return Residency(packed.offsets, packed.peak, bound, packed.winner)
    pinned = [item for item, m in zip(items, must, strict=True) if m]
    if least_peak(pinned, alignment) > capacity:
        raise too_large(pinned, memory)
    packed = _kept(items, memory, must, options, seconds)
    kept = [item for item, offset in zip(items, packed.offsets, strict=True) if offset is not None]
    return Residency(packed.offsets, packed.peak, least_peak(kept, alignment), packed.winner)


def _kept(items: Sequence[Item], memory: Memory, must: Sequence[bool], options: Options, seconds: float) -> Packed:
    alignment, capacity = memory.alignment, memory.capacity
    assert capacity is not None
    stays = keep_by_load(items, alignment, capacity, must)
    kept_items = [item for item, kept in zip(items, stays, strict=True) if kept]
    packed = pack(kept_items, alignment, options, seconds, enough=capacity, search=True)
    if packed.peak <= capacity:
        offsets = iter(packed.offsets)
        return Packed(tuple(next(offsets) if kept else None for kept in stays), packed.peak, packed.winner)
    within = pack_within(items, alignment, capacity, must, options, seconds)
    if within is None:
        raise DeadlinePassed(
            f"no packing of what must be in {memory.name} was found within its {capacity} B; the best has "
            f"{packed.peak} B. This does not prove that there is none"
        )
    return within


def too_large(items: Sequence[Item], memory: Memory) -> Infeasible:
    assert memory.capacity is not None
    load: dict[int, int] = {}
    for item in items:
        for start, end, lo, hi in item.pieces:
            load[start] = load.get(start, 0) + hi - lo
            load[end] = load.get(end, 0) - (hi - lo)
    step, largest, now = 0, 0, 0
    for time in sorted(load):
        now += load[time]
        if now > largest:
            step, largest = time, now
    needed = least_peak(items, memory.alignment)
    live = {item.name: sum(p[3] - p[2] for p in item.pieces if p[0] <= step < p[1]) for item in items}
    names = sorted((name for name in live if live[name]), key=lambda name: (-live[name], name))
    shown = ", ".join(f"{name!r} ({live[name]} B)" for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Infeasible(
        f"{memory.name} needs {needed} B, {needed - memory.capacity} B more than its capacity of {memory.capacity} B "
        f"({format_size(memory.capacity)}): at step {step} it holds {shown}{more}",
        tuple(names),
    )
