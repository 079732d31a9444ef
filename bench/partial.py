"""Cells whose concatenation a narrow convolution reads: the planned peak as they are, and with partial convolutions
(--rewrite=partial), each executed packed beside the unpacked cell, bit for bit."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

sys.path.append(str(Path(__file__).resolve().parents[1] / "test" / "e2e"))
from cells import CELLS

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.diagnostics import Collector
from l2opt.passes.fill_weights import FillWeights
from l2opt.passes.functions import target_function
from l2opt.passes.pipeline import run
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs
from l2opt.tools.source import new_context


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--overlap", default="none", help="none or safe (default: none)")
    parsed = parser.parse_args()
    print(f"{'':<32} {'as it is':>9} {'partial':>9} {'saved':>6}  executed")
    saved, differ = [], 0
    for name, text in CELLS.items():
        (before, _), (after, equal) = (packed(text, rewrite, parsed.overlap) for rewrite in ("none", "partial"))
        saved.append(100 * (1 - after / before))
        differ += not equal
        print(f"{name:<32} {before:>9} {after:>9} {saved[-1]:>5.1f}%  {'equal' if equal else 'DIFFERS'}", flush=True)
    print(f"lower on {sum(each > 0 for each in saved)} of {len(saved)}, median {median(saved):.1f}%; {differ} differ")
    return 1 if differ or min(saved) < 0 else 0


def packed(text: str, rewrite: str, overlap: str) -> tuple[int, bool]:
    """The peak in bytes, and whether the packed cell passes the checker and equals the unpacked one."""
    with new_context(allow_unregistered=True), ir.Location.unknown():
        module = ir.Module.parse(text)
        FillWeights(1).run(module)
        reference = clone(module)
        run(module, pipeline(PACK, {"l2": "64MB", "rewrite": rewrite, "overlap": overlap}), Collector("-"))
        peak = target_function(module).attributes["l2.plan"]["peak"].value
        sound = not any(each.faults for each in check_module(module))
        made = compare(module, reference, "main", lambda program, count, _: make_inputs(program, count, {}, 3))
    return peak, sound and made.difference is None and max(made.results_distinct) > 1


if __name__ == "__main__":
    sys.exit(main())
