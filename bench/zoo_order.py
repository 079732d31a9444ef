"""Order every network of the zoo for memory, merged as is best for each order, one byte an element and no capacity:
load in program order, load found, what is proven."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from zoo import Network, arguments, networks

from l2opt.plan import Memory, Options, make_plan
from l2opt.tools.planning import plan_model

PROVEN, SECONDS = 116, 1.0  # wanted: networks of 123, and at most these seconds each


@dataclass(frozen=True)
class Row:
    name: str
    kernels: int
    program: int  # bytes
    found: int
    bound: int
    seconds: float


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--fuse", default="activation", help="how kernels are formed (default: activation)")
    parsed = parser.parse_args()
    rows = [_order(network, parsed.fuse) for network in networks(parsed.zoo, parsed.only)]
    print(
        f"{'improved or not proven':<36} {'kernels':>8} {'program':>9} {'found':>9} {'bound':>9} {'ratio':>6} {'s':>6}"
    )
    for row in sorted(rows, key=lambda row: row.found / max(1, row.program)):
        if row.found != row.program or row.found != row.bound:
            ratio = row.found / row.program
            print(
                f"{row.name:<36} {row.kernels:>8} {row.program:>9} {row.found:>9} {row.bound:>9} {ratio:>6.3f} "
                f"{row.seconds:>6.2f}"
            )
    improved = sum(row.found < row.program for row in rows)
    much = sum(row.found <= 0.9 * row.program for row in rows)
    worse = sum(row.found > row.program for row in rows)
    proven = sum(row.found == row.bound for row in rows)
    slowest = max(row.seconds for row in rows)
    print(f"{len(rows)} networks: {improved} improved, {much} of them by 10% or more, {worse} worse")
    print(f"proven: {proven}, wanted {PROVEN} of 123; slowest order {slowest:.2f} s, wanted {SECONDS:.2f} s")
    return 0 if slowest <= SECONDS and worse == 0 else 1


def _order(network: Network, fuse: str) -> Row:
    problem = replace(plan_model(str(network.path), {"fuse": fuse}, {"f32": "i8"}).problem, l2=Memory("L2", None))
    program = make_plan(problem, Options(order="program")).order_peak_load
    plan = make_plan(problem)
    load, bound = plan.order_peak_load, plan.order_lower_bound
    return Row(network.name, len(problem.kernels), program, load, bound, plan.seconds["order"])


if __name__ == "__main__":
    sys.exit(main())
