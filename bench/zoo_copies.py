"""Networks packed into an L2 that is too small for them, executed with dead memory poisoned, at three capacities each
at which their plans move buffers between L2 and DDR: how many copies ran, and whether packed and unpacked agree bit for
bit.

Capacities are shares of the L2 that holds all: sixteenths from the largest down, then those between, as far as plans
have copies there. Each plan runs with copies in place (sync), and with asynchronous transfers that copy at their start,
or at the next capacity at their wait (with --every, both at each); the checker of IR certifies each first. Networks of
the repository's own zoo (`bench/zoo`) are taken, the smallest files first, until so many have been run as were asked
for; those with copies at fewer capacities are passed over.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path

from zoo import Network, arguments, networks, spread

from l2opt.dialect.l2 import BufferOp, ViewOp
from l2opt.errors import L2OptError
from l2opt.mlir import func, ir
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.diagnostics import Collector
from l2opt.passes.execution import Tap, tap_of
from l2opt.passes.extract import extract
from l2opt.passes.fill_weights import FillWeights
from l2opt.passes.form_kernels import FormKernels, prepare
from l2opt.passes.functions import target_function
from l2opt.passes.lower_kernels import LowerKernels
from l2opt.passes.materialize import Materialize
from l2opt.passes.pack import Pack
from l2opt.plan import Plan, Problem, check_plan, make_plan
from l2opt.tools import source
from l2opt.tools.compare import PackedProgram, clone, compare_recorded
from l2opt.tools.inputs import make_inputs
from l2opt.tools.recording import Recording, record

SHARES = tuple(Fraction(each, 32) for each in (*range(30, 1, -2), *range(31, 1, -2)))
PLANNING = 3.0  # seconds a plan may take
MODES = ("sync", "async, at the start", "async, at the wait")
OWN = Path(__file__).parent / "zoo"


@dataclass
class Run:
    """One network at one capacity."""

    share: str
    l2: int  # bytes
    copies: int  # between the arenas, in one run
    traffic: int  # bytes
    values: int  # arrays compared, in all modes
    distinct: int  # values in one of them
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    parser = arguments(__doc__)
    parser.set_defaults(zoo=OWN)
    parser.add_argument("--every", action="store_true", help="all modes at each capacity")
    parser.add_argument("--capacities", type=int, default=3, help="of each network (default: 3)")
    parser.add_argument("--networks", type=int, default=15, help="to run at all of these (default: 15)")
    parser.add_argument("--skip", type=int, default=0, help="networks at the start of the list to leave out")
    parser.add_argument("--seconds", type=float, default=600, help="given to each network (default: 600)")
    parser.add_argument("--one", help="run this file, and print what is found as JSON")
    parsed = parser.parse_args()
    if parsed.one:
        try:
            print(json.dumps([asdict(run) for run in run_one(parsed.one, parsed.capacities, parsed.every)]))
        except L2OptError as error:
            print(json.dumps({"error": str(error).splitlines()[0]}))
        return 0
    listed = sorted(networks(parsed.zoo, parsed.only), key=lambda each: each.path.stat().st_size)
    words = [f"--capacities={parsed.capacities}", *(["--every"] if parsed.every else [])]
    counts = (parsed.networks, parsed.capacities)
    return _report(listed[parsed.skip :], parsed.jobs, counts, words, parsed.seconds)


def run_one(file: str, capacities: int, every: bool) -> Iterator[Run]:
    """The network at the first capacities at which its plan has copies; none if they are fewer."""
    collector = Collector(file)
    with source.new_context(allow_unregistered=False) as context, ir.Location.unknown(context):
        module = source.parse(source.read(file), context, collector)
        FillWeights(0).run(module)
        prepare(module, "")
        reference = clone(module)
        FormKernels().run(module)
        Bufferize().run(module)
        chosen = list(islice(_moving(module), capacities))
        if len(chosen) < capacities:
            return
        recorded = record(reference, "", list(_taps(target_function(module))), _inputs)
        for position, (share, pack, problem, plan) in enumerate(chosen):
            made = Run(f"{share}", pack.l2 or 0, len(plan.copies), plan.traffic, 0, 0, list(check_plan(problem, plan)))
            for mode in MODES if every else (MODES[0], MODES[1 + position % 2]):
                _run_plan(clone(module), pack, problem, plan, mode, recorded, made)
            yield made


def _moving(module: ir.Module) -> Iterator[tuple[Fraction, Pack, Problem, Plan]]:
    """Capacities with plans that have copies; those between are looked at only if one of the others has."""
    fn, found = target_function(module), 0
    whole = make_plan(extract(module, fn, *Pack(l2=1 << 40).memories())).l2_peak
    for count, share in enumerate(SHARES):
        if count > len(SHARES) // 2 and not found:
            return
        pack = Pack(l2=int(whole * share) // 64 * 64, timeout=PLANNING)
        problem = extract(module, fn, *pack.memories())
        plan = make_plan(problem, pack.plan_options())
        if plan.copies:
            found += 1
            yield share, pack, problem, plan


def _run_plan(module, pack, problem, plan: Plan, mode: str, recorded: Recording, made: Run) -> None:
    pack.write(module, target_function(module), problem, plan)
    Materialize(dma=mode.partition(",")[0]).run(module)
    LowerKernels().run(module)
    made.wrong += [str(fault) for each in check_module(module) for fault in each.faults]
    program = PackedProgram(module, "", 0, checked=True, at_start=mode != MODES[2])
    compared = compare_recorded(program, recorded)
    made.values += compared.values
    made.distinct = max(made.distinct, *compared.results_distinct)
    if program.copies != len(plan.copies):
        made.wrong.append(f"{program.copies} copies ran, the plan has {len(plan.copies)}")
    if compared.difference is not None:
        made.wrong.append(f"{mode}: {compared.difference}")


def _taps(fn: func.FuncOp) -> Iterator[Tap]:
    """All values that a kernel may write, however it is packed."""
    end = 0
    for op in fn.entry_block.operations:
        if isinstance(op, (BufferOp, ViewOp)) and "name" in op.attributes:
            tap = tap_of("", op.string("name"), op.type_of("holds"), end)
            end = tap.end
            yield tap


def _inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)


def _report(found: list[Network], jobs: int, counts: tuple[int, int], words: list[str], seconds: float) -> int:
    wanted, capacities = counts
    equal = wrong = networks_equal = 0
    print(f"{'network':<34} {'share':>5} {'L2':>9} {'copies':>6} {'traffic':>9} {'values':>6}  result", flush=True)
    for network, made in spread(lambda each: _run(each, words, seconds), found, jobs):
        if isinstance(made, str):
            print(f"{network.name:<34} {made[:110]}", flush=True)
            continue
        for run in made:
            verdict = f"DIFFERS: {run.wrong[0]}" if run.wrong else f"equal, {run.distinct} distinct results"
            figures = f"{run.share:>5} {run.l2:>9} {run.copies:>6} {run.traffic:>9} {run.values:>6}"
            print(f"{network.name:<34} {figures}  {verdict}", flush=True)
        good = sum(not run.wrong for run in made)
        equal, wrong = equal + good, wrong + len(made) - good
        networks_equal += good == capacities
        if networks_equal >= wanted:
            break
    print(f"{equal} plans with copies equal bit for bit, {wrong} differ; {networks_equal} networks at {capacities}")
    return 1 if wrong else 0


def _run(network: Network, words: list[str], seconds: float) -> list[Run] | str:
    command = [sys.executable, __file__, f"--one={network.path}", *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"not done in {seconds:g} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    made = json.loads(done.stdout)
    if isinstance(made, dict):
        return str(made["error"])
    return [Run(**each) for each in made] or "copies at fewer capacities"


if __name__ == "__main__":
    sys.exit(main())
