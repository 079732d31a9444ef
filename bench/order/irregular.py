"""Order irregular networks for memory: load in program order, load found, bound over all orders, proven share.

Half of a plan's timeout may go to one search for an order. What is not proven within 10 s does not count as proven.
"""

from __future__ import annotations

import sys
from dataclasses import astuple, dataclass
from math import prod

from networks import arguments, measured

from l2opt.plan import Options, Problem, check_plan, make_plan

SHARE, SECONDS = 0.8, 10.0  # proven, within these seconds each
HEAD = f"{'':<28} {'kernels':>8} {'program':>10} {'found':>10} {'bound':>10} {'ratio':>6} {'proven':>8} {'seconds':>8}"


@dataclass(frozen=True)
class Row:
    kernels: int
    program: int  # bytes
    found: int
    bound: int
    proven: bool
    seconds: float


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--timeout", type=float, default=2 * SECONDS, help=f"of a plan (default: {2 * SECONDS:g} s)")
    parsed = parser.parse_args()
    print(HEAD)
    rows = measured(parsed, lambda problem: order(problem, parsed.timeout), print_rows)
    share = sum(row.proven for row in rows) / len(rows)
    print(f"proven: {100 * share:.0f}%, wanted {100 * SHARE:.0f}%; slowest {max(row.seconds for row in rows):.1f} s")
    return 0 if share >= SHARE else 1


def order(problem: Problem, timeout: float) -> Row:
    plan = make_plan(problem, Options(timeout=timeout))
    assert check_plan(problem, plan) == ()
    program = make_plan(problem, Options(order="program", timeout=timeout)).order_peak_load
    return Row(
        len(problem.kernels),
        program,
        plan.order_peak_load,
        plan.order_lower_bound,
        plan.order_proven and plan.seconds["order"] <= SECONDS,
        plan.seconds["order"],
    )


def print_rows(name: str, rows: list[Row]) -> None:
    """Sums over the rows; the ratio is of each network on its own, the geometric mean."""
    ratio = prod(row.found / row.program for row in rows) ** (1 / len(rows))
    kernels, program, found, bound = (sum(column) for column in zip(*(astuple(row)[:4] for row in rows), strict=True))
    proven, seconds = f"{sum(row.proven for row in rows)}/{len(rows)}", max(row.seconds for row in rows)
    print(
        f"{name:<28} {kernels:>8} {program:>10} {found:>10} {bound:>10} {ratio:>6.3f} {proven:>8} {seconds:>8.2f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
