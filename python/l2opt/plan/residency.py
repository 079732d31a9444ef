"""What is in L2, and when, at least cost: the choice at every event of every item, and a bound on any such choice.

The load of a step counts lines of L2 (multiples of the alignment at which a byte of an item lies), which no two items
share; so a choice within the lines of L2 may still not pack, but one above them cannot. Where L2 ends within a line,
that one takes an item that ends there too. The native search is exact for the load where it says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

import l2opt._solver as _solver
from l2opt.plan.chunks import Choices, Pick
from l2opt.plan.events import Option, Timeline

__all__ = ["Chosen", "Effort", "choose", "lines_of"]

_PRECISION = 1 << 50  # costs are integers below this


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work to do; the result follows from it alone unless `seconds` (0: none) cuts it."""

    rounds: int = 400  # of the relaxation
    looks: int = 2_000_000  # options looked at
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best choice found; `cost` and `bound` in the unit of the costs."""

    choices: Choices | None  # None: none was found
    cost: float
    bound: float
    proven: bool


def lines_of(capacity: int, alignment: int) -> int:
    """Lines of L2, the last one perhaps in part."""
    return -(-capacity // alignment)


def choose(
    timelines: Sequence[Timeline], room: Sequence[int], whole: int, effort: Effort, below: float = math.inf
) -> Chosen:
    """The least cost, then the fewest copies.

    `room`: step -> lines. `whole`: those of L2 that are no part of a line. `below`: what costs no less is of no use,
    and the work ends once nothing can.
    """
    events = sorted(
        (event.step, t, k) for t, timeline in enumerate(timelines) for k, event in enumerate(timeline.events)
    )
    picked = [(t, timelines[t].events[k]) for _, t, k in events]
    options = [option for _, event in picked for option in event.options]
    scale = _scale([event.options for _, event in picked])
    costs = [round(option.cost * scale) + option.copies for option in options]
    known = 1 + sum(_largest(costs, [len(event.options) for _, event in picked]))
    useful = min(known, math.ceil(max(0.0, below) * scale)) if below < math.inf else known
    unlimited = sum(max((o.room for o in event.options), default=0) + event.gap for _, event in picked) + 1
    capacity = [
        most if tail else min(most, whole) for most, tail in zip(room, _tails(timelines, len(room)), strict=True)
    ]
    taken, _, bound, proven = _solver.reside(
        _ints([unlimited, *capacity, unlimited]),
        _ints([unlimited, *(min(most, whole) for most in room), unlimited]),
        _ints([t for t, _ in picked]),
        _ints([event.step + 1 for _, event in picked]),
        _ints(_starts([len(event.options) for _, event in picked])),
        _ints([event.gap for _, event in picked]),
        _ints([event.gap_tail for _, event in picked]),
        _ints([option.from_state for option in options]),
        _ints([option.to_state for option in options]),
        _ints(costs),
        _ints([option.room for option in options]),
        _ints([option.tail for option in options]),
        known,
        useful,
        effort.rounds,
        effort.looks,
        effort.seconds,
    )
    copies = sum(max((option.copies for option in event.options), default=0) for _, event in picked)
    low = max(0.0, (bound - copies) / scale)
    if below < math.inf and bound > useful - 0.5:
        low = max(low, below)
    if len(taken) != len(picked):
        return Chosen(None, math.inf, low, False) if picked else Chosen({}, 0.0, 0.0, True)
    found: dict[int, list[Pick]] = {timeline.item: [] for timeline in timelines}
    for (t, event), option in zip(picked, taken, strict=True):
        found[timelines[t].item].append(Pick(event, options[option]))
    total = sum(options[option].cost for option in taken)
    return Chosen({item: tuple(picks) for item, picks in found.items()}, total, total if proven else low, proven)


def _tails(timelines: Sequence[Timeline], steps: int) -> list[bool]:
    """Steps at which something may end in the part of a line that L2 ends with."""
    change = [0] * (steps + 2)
    for timeline in timelines:
        for event, after in zip(timeline.events, (*timeline.events[1:], None), strict=True):
            step = event.step + 1
            if any(option.tail for option in event.options):
                change[step] += 1
                change[step + 1] -= 1
            if event.gap_tail and after is not None:
                change[step + 1] += 1
                change[after.step + 1] -= 1
    return [count > 0 for count in accumulate(change)][1 : steps + 1]


def _scale(options: Sequence[Sequence[Option]]) -> float:
    """Costs times this are integers, and a copy more costs 1 of it."""
    largest = sum(max((option.cost for option in each), default=0) for each in options) + 1
    return 2.0 ** min(20, math.floor(math.log2(_PRECISION / largest)))


def _starts(counts: Sequence[int]) -> list[int]:
    starts = [0]
    for count in counts:
        starts.append(starts[-1] + count)
    return starts


def _largest(costs: Sequence[int], counts: Sequence[int]) -> list[int]:
    starts = _starts(counts)
    return [max(costs[a:b], default=0) for a, b in pairwise(starts)]


def _ints(values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)
