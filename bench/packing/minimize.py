"""The fewest bytes, for MiniMalloc's suite and for large traces: the peak over the bound, and what is proven."""

from __future__ import annotations

import sys

from packings import arguments, files, pack, table


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("suite", choices=("minimalloc", "idealloc"), help="directory below --data")
    parsed = parser.parse_args()
    rows = []
    for path in files(parsed.data / parsed.suite):
        made = pack(path, "--minimize", timeout=parsed.timeout, threads=parsed.threads)
        ratio = made.peak / made.bound if made.peak and made.bound else None
        rows.append((path.stem, made.status, made.peak, made.bound, ratio, made.seconds, made.memory // 2**20))
    table(("problem", "status", "peak", "bound", "peak/bound", "seconds", "MiB"), rows)
    print(f"optimal: {sum(row[1] == 'optimal' for row in rows)} of {len(rows)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
