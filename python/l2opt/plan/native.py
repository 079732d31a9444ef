"""Items as the native solver takes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

import l2opt._solver as _solver
from l2opt.plan.items import Item

__all__ = ["native_items"]


def native_items(items: Sequence[Item], alignment: int) -> _solver.Items:
    """`alignment`: of those without one of their own."""
    pieces = np.array([piece for item in items for piece in item.pieces], dtype=np.int64).reshape(-1, 4)
    first = np.array([0, *accumulate(len(item.pieces) for item in items)], dtype=np.int64)
    start, end, lo, hi = (np.ascontiguousarray(pieces[:, i]) for i in range(4))
    alignments = np.array([item.alignment or alignment for item in items], dtype=np.int64)
    windows = np.array([item.window for item in items], dtype=np.int64).reshape(-1, 2)
    lowest, highest = (np.ascontiguousarray(windows[:, i]) for i in range(2))
    return _solver.Items(start, end, lo, hi, first, alignments, lowest, highest)
