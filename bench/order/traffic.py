"""DDR traffic of irregular networks in half of the L2 that holds them: in program order, in the order for memory, and
in the order searched for traffic. Ratios to the order for memory are geometric means; each plan is checked."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from statistics import geometric_mean

from networks import arguments, measured

from l2opt.plan import Options, Problem, check_plan, make_plan

ORDERS = ("program", "memory", "traffic")
MOST = 200  # kernels of a network
HEAD = f"{'':<28} {'L2':>9} {'program':>11} {'memory':>11} {'traffic':>11} {'ratio':>7} {'seconds':>14}"


@dataclass(frozen=True)
class Row:
    capacity: int  # bytes
    moved: tuple[int, ...]  # bytes, as ORDERS
    seconds: tuple[float, ...]  # a plan


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--timeout", type=float, help="seconds a plan may take")
    parsed = parser.parse_args()
    print(HEAD)
    rows = measured(parsed, lambda problem: move(problem, parsed.timeout), print_rows, MOST)
    worse = sum(row.moved[2] > row.moved[1] for row in rows)
    less = sum(row.moved[2] < row.moved[1] for row in rows)
    print(f"{len(rows)} networks: less than in the order for memory on {less}, more on {worse}")


def move(problem: Problem, timeout: float | None) -> Row:
    capacity = make_plan(problem, Options(timeout=timeout)).l2_peak // 2
    problem = replace(problem, l2=replace(problem.l2, capacity=capacity))
    moved, seconds = [], []
    for order in ORDERS:
        start = time.perf_counter()
        plan = make_plan(problem, Options(order=order, timeout=timeout))
        seconds.append(time.perf_counter() - start)
        assert check_plan(problem, plan) == ()
        moved.append(plan.traffic)
    return Row(capacity, tuple(moved), tuple(seconds))


def print_rows(name: str, rows: list[Row]) -> None:
    """Sums over the rows; the ratio is of each network on its own, the seconds those of the slowest plan."""
    sums = " ".join(f"{sum(row.moved[i] for row in rows):>11}" for i in range(len(ORDERS)))
    ratio = geometric_mean(max(1, row.moved[2]) / max(1, row.moved[1]) for row in rows)
    slowest = " ".join(f"{max(row.seconds[i] for row in rows):>4.1f}" for i in range(len(ORDERS)))
    print(f"{name:<28} {sum(row.capacity for row in rows):>9} {sums} {ratio:>7.3f} {slowest:>14}", flush=True)


if __name__ == "__main__":
    main()
