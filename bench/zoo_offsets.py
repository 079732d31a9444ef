"""The packing problem of every network of the zoo, one byte an element and no capacity: seconds of the packing alone,
as the planner calls it, and whether its peak is proven least for the order.

The orders and merges are those of the plan; `--order=program`: program order. Where others compute too, look at the
CPU's milliseconds: the packing takes one thread."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from zoo import Network, arguments, networks

from l2opt.plan import Memory, Options, Problem
from l2opt.plan.candidates import Candidate, Candidates
from l2opt.plan.dependencies import dependencies
from l2opt.plan.items import Item
from l2opt.plan.layout import Layout, lay_out
from l2opt.plan.lifetimes import lifetimes_in
from l2opt.plan.pack import pack
from l2opt.plan.storage import resolve_storage
from l2opt.tools.importing import read_model
from l2opt.tools.planning import with_problem

ASSUMED = dict.fromkeys(("f16", "f32", "f64", "i64"), "i8")
SECONDS, PROVEN = 0.05, 0.95  # wanted: at most so many seconds each, and this share of them proven


@dataclass(frozen=True)
class Row:
    name: str
    items: int
    peak: int  # bytes
    bound: int
    bound_by: str
    winner: str
    seconds: float
    cpu: float  # seconds


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--fuse", default="activation", help="how kernels are formed (default: activation)")
    parser.add_argument("--order", default="memory", help="memory or program (default: memory)")
    parser.add_argument("--repeat", type=int, default=3, help="packings, of which the fastest counts (default: 3)")
    parsed = parser.parse_args()
    rows = [_row(network, parsed.fuse, parsed.order, parsed.repeat) for network in networks(parsed.zoo, parsed.only)]
    if not rows:
        print("skipped: no network of that name")
        return 0
    print(f"{'':<32} {'items':>5} {'peak':>9} {'bound':>9} {'ms':>7} {'CPU':>7}  bound by; found by")
    for row in rows:
        unproven = "" if row.peak == row.bound else "; NOT PROVEN"
        print(
            f"{row.name:<32} {row.items:>5} {row.peak:>9} {row.bound:>9} {1000 * row.seconds:>7.2f} "
            f"{1000 * row.cpu:>7.2f}  {row.bound_by}; {row.winner}{unproven}"
        )
    proven, slowest = sum(row.peak == row.bound for row in rows), max(row.seconds for row in rows)
    print(f"proven least for its order: {proven} of {len(rows)}, wanted {PROVEN:.0%}")
    print(
        f"slowest {1000 * slowest:.0f} ms, wanted {1000 * SECONDS:.0f} ms; "
        f"by the CPU {1000 * max(r.cpu for r in rows):.0f} ms"
    )
    return 0 if proven >= PROVEN * len(rows) and slowest <= SECONDS else 1


def _row(network: Network, fuse: str, order: str, repeat: int) -> Row:
    formed, _ = with_problem(read_model(str(network.path)), {"fuse": fuse}, ASSUMED, lambda problem, _: None)
    problem = replace(formed.problem, l2=Memory("L2", None, formed.problem.l2.alignment))
    items, seconds, cpu = _items(problem, order), float("inf"), float("inf")
    for _ in range(repeat):
        start, busy = time.perf_counter(), time.process_time()
        packed = pack(items, problem.l2.alignment, Options(), 0, search=True)
        seconds, cpu = min(seconds, time.perf_counter() - start), min(cpu, time.process_time() - busy)
    return Row(network.name, len(items), packed.peak, packed.lower_bound, packed.bound_by, packed.winner, seconds, cpu)


def _items(problem: Problem, order: str) -> Sequence[Item]:
    """What lies in L2 in the plan that is kept."""
    storage, options = resolve_storage(problem), Options(order=order)
    listed = Candidates(storage, dependencies(storage), options, 0)
    best = min((_laid_out(each, options) for each in listed.first), key=lambda layout: layout.cost)
    if best.l2_peak > listed.enough:
        best = min([best, *(_laid_out(each, options) for each in listed.rest(0))], key=lambda layout: layout.cost)
    return [item for item in best.items if item.pinned != "DDR" and item.pieces]


def _laid_out(each: Candidate, options: Options) -> Layout:
    layout = lay_out(each.storage, each.order, lifetimes_in(each.storage, each.order), each.shares, options, 0)
    assert layout is not None
    return layout


if __name__ == "__main__":
    sys.exit(main())
