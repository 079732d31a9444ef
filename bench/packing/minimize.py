"""The fewest bytes, for MiniMalloc's suite and for large traces: the peak over the bound, and what is proven.

With MiniMalloc's program: what it takes to pack into our peak, given as its capacity; it has no bound and no proof."""

from __future__ import annotations

import sys

from packings import Packed, arguments, files, minimalloc, pack, program, table


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("suite", choices=("minimalloc", "idealloc"), help="directory below --data")
    parser.add_argument("--minimalloc", type=program, help="MiniMalloc's program; without it, no comparison")
    parsed = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    for path in files(parsed.data / parsed.suite):
        made = pack(path, "--minimize", timeout=parsed.timeout, threads=parsed.threads)
        ratio = made.peak / made.bound if made.peak and made.bound else None
        peer = None
        if parsed.minimalloc and made.peak:
            peer = minimalloc(parsed.minimalloc, path, made.peak, parsed.timeout)
        rows.append(
            (path.stem, made.status, made.peak, made.bound, ratio, made.seconds, made.memory // 2**20, *_of(peer))
        )
    titles = ("problem", "status", "peak", "bound", "peak/bound", "seconds", "MiB", "MiniMalloc", "seconds")
    table(titles, rows)
    print(f"optimal: {sum(row[1] == 'optimal' for row in rows)} of {len(rows)}", end="")
    print(f"; MiniMalloc packs {sum(row[7] == 'feasible' for row in rows)} as low" if parsed.minimalloc else "")
    return 0


def _of(peer: Packed | None) -> tuple[str | None, float | None]:
    return (peer.status, peer.seconds) if peer else (None, None)


if __name__ == "__main__":
    sys.exit(main())
