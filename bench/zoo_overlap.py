"""Plan every network of the zoo, one byte an element, with and without what binds or changes kernels: results
that overlap operands (--overlap=safe), and partial convolutions (--rewrite=partial)."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from zoo import Done, Network, arguments, command, first_line, networks, spread

BASE = ("--fuse=elementwise", "--assume=f32=i8,f16=i8,f64=i8", "--l2=256MB")
OPTIONS = {"as it is": (), "overlap": ("--overlap=safe",), "partial": ("--rewrite=partial",)}
Work = tuple[Network, str]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--no-partial", action="store_true", help="leave partial convolutions out")
    parsed = parser.parse_args()
    found = networks(parsed.zoo, parsed.only)
    kinds = [kind for kind in OPTIONS if not (parsed.no_partial and kind == "partial")]
    peaks: dict[str, dict[str, int]] = {kind: {} for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        work = [(network, kind) for network in found for kind in kinds]
        for (network, kind), (done, peak) in spread(lambda each: _plan(each, Path(folder)), work, parsed.jobs):
            if done.code:
                print(f"{network.name} {kind}: {first_line(done)}", file=sys.stderr)
            else:
                peaks[kind][network.name] = peak
    before = peaks["as it is"]
    print(f"{'network':<36} " + " ".join(f"{kind:>14}" for kind in kinds) + "  bytes; where they differ")
    for network in found:
        row = [peaks[kind].get(network.name) for kind in kinds]
        if len(set(row)) > 1:
            print(f"{network.name:<36} " + " ".join(f"{'-' if peak is None else peak:>14}" for peak in row))
    print(f"\n{'':<10} {'planned':>8} {'2 MiB':>8} {'4 MiB':>8} {'lower':>6} {'higher':>7} {'median of lower':>16}")
    for kind in kinds:
        print(_row(kind, before, peaks[kind], len(found)))
    return 0


def _plan(work: Work, folder: Path) -> tuple[Done, int]:
    network, kind = work
    file = folder / f"{network.name}-{kind.replace(' ', '-')}.json"
    done = command("l2opt", "plan", str(network.path), *BASE, *OPTIONS[kind], f"--json={file}")
    return done, json.loads(file.read_text())["l2"]["peak"] if done.code == 0 else 0


def _row(kind: str, before: dict[str, int], peaks: dict[str, int], count: int) -> str:
    both = [(before[name], peak) for name, peak in peaks.items() if name in before]
    lower = [1 - peak / base for base, peak in both if peak < base]
    fits = [f"{sum(peak <= size << 20 for peak in peaks.values())}/{count}" for size in (2, 4)]
    share = f"-{100 * median(lower):.0f}%" if lower else "-"
    higher = sum(peak > base for base, peak in both)
    return f"{kind:<10} {len(peaks):>8} {fits[0]:>8} {fits[1]:>8} {len(lower):>6} {higher:>7} {share:>16}"


if __name__ == "__main__":
    sys.exit(main())
