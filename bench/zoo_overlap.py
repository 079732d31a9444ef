"""Every network of the zoo, one byte an element, without a capacity: what results that overlap operands take off
the peak (--overlap=safe), and on integer networks partial convolutions too (--rewrite=partial). Plans are checked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median

from zoo import Network, arguments, networks

from l2opt.errors import L2OptError
from l2opt.plan import Memory, Options, Plan, Problem, check_plan, make_plan
from l2opt.tools.importing import read_model
from l2opt.tools.planning import with_problem

ASSUMED = dict.fromkeys(("f16", "f32", "f64", "i64"), "i8")
KINDS = ("as it is", "overlap", "partial")


@dataclass(frozen=True)
class Row:
    name: str
    peaks: Mapping[str, int]  # bytes, by kind
    form: float  # seconds, to form kernels with their overlaps
    order: float  # seconds, of order and merge with overlaps


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--fuse", default="elementwise", help="how kernels are formed (default: elementwise)")
    parser.add_argument("--no-partial", action="store_true", help="leave partial convolutions out")
    parsed = parser.parse_args()
    rows = []
    print(
        f"{'network':<36} " + " ".join(f"{kind:>12}" for kind in KINDS) + f" {'form':>7} {'order':>7}  bytes; seconds"
    )
    for network in networks(parsed.zoo, parsed.only):
        try:
            rows.append(measure(network, parsed.fuse, not parsed.no_partial and network.is_int8))
        except L2OptError as error:
            print(f"{network.name}: {str(error).partition(chr(10))[0]}", file=sys.stderr)
            continue
        show(rows[-1])
    print(f"\n{'':<10} {'planned':>8} {'2 MiB':>8} {'4 MiB':>8} {'lower':>6} {'higher':>7} {'median of lower':>16}")
    for kind in KINDS:
        summary(kind, rows)
    slowest = max(rows, key=lambda row: row.order)
    forming = max(row.form for row in rows)
    print(f"slowest order and merge: {slowest.order:.2f} s, {slowest.name}; kernels formed in at most {forming:.2f} s")
    return 1 if any(row.peaks["overlap"] > row.peaks["as it is"] for row in rows) else 0


def measure(network: Network, fuse: str, partial: bool) -> Row:
    problem, form = formed(network, {"fuse": fuse, "overlap": "safe"})
    overlap = planned(problem, "safe")
    peaks = {"as it is": planned(problem, "none").l2_peak, "overlap": overlap.l2_peak}
    if partial:
        rewritten, _ = formed(network, {"fuse": fuse, "rewrite": "partial"})
        peaks["partial"] = planned(rewritten, "none").l2_peak
    return Row(network.name, peaks, form, overlap.seconds["order"])


def formed(network: Network, values: dict[str, str]) -> tuple[Problem, float]:
    """The problem without a capacity, and seconds that it took to form."""
    found, problem = with_problem(read_model(str(network.path)), values, ASSUMED, lambda problem, _: problem)
    return replace(problem, l2=Memory("L2", None)), found.seconds["form"]


def planned(problem: Problem, overlap: str) -> Plan:
    plan = make_plan(problem, Options(overlap=overlap))
    assert check_plan(problem, plan) == ()
    return plan


def show(row: Row) -> None:
    peaks = " ".join(f"{row.peaks.get(kind, '-'):>12}" for kind in KINDS)
    print(f"{row.name:<36} {peaks} {row.form:>7.2f} {row.order:>7.2f}", flush=True)


def summary(kind: str, rows: list[Row]) -> None:
    both = [(row.peaks["as it is"], row.peaks[kind]) for row in rows if kind in row.peaks]
    lower = [1 - peak / base for base, peak in both if peak < base]
    fits = [f"{sum(peak <= size << 20 for _, peak in both)}/{len(both)}" for size in (2, 4)]
    share = f"-{100 * median(lower):.0f}%" if lower else "-"
    higher = sum(peak > base for base, peak in both)
    print(f"{kind:<10} {len(both):>8} {fits[0]:>8} {fits[1]:>8} {len(lower):>6} {higher:>7} {share:>16}")


if __name__ == "__main__":
    sys.exit(main())
