"""What lies where at each step."""

from __future__ import annotations

import random

from l2opt.tools.occupancy import Resident, load


def brute(items: list[Resident], steps: int) -> list[int]:
    counts = []
    for step in range(steps):
        live = [item for item in items if item.start <= step < item.end]
        counts.append(len({byte for item in live for byte in range(item.offset, item.offset + item.size)}))
    return counts


def test_shared_bytes_count_once() -> None:
    whole = Resident("a", "L2", 0, 100, 0, 2)
    part = Resident("b", "L2", 40, 20, 1, 3)
    assert load([part, whole], 3) == [100, 100, 20]


def test_equals_counting_bytes_one_by_one() -> None:
    rng = random.Random(1)
    for _ in range(200):
        items = []
        for k in range(rng.randint(0, 8)):
            start = rng.randrange(6)
            items.append(Resident(f"b{k}", "L2", rng.randrange(20), rng.randrange(9), start, rng.randint(start + 1, 7)))
        assert load(items, 7) == brute(items, 7)
