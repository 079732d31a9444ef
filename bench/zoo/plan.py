"""Plans every network of the repository's own zoo, float ones with one byte an element: bytes, status, seconds.

A network counts when the independent checker has passed its plan.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys

from entries import HERE

from l2opt.errors import L2OptError
from l2opt.plan import Plan
from l2opt.tools.planning import plan_model

SIZES = {"2 MB": 2 << 20, "4 MB": 4 << 20}
ROOM = "4096MB"


def main() -> int:
    """Prints a row for each network, then the shares that fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="TEXT", help="networks whose name has TEXT")
    parser.add_argument("--options", nargs="*", default=[], metavar="NAME=VALUE", help="of planning, such as fuse=none")
    parsed = parser.parse_args()
    options = dict(each.split("=", 1) for each in parsed.options)
    rows = [row for row in csv.DictReader((HERE / "index.csv").open()) if parsed.only in row["name"]]
    print(f"{'network':<44} {'family':<14} {'dtype':<5} {'no reuse':>11} {'peak':>10} {'bound':>10} {'seconds':>7}")
    plans: list[Plan] = []
    for row in rows:
        try:
            plan = _plan(row, options)
        except L2OptError as error:
            print(f"{row['name']}: {error}", file=sys.stderr)
            continue
        plans.append(plan)
        sizes = f"{plan.baseline['no_reuse']:>11} {plan.l2_peak:>10} {plan.l2_lower_bound:>10}"
        print(f"{row['name']:<44} {row['family']:<14} {row['dtype']:<5} {sizes} {plan.seconds['total']:>7.2f}")
    _summarize(plans, len(rows))
    return 0 if len(plans) == len(rows) else 1


def _plan(row: dict[str, str], options: dict[str, str]) -> Plan:
    assume = {} if row["dtype"] == "int8" else {"f32": "i8"}
    return plan_model(str(HERE / row["file"]), {"l2": ROOM, **options}, assume).plan


def _summarize(plans: list[Plan], count: int) -> None:
    print(f"\nplanned and checked: {len(plans)} of {count}; ", end="")
    print(f"optimal for their order and merges: {sum(plan.l2_peak == plan.l2_lower_bound for plan in plans)}")
    for name, size in SIZES.items():
        before = sum(plan.baseline["no_reuse"] <= size for plan in plans)
        after = sum(plan.l2_peak <= size for plan in plans)
        print(f"fit {name}: {before} without reuse, {after} planned")
    if plans:
        print(f"median no reuse / peak: {statistics.median(p.baseline['no_reuse'] / p.l2_peak for p in plans):.1f}")
        print(f"seconds: {sum(plan.seconds['total'] for plan in plans):.0f}")


if __name__ == "__main__":
    sys.exit(main())
