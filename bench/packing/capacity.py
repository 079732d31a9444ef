"""MiniMalloc's challenging suite at its capacity: seconds until a packing is found, of the solver and of the whole
process with Python's start, beside MiniMalloc's own program. The ratio is the solver's seconds to that."""

from __future__ import annotations

import sys

from packings import arguments, files, minimalloc, pack, program, table


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--capacity", type=int, default=1048576, help="bytes (default: %(default)s)")
    parser.add_argument("--minimalloc", type=program, help="MiniMalloc's program; without it, no comparison")
    parsed = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    ours_sum = whole_sum = peer_sum = 0.0
    for path in files(parsed.data / "minimalloc"):
        ours = pack(path, f"--capacity={parsed.capacity}", timeout=parsed.timeout, threads=parsed.threads)
        ours_sum += ours.seconds
        whole_sum += ours.whole
        peer = ratio = None
        if parsed.minimalloc:
            run = minimalloc(parsed.minimalloc, path, parsed.capacity, parsed.timeout)
            peer, ratio = run.seconds, ours.seconds / run.seconds
            peer_sum += peer
        rows.append((path.stem, ours.status, ours.peak, ours.seconds, ours.whole, peer, ratio))
    rows.append(("sum", "", "", ours_sum, whole_sum, peer_sum or None, ours_sum / peer_sum if peer_sum else None))
    table(("problem", "status", "peak", "seconds", "process", "MiniMalloc", "ratio"), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
