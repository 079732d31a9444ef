"""Random stacks: many buffers, sizes and lives over orders of magnitude, load near its largest for long. The fewest
bytes found for each, over the bound: the suite of MiniMalloc has two problems like these, D and J."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from packings import arguments, pack, table

HEIGHT, UNIT = 1000, 1024  # units of bytes
Buffer = tuple[int, int, int]  # start, end, size
KINDS = {"tight": (200, 100, 0.9), "long": (360, 210, 0.8)}  # buffers to begin with, steps, least load over HEIGHT


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--count", type=int, default=4, help="problems of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first problem (default: %(default)s)")
    parsed = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    for kind, shape in KINDS.items():
        for seed in range(parsed.seed, parsed.seed + parsed.count):
            buffers = stack(random.Random(f"{kind} {seed}"), *shape)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{kind}{seed}.csv"
                lines = [f"{i},{start},{end},{size}" for i, (start, end, size) in enumerate(buffers)]
                path.write_text("\n".join(["id,lower,upper,size", *lines]) + "\n", encoding="utf-8")
                made = pack(path, "--minimize", timeout=parsed.timeout, threads=parsed.threads)
            ratio = made.peak / made.bound if made.peak and made.bound else None
            rows.append((f"{kind} {seed}", len(buffers), made.status, made.peak, made.bound, ratio, made.seconds))
    table(("problem", "buffers", "status", "peak", "bound", "peak/bound", "seconds"), rows)
    print(f"optimal: {sum(row[2] == 'optimal' for row in rows)} of {len(rows)}")
    return 0


def stack(stream: random.Random, count: int, steps: int, least: float) -> list[Buffer]:
    """Long lives first, where there is room below a load that goes up and down; then short ones into what is left."""
    room, level = list[int](), 1.0
    for _ in range(steps):
        level = stream.uniform(least, 1) if stream.random() < 0.15 else level
        room.append(int(HEIGHT * level))
    buffers: list[Buffer] = []
    for life in sorted((_drawn(stream, 0.2 * steps, 1.2, steps) for _ in range(count)), reverse=True):
        for _ in range(200):
            start = stream.randint(1 - life, steps - 1)
            if _take(room, max(0, start), min(steps, start + life), _drawn(stream, 12, 1.2, HEIGHT // 3), buffers):
                break
    for start in range(steps):
        while room[start] > 30:
            end = min(steps, start + _drawn(stream, 6, 0.8, steps))
            if not _take(room, start, end, min(min(room[start:end]), 10 + _drawn(stream, 60, 0.8, HEIGHT)), buffers):
                break
    stream.shuffle(buffers)
    return buffers


def _drawn(stream: random.Random, middle: float, spread: float, most: int) -> int:
    return min(most, 1 + int(middle * stream.lognormvariate(0, spread)))


def _take(room: list[int], start: int, end: int, size: int, buffers: list[Buffer]) -> bool:
    if not 0 < size <= min(room[start:end]):
        return False
    room[start:end] = [free - size for free in room[start:end]]
    buffers.append((start, end, size * UNIT))
    return True


if __name__ == "__main__":
    sys.exit(main())
