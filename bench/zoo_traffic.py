"""DDR traffic of every network of the zoo at several capacities, against rules that keep buffers whole.

(a) In program order, in place where possible: the largest buffers go to DDR until the rest packs.
(a+) The largest that is live where L2 is too full goes, until the rest packs.
(b) The buffer that saves the most traffic a byte stays first; what then does not pack goes.
(a+) and (b) have the best of the planner's orders, with in-place merges and without, and so much of what the planner
finds. Ratios are geometric means, over two sets: the networks that do not fit with ours either, and all that do not fit
under (a), where no traffic at all counts as one byte. `bound/(a)` is what the first would be if each plan were at its
bound: no choice of what is in L2, and when, moves less with the plan's order and merges. Every plan is checked.

With `--rewrite=stripes` ours is the plan of the rewritten network, and what constants are read again for that counts as
its traffic; the rules, which know no stripes, have the network as it is."""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

from zoo import Network, arguments, networks

from l2opt.mlir import ir
from l2opt.passes.diagnostics import Collector
from l2opt.passes.extract import extract
from l2opt.passes.functions import target_function
from l2opt.passes.pack import Pack
from l2opt.passes.pipeline import run
from l2opt.passes.pipelines import pipeline
from l2opt.plan import Options, Problem, check_plan, make_plan
from l2opt.plan.candidates import Candidates
from l2opt.plan.chunks import whole_chunks
from l2opt.plan.dependencies import dependencies
from l2opt.plan.items import Item
from l2opt.plan.layout import scene_of
from l2opt.plan.lifetimes import lifetimes_in
from l2opt.plan.merge import Shares
from l2opt.plan.pack import least_peak, pack
from l2opt.plan.spill import Resident, Scene, by_rule
from l2opt.plan.storage import resolve_storage
from l2opt.plan.traffic import traffic_of
from l2opt.plan.weights import weights_traffic
from l2opt.tools import source
from l2opt.tools.planning import PASSES

CAPACITIES = (256, 512, 1024, 2048, 4096)  # KB
_OPTIONS = Options()


@dataclass(frozen=True)
class Row:
    """One network at one capacity; bytes."""

    name: str
    capacity: int
    program_order: int  # (a)
    largest_first: int  # (a+)
    by_value: int
    traffic: int
    bound: int
    copies: int
    seconds: float

    @property
    def gap(self) -> float:
        """By how much of the bound the traffic is above it."""
        return 0.0 if self.traffic == self.bound else (self.traffic - self.bound) / max(1, self.bound)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--timeout", type=float, help="seconds a plan may take")
    parser.add_argument("--rewrite", default="none", choices=("none", "stripes"), help="of the networks, for ours")
    parser.add_argument(
        "--rows", action="store_true", help="print every network at every capacity that it does not fit"
    )
    parser.add_argument("--save", type=Path, help="keep the rows in this file, as CSV")
    parser.add_argument("--join", type=Path, nargs="+", help="the table of rows that were kept in these files")
    parsed = parser.parse_args()
    rows = [row for path in parsed.join for row in _read(path)] if parsed.join else _rows(parsed)
    if parsed.save:
        _write(parsed.save, rows)
    spilling = [row for row in rows if row.program_order]
    if parsed.rows:
        print(
            f"{'network':<40} {'L2 KB':>6} {'(a) KB':>9} {'(a+)/(a)':>9} {'(b)/(a)':>9} {'ours/(a)':>9} {'gap':>7} "
            f"{'copies':>6} {'s':>6}"
        )
        for row in spilling:
            a = row.program_order
            print(
                f"{row.name:<40} {row.capacity >> 10:>6} {a >> 10:>9} {row.largest_first / a:>9.3f} "
                f"{row.by_value / a:>9.3f} {row.traffic / a:>9.3f} {row.gap:>7.2%} {row.copies:>6} {row.seconds:>6.2f}"
            )
    _summary(rows, spilling)
    return 0


def _rows(parsed: argparse.Namespace) -> list[Row]:
    found = networks(parsed.zoo, parsed.only)
    rows: list[Row] = []
    with ProcessPoolExecutor(parsed.jobs) as pool:
        work = partial(_network, timeout=parsed.timeout, rewrite=parsed.rewrite)
        for count, made in enumerate(pool.map(work, found), 1):
            rows += made
            if count % 10 == 0 or count == len(found):
                print(f"{count} of {len(found)}", file=sys.stderr)
    return rows


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(Row))
        writer.writerows(astuple(row) for row in rows)


def _read(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return [Row(each.pop("name"), **{k: _number(k, v) for k, v in each.items()}) for each in csv.DictReader(file)]


def _number(name: str, text: str) -> Any:
    return float(text) if name == "seconds" else int(text)


def _summary(rows: Sequence[Row], spilling: Sequence[Row]) -> None:
    print(
        f"{'':>6} {'':>8} {'networks that do not fit':^28} | {'neither way':^40} | {'under (a)':^9} | "
        f"{'gap to the bound, and plans':^42}"
    )
    print(
        f"{'L2 KB':>6} {'networks':>8} {'under (a)':>9} {'with ours':>9} {'worse':>8} | "
        f"{'ours/(a)':>9} {'bound/(a)':>9} {'ours/(a+)':>9} {'ours/(b)':>10} | "
        f"{'ours/(a)':>9} | {'median gap':>10} {'largest':>8} {'at bound':>8} "
        f"{'copies':>6} {'max s':>6}"
    )
    for capacity in (*CAPACITIES, 0):
        mine = [row for row in spilling if row.capacity == capacity << 10 or not capacity]
        left = [row for row in mine if row.traffic]
        if not left:
            continue
        count = sum(row.capacity == capacity << 10 or not capacity for row in rows)
        gaps = [row.gap for row in left]
        worse = sum(row.traffic > min(row.program_order, row.largest_first, row.by_value) for row in mine)
        print(
            f"{capacity or 'all':>6} {count:>8} {len(mine):>9} {len(left):>9} {worse:>8} | "
            f"{_mean(left, 'program_order'):>9.3f} {_mean(left, 'program_order', 'bound'):>9.3f} "
            f"{_mean(left, 'largest_first'):>9.3f} {_mean(left, 'by_value'):>10.3f} | "
            f"{_mean(mine, 'program_order'):>9.3f} | {median(gaps):>10.2%} {max(gaps):>8.1%} "
            f"{sum(not gap for gap in gaps):>8} {sum(row.copies > 0 for row in left):>6} "
            f"{max(row.seconds for row in mine):>6.1f}"
        )


def _mean(rows: Sequence[Row], rule: str, ours: str = "traffic") -> float:
    return geometric_mean([max(1, getattr(row, ours)) / max(1, getattr(row, rule)) for row in rows])


def _network(network: Network, timeout: float | None, rewrite: str) -> list[Row]:
    problem = _problem(network.path, {})
    rows = []
    for kb in CAPACITIES:
        sized = replace(problem, l2=replace(problem.l2, capacity=kb << 10))
        start = time.perf_counter()
        planned = sized if rewrite == "none" else _problem(network.path, {"rewrite": rewrite, "l2": f"{kb}KB"})
        plan = make_plan(planned, replace(_OPTIONS, timeout=timeout))
        seconds = time.perf_counter() - start
        faults = check_plan(planned, plan)
        assert not faults, f"{network.name} at {kb} KB: {faults}"
        again = 0 if planned is sized else weights_traffic(planned, plan) - _constants(sized)
        traffic, bound = plan.traffic + again, plan.traffic_lower_bound + again
        rows.append(Row(network.name, kb << 10, *_rules(sized), traffic, bound, len(plan.copies), seconds))
    return rows


def _constants(problem: Problem) -> int:
    """Bytes of constants that are read in any order."""
    return weights_traffic(problem, make_plan(problem, replace(_OPTIONS, quick=True)))


def _problem(path: Path, values: dict[str, str]) -> Problem:
    *stages, last = pipeline(PASSES, values)
    assert isinstance(last, Pack)
    read = source.read(str(path))
    collector = Collector(read.name)
    with source.new_context(allow_unregistered=True) as context:
        module: ir.Module = source.parse(read, context, collector)
        run(module, stages, collector)
        return extract(module, target_function(module, last.function), *last.memories(), last.io, last.weights)


def _rules(problem: Problem) -> tuple[int, int, int]:
    """Traffic under (a), (a+) and (b)."""
    storage = resolve_storage(problem)
    program = tuple(range(len(problem.kernels)))
    plain = scene_of(storage, program, lifetimes_in(storage, program), Shares.of(problem, "none"))
    listed = Candidates(storage, dependencies(storage), _OPTIONS, 0)
    largest, value = [], []
    for candidate in (*listed.first, *listed.rest(0)):
        if candidate.storage.within:
            continue
        scene = scene_of(storage, candidate.order, lifetimes_in(storage, candidate.order), candidate.shares)
        largest.append(_largest_first(scene))
        kept = by_rule(scene, _OPTIONS)
        assert isinstance(kept, Resident), kept
        value.append(traffic_of(storage, scene.order, scene.items, kept.chunks, kept.copies))
    return _program_order(plain), min(largest), min(value)


def _program_order(scene: Scene) -> int:
    memory = scene.storage.problem.l2
    assert memory.capacity is not None
    kept = [item for item in scene.items if item.pinned != "DDR" and item.pieces]
    kept.sort(key=lambda item: (item.size, item.name))
    while kept and not _packs(kept, memory.alignment, memory.capacity):
        kept.pop()
    return _traffic(scene, kept)


def _largest_first(scene: Scene) -> int:
    memory = scene.storage.problem.l2
    assert memory.capacity is not None
    kept = [item for item in scene.items if item.pinned != "DDR" and item.pieces]
    while kept and not _packs(kept, memory.alignment, memory.capacity):
        full = _full_steps(kept, memory.capacity)
        there = [
            item for item in kept if any(start < step + 1 <= end for start, end, _, _ in item.pieces for step in full)
        ]
        largest = max(there or kept, key=lambda item: (item.size, item.name))
        kept.remove(largest)
    return _traffic(scene, kept)


def _traffic(scene: Scene, kept: Sequence[Item]) -> int:
    """With these in L2."""
    inside = {id(item) for item in kept}
    chunks = whole_chunks(scene.items, [id(item) in inside for item in scene.items])
    return traffic_of(scene.storage, scene.order, scene.items, chunks, ())


def _packs(items: list[Item], alignment: int, capacity: int) -> bool:
    if least_peak(items, alignment) > capacity:
        return False
    return pack(items, alignment, _OPTIONS, 0, enough=capacity, search=True).peak <= capacity


def _full_steps(items: list[Item], capacity: int) -> set[int]:
    change: dict[int, int] = {}
    for item in items:
        for start, end, lo, hi in item.pieces:
            change[start] = change.get(start, 0) + hi - lo
            change[end] = change.get(end, 0) - (hi - lo)
    load, full = 0, set()
    times = sorted(change)
    for at, until in pairwise(times):
        load += change[at]
        if load > capacity:
            full |= set(range(at, until))
    return full


if __name__ == "__main__":
    sys.exit(main())
