"""Plan a chain of many int8 convolutions, each with its rescale and clamp: time, by stage, and peak memory."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from zoo import command

SECONDS, GIGABYTES = 20.0, 2.0  # wanted, of 50,000 operations
NARROW, WIDE = "tensor<1x8x8x16xi8>", "tensor<1x8x8x16xi32>"
HEAD = f"""func.func @main(%a: {NARROW}) -> {NARROW} {{
  %z = "tosa.const"() {{values = dense<0> : tensor<1xi8>}} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {{values = dense<0> : tensor<1xi32>}} : () -> tensor<1xi32>
  %m = "tosa.const"() {{values = dense<1073741824> : tensor<1xi32>}} : () -> tensor<1xi32>
  %s = "tosa.const"() {{values = dense<36> : tensor<1xi8>}} : () -> tensor<1xi8>
  %w = "tosa.const"() {{values = dense<1> : tensor<16x1x1x16xi8>}} : () -> tensor<16x1x1x16xi8>
  %b = "tosa.const"() {{values = dense<0> : tensor<16xi32>}} : () -> tensor<16xi32>"""
LAYER = f"""  %c{{k}} = tosa.conv2d {{value}}, %w, %b, %z, %z {{{{acc_type = i32, pad = array<i64: 0, 0, 0, 0>,
    stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}}}} : ({NARROW}, tensor<16x1x1x16xi8>, tensor<16xi32>,
    tensor<1xi8>, tensor<1xi8>) -> {WIDE}
  %r{{k}} = tosa.rescale %c{{k}}, %m, %s, %z32, %z {{{{input_unsigned = false, output_unsigned = false,
    per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true}}}} : ({WIDE}, tensor<1xi32>, tensor<1xi8>,
    tensor<1xi32>, tensor<1xi8>) -> {NARROW}
  %a{{k}} = tosa.clamp %r{{k}} {{{{max_val = 127 : i8, min_val = 0 : i8}}}} : ({NARROW}) -> {NARROW}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--ops", type=int, default=50_000, help="operations (default: 50000)")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model, plan = Path(folder) / "large.mlir", Path(folder) / "plan.json"
        model.write_text("\n".join(_module(parsed.ops)))
        done = command("l2opt", "plan", str(model), "--l2=2MB", f"--json={plan}")
        if done.code:
            sys.exit(done.err)
        seconds = json.loads(plan.read_text())["seconds"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory, busy = used.ru_maxrss / 2**20, used.ru_utime + used.ru_stime
    print(f"{f'{parsed.ops} operations':<28} {'got':>8} {'wanted':>8} {'ratio':>6}")
    print(f"{'seconds, whole process':<28} {done.seconds:>8.1f} {SECONDS:>8.1f} {done.seconds / SECONDS:>6.2f}")
    print(f"{'seconds of processor':<28} {busy:>8.1f} {SECONDS:>8.1f} {busy / SECONDS:>6.2f}")
    print(f"{'GB of memory, at most':<28} {memory:>8.2f} {GIGABYTES:>8.2f} {memory / GIGABYTES:>6.2f}")
    for stage, taken in seconds.items():
        print(f"  {stage:<26} {taken:>8.1f}")
    return 0


def _module(operations: int) -> Iterator[str]:
    yield HEAD
    value = "%a"
    for k in range(operations // 3):
        yield LAYER.format(k=k, value=value)
        value = f"%a{k}"
    yield f"  return {value} : {NARROW}\n}}"


if __name__ == "__main__":
    sys.exit(main())
