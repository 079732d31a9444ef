"""Packing by growing windows and by separation, where they win: the result follows from the work alone."""

from __future__ import annotations

import importlib
import random
from pathlib import Path

import pytest

from l2opt.plan.exact import race
from l2opt.plan.items import Item
from l2opt.plan.native import native_items
from l2opt.plan.pack import least_peak
from l2opt.sizes import MAX_SIZE
from test_pack import sound

PACKING = Path(__file__).resolve().parents[2] / "bench" / "packing"
WORK = 250_000_000  # the first attempts, which are of other kinds, take a part of it


@pytest.mark.parametrize(("name", "winner"), [("x 6", "search, separation"), ("x 11", "search, growing windows")])
def test_threads_do_not_change_what_wins_late(name: str, winner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PACKING))
    stack = importlib.import_module("stacks").stack
    spans = stack(random.Random(name), 60, 40, 0.9)
    items = [Item(f"b{i}", ((start, end, 0, size),), (), size) for i, (start, end, size) in enumerate(spans)]
    native, bound = native_items(items, 1), least_peak(items, 1)
    one, three = (race(native, bound, MAX_SIZE, 0, WORK, threads=n) for n in (1, 3))
    assert one is not None
    assert one.winner == winner
    assert one.offsets is not None
    assert sound(items, list(one.offsets))
    assert three is not None
    assert (three.offsets, three.peak, three.bound, three.winner) == (one.offsets, one.peak, one.bound, one.winner)
