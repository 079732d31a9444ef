"""l2opt-opt on MobileNetV2 as a whole process, and planning it once it is parsed: the least time of several runs."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from pathlib import Path

from zoo import command

MODEL = Path(__file__).resolve().parents[1] / "test" / "models" / "mobilenet_v2_100_224.mlir"
WHOLE, PLANNING = 1.5, 0.2  # seconds wanted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("model", nargs="?", type=Path, default=MODEL, help="a network (default: MobileNetV2 1.0 224)")
    parser.add_argument("--runs", type=int, default=5, help="of which the fastest counts (default: 5)")
    parsed = parser.parse_args()
    whole, busy, planning = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out")
        for _ in range(parsed.runs):
            before = _processor()
            done = command("l2opt-opt", str(parsed.model), "--pack-l2=2MB", "-o", out)
            busy.append(_processor() - before)
            planned = command("l2opt", "plan", str(parsed.model), "--l2=2MB", f"--json={out}.json")
            if done.code or planned.code:
                sys.exit(done.err + planned.err)
            seconds = json.loads(Path(f"{out}.json").read_text())["seconds"]
            whole.append(done.seconds)
            planning.append(seconds["total"] - seconds["parse"])
    print(f"{'':<28} {'seconds':>8} {'wanted':>8} {'ratio':>6}")
    rows = (
        ("l2opt-opt, whole process", min(whole), WHOLE),
        ("  of processor", min(busy), WHOLE),
        ("planning", min(planning), PLANNING),
    )
    for name, taken, wanted in rows:
        print(f"{name:<28} {taken:>8.3f} {wanted:>8.3f} {taken / wanted:>6.2f}")
    return 0


def _processor() -> float:
    """Seconds that the commands until now have computed, whatever else this machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
