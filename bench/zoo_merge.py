"""Peaks of every network of the zoo without a capacity, one byte an element: in program order without merges, with the
order alone, with merges alone, and with both; by family; what fits; and against Vela without cascading, with its
alignment. "In place" is program order with what is written in place, but with no zero-copy merge.

A plan with merges or another order is never to be above the one without; that is checked, and so is each plan."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import quantiles

from zoo import Network, arguments, networks

from l2opt.plan import Memory, Options, Problem, check_plan, make_plan
from l2opt.tools.importing import read_model
from l2opt.tools.planning import with_problem

ASSUMED = dict.fromkeys(("f16", "f32", "f64", "i64"), "i8")
SETTINGS = (("program", "none"), ("memory", "none"), ("program", "alias"), ("memory", "alias"))
FITS = (2 << 20, 4 << 20)
ROUNDED = 6  # bytes; the table gives hundredths of KiB
VELA_ALIGNMENT = 16
HEAD = (
    f"{'':<36} {'plain':>9} {'order':>9} {'merge':>9} {'both':>9} {'in place':>9} {'saved':>6} {'proven':>7} "
    f"{'seconds':>8}"
)


@dataclass(frozen=True)
class Row:
    name: str
    family: str
    vela: float | None  # bytes
    peaks: tuple[int, ...]  # bytes, as SETTINGS
    in_place: int  # bytes; in program order
    as_vela: int  # bytes; with its alignment
    proven: bool  # the order, for its merges
    seconds: float  # order and merge together


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--fuse", default="activation", help="how kernels are formed (default: activation)")
    parser.add_argument("--overlap", default="none", help="none or safe (default: none)")
    parsed = parser.parse_args()
    table = _table(parsed.zoo)
    rows = []
    print(HEAD)
    for network in networks(parsed.zoo, parsed.only):
        rows.append(_row(network, table[network.name], parsed.fuse, parsed.overlap))
        _print_row(rows[-1])
    _print_families(rows)
    _print_fits(rows)
    _print_vela(rows)
    worse = [row.name for row in rows if row.peaks[3] > min(row.peaks)]
    proven, slowest = sum(row.proven for row in rows), max(row.seconds for row in rows)
    improved = [row.peaks[3] / max(1, row.in_place) for row in rows if row.peaks[3] < row.in_place]
    much = sum(ratio <= 0.9 for ratio in improved)
    print(f"below program order in place: {len(improved)} of {len(rows)}, {much} of them by 10% or more")
    print(f"worse than without: {', '.join(worse) or 'none'}")
    print(f"order proven for its merges: {proven} of {len(rows)}; slowest order and merge {slowest:.2f} s")
    return 1 if worse else 0


def _table(zoo: Path) -> dict[str, dict[str, str]]:
    with (zoo / "zoo.csv").open(newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def _row(network: Network, entry: dict[str, str], fuse: str, overlap: str) -> Row:
    found: list[Problem] = []
    with_problem(
        read_model(str(network.path)),
        {"fuse": fuse, "overlap": overlap},
        ASSUMED,
        lambda problem, _: found.append(problem),
    )
    problem = replace(found[0], l2=Memory("L2", None))
    plans = [make_plan(problem, Options(order=order, merge=merge, overlap=overlap)) for order, merge in SETTINGS]
    for plan in plans:
        assert check_plan(problem, plan) == ()
    vela = [entry[name] for name in ("vela_hillclimb_nocascade_kib", "vela_greedy_nocascade_kib")]
    close = replace(problem, l2=Memory("L2", None, VELA_ALIGNMENT))
    known = [float(value) * 1024 for value in vela if value and network.is_int8]
    return Row(
        network.name,
        entry["family"],
        min(known, default=None),
        tuple(plan.l2_peak for plan in plans),
        plans[3].baseline["program_order_peak"],
        make_plan(close, Options(overlap=overlap)).l2_peak if known else 0,
        plans[3].order_proven,
        plans[3].seconds["order"],
    )


def _print_row(row: Row) -> None:
    peaks = " ".join(f"{peak / 1024:>9.1f}" for peak in row.peaks)
    proven = "yes" if row.proven else "no"
    in_place = f"{row.in_place / 1024:>9.1f}"
    print(f"{row.name:<36} {peaks} {in_place} {_saved(row, 3):>6.3f} {proven:>7} {row.seconds:>8.2f}", flush=True)


def _saved(row: Row, setting: int) -> float:
    return 1 - row.peaks[setting] / max(1, row.peaks[0])


def _print_families(rows: Sequence[Row]) -> None:
    print(f"\n{'saved, median (quartiles)':<26} {'networks':>8} {'by order':>20} {'by merge':>20} {'by both':>20}")
    for family in (*sorted({row.family for row in rows}), "all", "above 1 MiB"):
        chosen = [row for row in rows if _belongs(row, family)]
        cells = [_quartiles(chosen, lambda row, setting=setting: _saved(row, setting)) for setting in (1, 2, 3)]
        print(f"{family:<26} {len(chosen):>8} " + " ".join(f"{cell:>20}" for cell in cells))


def _belongs(row: Row, family: str) -> bool:
    return family in (row.family, "all") or (family == "above 1 MiB" and row.peaks[0] > 1 << 20)


def _quartiles(rows: Sequence[Row], value: Callable[[Row], float]) -> str:
    values = [100 * value(row) for row in rows]
    if not values:
        return "-"
    low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return f"{middle:.0f}% ({low:.0f} to {high:.0f})"


def _print_fits(rows: Sequence[Row]) -> None:
    print(f"\n{'fits':<26} {'plain':>8} {'order':>8} {'merge':>8} {'both':>8}")
    for limit in FITS:
        shares = [100 * sum(row.peaks[i] <= limit for row in rows) / len(rows) for i in range(len(SETTINGS))]
        print(f"{limit >> 20} MiB{'':<21} " + " ".join(f"{share:>7.0f}%" for share in shares))


def _print_vela(rows: Sequence[Row]) -> None:
    compared = [row for row in rows if row.vela is not None]
    above = [row for row in compared if row.vela is not None and row.as_vela > row.vela + ROUNDED]
    print(f"\nVela without cascading: at or below it on {len(compared) - len(above)} of {len(compared)}")
    for row in above:
        print(f"  {row.name:<34} {row.as_vela / 1024:>9.2f} KiB, Vela {(row.vela or 0) / 1024:>9.2f}")


if __name__ == "__main__":
    sys.exit(main())
