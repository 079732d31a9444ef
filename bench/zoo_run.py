"""Execute networks packed and unpacked, bit for bit, with poison in what a kernel is about to overwrite; for each the
merges that its plan takes.

Weights that a file does not hold are random. `--force` takes every zero-copy choice there is, whether or not it lowers
the peak, so that each kind is run; `--set overlap=safe` and the like are options of l2-pack. A network without
tensors to compare, or that no upstream lowering takes, is named with the reason and counted apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from zoo import Network, arguments, networks, spread

sys.path.append(str(Path(__file__).resolve().parents[1] / "test" / "e2e"))
from forced import pack_forced

from l2opt import dialect
from l2opt.dialect.l2 import KernelOp, ViewOp
from l2opt.errors import L2OptError
from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.fill_weights import FillWeights
from l2opt.passes.form_kernels import prepare
from l2opt.passes.functions import functions, target_function
from l2opt.passes.move_kernels import choices_of
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.passes.regions import dense_strides
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs

KINDS = ("in place", "overlap", "view", "concat", "slice", "pad", "insert", "gaps", "chain", "rest")


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--force", action="store_true", help="take every zero-copy choice")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="an option of the pipeline")
    parser.add_argument("--seconds", type=float, default=300, help="given to each network (default: 300)")
    parser.add_argument("--most", type=int, help="run so many networks, those with the fewest bytes first")
    parser.add_argument("--one", help="run this file, and print what is found as JSON")
    parsed = parser.parse_args()
    values = dict(each.split("=", 1) for each in parsed.set)
    if parsed.one:
        print(json.dumps(run_one(parsed.one, values, parsed.force)))
        return 0
    found = sorted(networks(parsed.zoo, parsed.only), key=lambda each: each.fused_peak)[: parsed.most]
    words = [*(f"--set={each}" for each in parsed.set), *(["--force"] if parsed.force else [])]
    return _report(found, parsed.jobs, words, parsed.seconds)


def run_one(file: str, values: dict[str, str], force: bool) -> dict[str, Any]:
    """What came of one network: `kinds`, `peak`, `values`, `difference` and so on; or `error`."""
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        try:
            module = ir.Module.parseFile(file)
            FillWeights(0).run(module)
            prepare(module, "")
            reference = clone(module)
            kinds = _pack(module, {"l2": "1GB", **values}, force)
            faults = [str(fault) for each in check_module(module) for fault in each.faults]
            peak = target_function(module).attributes["l2.plan"]["peak"].value
            made = compare(module, reference, "", lambda program, count, run: make_inputs(program, count, {}, run))
        except L2OptError as error:
            return {"error": str(error).splitlines()[0]}
    return {
        "kinds": kinds,
        "peak": peak,
        "faults": faults,
        "kernels": made.kernels,
        "poisoned": made.poisoned,
        "values": made.values,
        "distinct": max(made.results_distinct, default=0),
        "difference": made.difference,
    }


def _pack(module: ir.Module, values: dict[str, str], force: bool) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for name, stage in zip(PACK, pipeline(PACK, values), strict=True):
        assert not isinstance(stage, str)
        if name == "l2-pack" and force:
            pack_forced(module)
        else:
            stage.run(module)
        if name == "l2-pack":
            kinds = kinds_of(module)
    return kinds


def kinds_of(module: ir.Module) -> Counter[str]:
    """The merges in a planned function, by kind."""
    callees = {fn.sym_name.value: fn for fn in functions(module)}
    kinds: Counter[str] = Counter()
    for op in target_function(module).entry_block.operations:
        if isinstance(op, ViewOp):
            kind = _view_kind(op)
            kinds[kind] += bool(kind)
            source = op.operands[0].owner
            kinds["chain"] += isinstance(source, ViewOp) and "starts" in op.attributes and "starts" in source.attributes
        elif isinstance(op, KernelOp):
            kinds["in place"] += len(op.attributes["in_place"]) if "in_place" in op.attributes else 0
            kinds["overlap"] += "overlap" in op.attributes or "overlaps" in op.attributes
            if "within" in op.attributes:
                taken = len(list(op.attributes["within"]))
                kinds[_move_kind(callees[op.callee])] += taken
                kinds["rest"] += taken < len(choices_of(callees[op.callee]))
    return +kinds


def _view_kind(op: ViewOp) -> str:
    """`gaps` for a region that is not contiguous, `view` for another shape of the same bytes; empty for a region
    without gaps."""
    sizes, steps = op.dimensions("sizes"), op.dimensions("steps")
    if sizes is None or steps is None:
        return "view"
    source = op.operands[0].owner.type_of("holds")
    strides = [stride * step for stride, step in zip(dense_strides(source.shape), steps, strict=True)]
    extent = 1 + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    elements = 1
    for size in sizes:
        elements *= size
    return "gaps" if extent > elements else ""


def _move_kind(fn: Any) -> str:
    names = [op.operation.name for op in fn.entry_block.operations]
    return next(kind for kind in ("concat", "insert", "pad", "slice") if any(kind in name for name in names))


def _report(found: list[Network], jobs: int, words: list[str], seconds: float) -> int:
    equal = different = refused = 0
    total: Counter[str] = Counter()
    print(f"{'network':<38} {'kernels':>7} {'values':>6} {'poison':>6} {'distinct':>8}  merges")
    for network, made in spread(lambda each: _run(each, words, seconds), found, jobs):
        if "error" in made:
            refused += 1
            print(f"{network.name:<38} {made['error'][:100]}", flush=True)
            continue
        good = made["difference"] is None and not made["faults"]
        equal, different = equal + good, different + (not good)
        total.update(made["kinds"])
        merges = ", ".join(f"{kind} {made['kinds'][kind]}" for kind in KINDS if made["kinds"].get(kind))
        verdict = merges if good else f"DIFFERS: {made['difference']} {made['faults'][:1]}"
        figures = f"{made['kernels']:>7} {made['values']:>6} {made['poisoned']:>6} {made['distinct']:>8}"
        print(f"{network.name:<38} {figures}  {verdict}", flush=True)
    print(f"{equal} networks equal bit for bit, {different} differ, {refused} were not run")
    print("merges: " + ", ".join(f"{kind} {total[kind]}" for kind in KINDS if total[kind]))
    return 1 if different else 0


def _run(network: Network, words: list[str], seconds: float) -> dict[str, Any]:
    command = [sys.executable, __file__, f"--one={network.path}", *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return {"error": f"not done in {seconds:g} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]}
    made: dict[str, Any] = json.loads(done.stdout)
    return made


if __name__ == "__main__":
    sys.exit(main())
