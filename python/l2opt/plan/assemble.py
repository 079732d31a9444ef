"""From a layout to a plan: placements of every buffer, and what people are told of what stayed in DDR."""

from __future__ import annotations

import math
from collections.abc import Sequence

from l2opt.plan.chunks import Chunk
from l2opt.plan.layout import Layout
from l2opt.plan.model import Alias, Memory, Placement, Plan, Status
from l2opt.plan.storage import Storage
from l2opt.plan.traffic import least_traffic
from l2opt.sizes import format_size

__all__ = ["assemble"]

_ROUNDING = 1e-11  # of a sum of costs
_NAMED = 8  # buffers named in the notes


def assemble(
    storage: Storage, layout: Layout, baseline: dict[str, int], bound: int, load: int, seconds: dict[str, float]
) -> Plan:
    """`storage`: with nothing merged; `bound`: on the load of any order; `load`: of this one; both in bytes."""
    least, storage = least_traffic(storage), layout.storage
    problem = storage.problem
    placed = _placed(storage, layout)
    placements: dict[str, tuple[Placement, ...]] = {}
    for i, buffer in enumerate(problem.buffers):
        placements[buffer.id] = _places(placed.get(storage.root[i], ()), layout, storage, i)
    scratch = {
        chunk.part.name: Placement(_memory(chunk), offset, chunk.start, chunk.end)
        for chunk, offset in zip(layout.chunks, layout.offsets, strict=True)
        if chunk.part.kernel is not None
    }
    at_bound = layout.l2_peak == layout.l2_lower_bound
    return Plan(
        order=tuple(problem.kernels[k].id for k in layout.order),
        lifetimes={b.id: own for b, own in zip(problem.buffers, layout.lifetimes.own, strict=True)},
        aliases=_aliases(layout),
        placements=placements,
        scratch=scratch,
        copies=layout.copies,
        l2_peak=layout.l2_peak,
        l2_lower_bound=layout.l2_lower_bound,
        l2_window=layout.l2_window,
        status=Status.OPTIMAL if at_bound else Status.FEASIBLE,
        ddr_peak=layout.ddr_peak,
        traffic=layout.traffic,
        traffic_lower_bound=_traffic_bound(least, layout),
        fits=layout.whole,
        baseline=baseline,
        seconds=seconds,
        notes=_notes(layout, problem.l2),
        order_peak_load=load,
        order_lower_bound=bound,
        order_proven=load == bound,
    )


def _placed(storage: Storage, layout: Layout) -> dict[int, list[tuple[Chunk | None, int]]]:
    """Root -> the chunks that it lies in, by start, and where in each; no chunk if its item has no bytes."""
    chunks: dict[int, list[tuple[Chunk, int]]] = {}
    for chunk, offset in zip(layout.chunks, layout.offsets, strict=True):
        chunks.setdefault(chunk.item, []).append((chunk, offset))
    placed: dict[int, list[tuple[Chunk | None, int]]] = {}
    for i, item in enumerate(layout.items):
        for root, inner in item.members:
            placed[root] = [(chunk, offset + inner) for chunk, offset in chunks.get(i, ())] or [(None, inner)]
    return placed


def _places(
    placed: Sequence[tuple[Chunk | None, int]], layout: Layout, storage: Storage, i: int
) -> tuple[Placement, ...]:
    if storage.external(i) and (not placed or placed[0][0] is None or not storage.problem.buffers[i].size):
        return ()
    start, end = layout.lifetimes.stored[i]
    inner = storage.offset[i]
    first, offset = placed[0]
    if first is None or not storage.problem.buffers[i].size:
        inside = storage.problem.buffers[storage.root[i]].pinned != "DDR" if first is None else first.in_l2
        return (Placement("L2" if inside else "DDR", offset + inner, start, end),)
    places = [
        Placement(_memory(chunk), offset + inner, max(start, chunk.start), min(end, chunk.end))
        for chunk, offset in placed
        if chunk is not None and chunk.start < end and start < chunk.end
    ]
    return tuple(sorted(places, key=lambda place: (place.start, place.end, place.memory)))


def _memory(chunk: Chunk) -> str:
    return "L2" if chunk.in_l2 else "DDR"


def _aliases(layout: Layout) -> dict[str, Alias]:
    buffers = layout.storage.problem.buffers
    aliases = {}
    for i, buffer in enumerate(buffers):
        under = layout.joined.under(i)
        if buffer.view_of is not None:
            aliases[buffer.id] = buffer.view_of
        elif under is not None:
            aliases[buffer.id] = Alias(buffers[under[0]].id, under[1])
    return aliases


def _traffic_bound(least: int, layout: Layout) -> int:
    """For its order and merges, whole bytes of what floating-point numbers bound."""
    bound = max(least, math.ceil(layout.traffic_bound * (1 - _ROUNDING) - _ROUNDING))
    assert bound <= layout.traffic, f"the traffic bound is unsound: {bound} B, and the plan moves {layout.traffic} B"
    return bound


def _notes(layout: Layout, l2: Memory) -> tuple[str, ...]:
    parts = sorted({chunk.item for chunk in layout.chunks if not chunk.in_l2})
    left = [layout.items[i] for i in parts if layout.items[i].pinned != "DDR"]
    left.sort(key=lambda item: (-item.size, item.name))
    at_times = {chunk.item for chunk in layout.chunks if chunk.in_l2}
    partly = {layout.items[i].name for i in parts if i in at_times}
    notes = []
    for item in left[:_NAMED]:
        what = "scratch of kernel" if item.kernel is not None else "buffer"
        if item.name in partly:
            why = "is in DDR at times: that moves fewest bytes"
        elif l2.capacity is not None and item.size > l2.capacity:
            why = "stays in DDR: larger than L2"
        else:
            why = "stays in DDR: that moves fewest bytes"
        notes.append(f"{what} {item.name!r} ({format_size(item.size)}) {why}")
    if len(left) > _NAMED:
        rest = sum(item.size for item in left[_NAMED:])
        notes.append(f"{len(left) - _NAMED} more buffers ({format_size(rest)}) stay in DDR, or are there at times")
    if layout.joined.overlaps:
        count = len(layout.joined.overlaps)
        notes.append(f"{count} kernels write over what they still read: the backend must keep their iteration order")
    return tuple(notes)
