"""Random rectangles cut into buffers, to be packed with no byte to spare (or few): how many are solved in time."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from packings import arguments, minimalloc, pack, program, table

STEPS, HEIGHT = 4096, 1 << 20
Buffer = tuple[int, int, int]  # start, end, size


def main() -> int:
    parser = arguments(__doc__)
    parser.set_defaults(timeout=20.0)
    parser.add_argument("--count", type=int, default=20, help="problems (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first problem (default: %(default)s)")
    parser.add_argument("--slack", type=float, default=0.0, help="capacity over the least, less 1 (default: 0)")
    parser.add_argument("--minimalloc", type=program, help="MiniMalloc's program; without it, no comparison")
    parsed = parser.parse_args()
    capacity = int(HEIGHT * (1 + parsed.slack))
    rows: list[tuple[object, ...]] = []
    for nth in range(parsed.count):
        seed = parsed.seed + nth
        buffers = cut(random.Random(seed), 60 + (450 - 60) * nth // max(1, parsed.count - 1))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"cut{seed}.csv"
            lines = [f"{i},{start},{end},{size}" for i, (start, end, size) in enumerate(buffers)]
            path.write_text("\n".join(["id,lower,upper,size", *lines]) + "\n", encoding="utf-8")
            ours = pack(path, f"--capacity={capacity}", timeout=parsed.timeout, threads=parsed.threads)
            peer = minimalloc(parsed.minimalloc, path, capacity, parsed.timeout) if parsed.minimalloc else None
        rows.append((seed, len(buffers), ours.status, ours.seconds, peer and peer.status, peer and peer.seconds))
    table(("problem", "buffers", "status", "seconds", "MiniMalloc", "seconds"), rows)
    print(f"solved: {sum(row[2] in ('optimal', 'feasible') for row in rows)} of {len(rows)}", end="")
    print(f"; MiniMalloc {sum(row[4] == 'feasible' for row in rows)}" if parsed.minimalloc else "")
    return 0


def cut(stream: random.Random, count: int) -> list[Buffer]:
    """Guillotine cuts of STEPS x HEIGHT, larger parts first, along units of 1024 bytes and 16 steps."""
    parts: list[Buffer] = [(0, STEPS, HEIGHT)]
    while len(parts) < count:
        weights = [(end - start) * size for start, end, size in parts]
        start, end, size = parts.pop(stream.choices(range(len(parts)), weights)[0])
        steps, units = (end - start) // 16, size // 1024
        if steps > 1 and (units < 2 or stream.random() < 0.5):
            at = start + 16 * stream.randint(1, steps - 1)
            parts += [(start, at, size), (at, end, size)]
        elif units > 1:
            below = 1024 * stream.randint(1, units - 1)
            parts += [(start, end, below), (start, end, size - below)]
        else:
            parts.append((start, end, size))
    stream.shuffle(parts)
    return parts


if __name__ == "__main__":
    sys.exit(main())
