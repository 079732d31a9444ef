"""A residency made better a window of steps at a time: what is chosen there is chosen anew, all else stays.

For what the search does not prove. Windows slide over the program until none of them gains; then wider ones do.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from l2opt.plan.chunks import Choices
from l2opt.plan.events import Event, Timeline
from l2opt.plan.residency import Chosen, Effort, choose

__all__ = ["improved"]

_WIDTHS = (12, 24)  # steps
_ROUNDS, _LOOKS = 60, 60_000  # of each


def improved(
    timelines: Sequence[Timeline], room: Sequence[int], whole: int, chosen: Chosen, work: int, seconds: float
) -> Chosen:
    """`chosen`, or what costs less; its bound stays.

    `work`: events of all windows; nothing is done if that is not enough to come to each step. `seconds`: until a
    deadline; 0: none.
    """
    end = time.perf_counter() + seconds if seconds else None
    left = work // max(1, sum(len(timeline.events) for timeline in timelines))
    if left < len(room) // (_WIDTHS[0] // 2):
        return chosen
    for width in _WIDTHS:
        before = None
        while chosen.choices is not None and (before is None or chosen.cost < before) and left > 0:
            before = chosen.cost
            for first in range(-1, len(room), width // 2):
                if left <= 0 or chosen.cost <= chosen.bound or (end is not None and time.perf_counter() > end):
                    return chosen
                left -= 1
                chosen = _again(timelines, room, whole, chosen, range(first, first + width))
    return chosen


def _again(timelines: Sequence[Timeline], room: Sequence[int], whole: int, chosen: Chosen, steps: range) -> Chosen:
    assert chosen.choices is not None
    opened = [_opened(timeline, chosen.choices, steps) for timeline in timelines]
    found = choose(opened, room, whole, Effort(_ROUNDS, _LOOKS))
    if found.choices is None or found.cost >= chosen.cost:
        return chosen
    return replace(found, bound=chosen.bound, proven=False)


def _opened(timeline: Timeline, choices: Choices, steps: range) -> Timeline:
    """With all options during `steps`, and elsewhere those chosen."""
    events: list[Event] = []
    for event, pick in zip(timeline.events, choices[timeline.item], strict=True):
        events.append(event if event.step in steps else replace(event, options=(pick.option,)))
    return replace(timeline, events=tuple(events))
