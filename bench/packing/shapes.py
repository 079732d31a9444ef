"""Random problems of many shapes and up to 60,000 buffers, with gaps, alignments, windows, fixed offsets and aliases:
status, peak over bound, seconds of the whole process and memory."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from packings import arguments, pack, table

HEADER = "id,lower,upper,size,alignment,offset,min_offset,max_offset,gaps,alias,alias_offset"
Line = tuple[int, int, int, str]  # start, end, size, the other columns


def chain(stream: random.Random, count: int) -> Iterator[Line]:
    """Short lives, one after the other."""
    for i in range(count):
        yield i, i + stream.randint(1, 4), stream.randint(1, 1 << 20), "64,,,,,,"


def training(stream: random.Random, count: int) -> Iterator[Line]:
    """Activations live until their gradient, the first ones longest."""
    for i in range(count // 2):
        yield i, count - i, stream.randint(1, 1 << 16), "256,,,,,,"
        yield count - i, count - i + 2, stream.randint(1, 1 << 16), "256,,,,,,"


def crowd(stream: random.Random, count: int) -> Iterator[Line]:
    """All live at once for a while."""
    for _ in range(count):
        yield stream.randint(0, 99), stream.randint(101, 200), 1 << stream.randint(0, 20), ",,,,,,"


def gaps(stream: random.Random, count: int) -> Iterator[Line]:
    """Dead, or live in part, in the middle of their lives."""
    for _ in range(count):
        start, size = stream.randint(0, count), stream.randint(16, 4096)
        half = f"{start + 12}-{start + 16}@0:{size // 2}"
        yield start, start + 20, size, f"16,,,,{start + 4}-{start + 8} {half},,"


def fixed(stream: random.Random, count: int) -> Iterator[Line]:
    """One in twenty has a fixed offset, apart from the others of its kind, and one in ten a window."""
    for i in range(count):
        size, kind = stream.randint(1, 4096), i % 20
        offset = f"{8192 * (i // 20 % 64)},,," if kind == 0 else f",,{1 << 20}," if kind == 1 else ",4096,,"
        start = i + 100 * (kind == 0)
        yield start, start + 60, size, f"1,{offset if kind < 3 else ',,,'},,"


def aliases(stream: random.Random, count: int) -> Iterator[Line]:
    """Wholes of four parts that are written one by one."""
    for i in range(count // 5):
        size = 64 * stream.randint(1, 64)
        yield 5 * i + 4, 5 * i + 9, 4 * size, "64,,,,,,"
        for part in range(4):
            yield 5 * i + part, 5 * i + 5, size, f"64,,,,,b{5 * i},{part * size}"


def mixed(stream: random.Random, count: int) -> Iterator[Line]:
    """Sizes over many orders of magnitude, lives long and short, alignments of all kinds."""
    for _ in range(count):
        start = stream.randint(0, 2 * count)
        length = int(stream.paretovariate(0.7)) + 1
        yield (
            start,
            start + min(length, count),
            int(stream.paretovariate(0.3)) % (1 << 40) + 1,
            (f"{stream.choice((1, 4, 16, 64, 48, 4096))},,,,,,"),
        )


SHAPES: tuple[Callable[[random.Random, int], Iterator[Line]], ...] = (
    chain,
    training,
    crowd,
    gaps,
    fixed,
    aliases,
    mixed,
)


def main() -> int:
    parser = arguments(__doc__)
    parser.set_defaults(timeout=10.0)
    parser.add_argument("--counts", default="300,10000,60000", help="buffers (default: %(default)s)")
    parser.add_argument("--only", default="", help="shapes whose name has this")
    parsed = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    for shape in SHAPES:
        for count in map(int, parsed.counts.split(",")) if parsed.only in shape.__name__ else ():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{shape.__name__}.csv"
                lines = enumerate(shape(random.Random(count), count))
                text = [f"b{i},{start},{end},{size},{rest}" for i, (start, end, size, rest) in lines]
                path.write_text("\n".join([HEADER, *text]) + "\n", encoding="utf-8")
                made = pack(path, "--minimize", f"-o{path}.out", timeout=parsed.timeout, threads=parsed.threads)
            ratio = made.peak / made.bound if made.peak and made.bound else None
            rows.append((shape.__name__, count, made.status, ratio, made.whole, made.memory // 2**20))
    table(("shape", "buffers", "status", "peak/bound", "seconds", "MiB"), rows)
    return 0 if all(row[2] in ("optimal", "feasible") and row[4] < parsed.timeout for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
