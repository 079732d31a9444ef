"""The native solver (C++, `solver/`): pure functions over arrays. Offsets of -1 are items left out."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.int64]
_Doubles = npt.NDArray[np.float64]
_Packing = tuple[list[int], int, str]  # an offset an item, highest byte, what found it

class Items:
    """Items made of pieces; piece i belongs to item k if first[k] <= i < first[k + 1]."""

    def __init__(
        self,
        start: _Ints,
        end: _Ints,
        lo: _Ints,
        hi: _Ints,
        first: _Ints,
        alignment: _Ints,
        min_offset: _Ints,
        max_offset: _Ints,
    ) -> None: ...
    def __len__(self) -> int: ...

def lower_bound(items: Items, whole: bool) -> tuple[int, str]: ...
def meeting_bound(items: Items) -> tuple[int, list[int]]: ...
def independent_parts(items: Items) -> list[list[int]]: ...
def pack(items: Items, bound: int, work: int, seconds: float, stop: Callable[[], bool] | None) -> _Packing: ...
def searchable(items: Items) -> bool: ...
def race(
    items: Items,
    bound: int,
    known: int,
    goal: int,
    work: int,
    seconds: float,
    threads: int,
    stop: Callable[[], bool] | None,
) -> tuple[list[int], int, int, str, int, bool]: ...
def pack_within(items: Items, value: _Doubles, capacity: int, work: int, seconds: float) -> _Packing: ...
def admit(items: Items, value: _Doubles, capacity: int) -> list[int]: ...
def first_come(start: _Ints, end: _Ints, size: _Ints, alignment: int) -> _Packing: ...
def best_slots(start: _Ints, end: _Ints, size: _Ints, alignment: int, nodes: int) -> _Packing: ...
def slots_within(start: _Ints, end: _Ints, size: _Ints, value: _Doubles, alignment: int, capacity: int) -> _Packing: ...

class Nesting:
    """Buffers, which kernels touch them, and the choices to lie within others or over others."""

    def __init__(
        self,
        buffers: _Ints,
        touch_first: _Ints,
        touches: _Ints,
        nests: _Ints,
        over_first: _Ints,
        overs: _Ints,
        alignment: int,
    ) -> None: ...

def nest(nesting: Nesting, order: list[int], start: list[int], looks: int) -> tuple[list[int], int]: ...

class Graph:
    """Kernels, what must run before each, the units that they touch, and which group may be written over which."""

    def __init__(
        self,
        before_first: _Ints,
        before: _Ints,
        touched_first: _Ints,
        touched: _Ints,
        plain: _Ints,
        lines: _Ints,
        pad: _Ints,
        group: _Ints,
        from_start: _Ints,
        until_end: _Ints,
        choice_first: _Ints,
        source: _Ints,
        target: _Ints,
        rest: _Ints,
    ) -> None: ...

def peak_load(graph: Graph, order: list[int]) -> int: ...
def low_traffic(
    graph: Graph, order: list[int], capacity: int, most: int | None, count: int, looks: int, seconds: float
) -> list[tuple[list[int], int]]: ...
def shaken(
    graph: Graph, order: list[int], most: int, moves: int, seed: int, looks: int, seconds: float
) -> list[int]: ...
def low_order(graph: Graph, looks: int, seconds: float) -> tuple[list[int], int, int, int]: ...
def reside(
    capacity: _Ints,
    whole: _Ints,
    chain: _Ints,
    step: _Ints,
    first: _Ints,
    gap: _Ints,
    gap_tail: _Ints,
    from_state: _Ints,
    to_state: _Ints,
    cost: _Ints,
    room: _Ints,
    tail: _Ints,
    known: int,
    below: int,
    rounds: int,
    looks: int,
    seconds: float,
) -> tuple[list[int], int, float, bool]: ...
