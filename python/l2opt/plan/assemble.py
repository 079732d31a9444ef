"""From a layout to a plan: placements of every buffer, and what people are told of what stayed in DDR."""

from __future__ import annotations

from l2opt.plan.layout import Layout
from l2opt.plan.model import Alias, Memory, Placement, Plan, Status
from l2opt.plan.storage import Storage
from l2opt.plan.traffic import least_traffic
from l2opt.sizes import format_size

__all__ = ["assemble"]

_NAMED = 8  # buffers named in the notes


def assemble(
    storage: Storage, layout: Layout, baseline: dict[str, int], bound: int, load: int, seconds: dict[str, float]
) -> Plan:
    """`bound`: on the load of any order; `load`: of this one; both in bytes."""
    problem = storage.problem
    at = {
        root: (inside, offset + inner)
        for item, inside, offset in zip(layout.items, layout.in_l2, layout.offsets, strict=True)
        for root, inner in item.members
    }
    placements: dict[str, tuple[Placement, ...]] = {}
    for i, buffer in enumerate(problem.buffers):
        if storage.external(i):
            placements[buffer.id] = ()
            continue
        inside, offset = at[storage.root[i]]
        placements[buffer.id] = (_placement(inside, offset + storage.offset[i], layout.lifetimes.stored[i]),)
    scratch = {
        item.name: _placement(inside, offset, item.span)
        for item, inside, offset in zip(layout.items, layout.in_l2, layout.offsets, strict=True)
        if item.kernel is not None
    }
    at_bound = layout.l2_peak == layout.l2_lower_bound
    return Plan(
        order=tuple(problem.kernels[k].id for k in layout.order),
        lifetimes={b.id: own for b, own in zip(problem.buffers, layout.lifetimes.own, strict=True)},
        aliases=_aliases(storage, layout),
        placements=placements,
        scratch=scratch,
        copies=(),
        l2_peak=layout.l2_peak,
        l2_lower_bound=layout.l2_lower_bound,
        status=Status.OPTIMAL if at_bound else Status.FEASIBLE,
        ddr_peak=layout.ddr_peak,
        traffic=layout.traffic,
        traffic_lower_bound=least_traffic(storage),
        fits=layout.whole,
        baseline=baseline,
        seconds=seconds,
        notes=_notes(layout, problem.l2),
        order_peak_load=load,
        order_lower_bound=bound,
        order_proven=load == bound,
    )


def _placement(in_l2: bool, offset: int, interval: tuple[int, int]) -> Placement:
    return Placement("L2" if in_l2 else "DDR", offset, *interval)


def _aliases(storage: Storage, layout: Layout) -> dict[str, Alias]:
    buffers = storage.problem.buffers
    aliases = {}
    for i, buffer in enumerate(buffers):
        if buffer.view_of is not None:
            aliases[buffer.id] = buffer.view_of
        elif i in layout.in_place:
            aliases[buffer.id] = Alias(buffers[layout.in_place[i]].id)
    return aliases


def _notes(layout: Layout, l2: Memory) -> tuple[str, ...]:
    left = [
        item
        for item, inside in zip(layout.items, layout.in_l2, strict=True)
        if not inside and item.pinned != "DDR" and item.pieces
    ]
    left.sort(key=lambda item: (-item.size, item.name))
    notes = []
    for item in left[:_NAMED]:
        what = "scratch of kernel" if item.kernel is not None else "buffer"
        larger = l2.capacity is not None and item.size > l2.capacity
        why = "larger than L2" if larger else f"saves least traffic a byte: {item.value} B"
        notes.append(f"{what} {item.name!r} ({format_size(item.size)}) stays in DDR: {why}")
    if len(left) > _NAMED:
        rest = sum(item.size for item in left[_NAMED:])
        notes.append(f"{len(left) - _NAMED} more buffers ({format_size(rest)}) stay in DDR")
    return tuple(notes)
