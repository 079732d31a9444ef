"""Peaks of every network in program order, by the way kernels are formed, against the fused peak of the zoo's table.

Float and 64-bit elements count as one byte, as in that table. A ratio above 1 is a peak above the table's."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from zoo import Network, arguments, command, first_line, networks, spread

MODES = ("none", "activation", "elementwise")
OPTIONS = ("--l2=1GB", "--order=program", "--assume=f32=i8,f64=i8,i64=i8,f16=i8")
Peaks = dict[str, int]


def main() -> int:
    parsed = arguments(__doc__).parse_args()
    found = networks(parsed.zoo, parsed.only)
    peaks: dict[str, Peaks] = {}
    with tempfile.TemporaryDirectory() as folder:
        for network, made in spread(lambda each: _peaks(each, Path(folder)), found, parsed.jobs):
            peaks[network.name] = made
    print(f"{'network':<36} {'table':>10} {'none':>7} {'activation':>11} {'elementwise':>12}")
    for network in found:
        ratios = [_ratio(network, peaks[network.name].get(mode)) for mode in MODES]
        print(f"{network.name:<36} {network.fused_peak:>10} {ratios[0]:>7} {ratios[1]:>11} {ratios[2]:>12}")
    for mode in MODES:
        ratio = [made[mode] / network.fused_peak for network in found if mode in (made := peaks[network.name])]
        worse = sum(each > 1.005 for each in ratio)
        print(f"{mode}: mean ratio {sum(ratio) / max(1, len(ratio)):.3f}; above the table's: {worse} of {len(ratio)}")
    return 0


def _ratio(network: Network, peak: int | None) -> str:
    return "-" if peak is None else f"{peak / network.fused_peak:.3f}"


def _peaks(network: Network, folder: Path) -> Peaks:
    peaks: Peaks = {}
    for mode in MODES:
        file = folder / f"{network.name}.{mode}.json"
        done = command("l2opt", "plan", str(network.path), *OPTIONS, f"--fuse={mode}", f"--json={file}")
        if done.code:
            print(f"{network.name} {mode}: {first_line(done)}", file=sys.stderr)
            continue
        peaks[mode] = json.loads(file.read_text())["l2"]["peak"]
        file.unlink()
    return peaks


if __name__ == "__main__":
    sys.exit(main())
