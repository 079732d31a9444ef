"""`l2opt plan --timeout=1` on every network of the zoo: seconds of the whole command, and of planning alone.

The command checks its plan, and fails if that is unsound. On a machine that does something else too, seconds of the
processor say more. Those that take longer than the limit are listed.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from zoo import Network, arguments, command, first_line, networks

STAGES = ("prepare", "order", "pack", "baseline")


@dataclass(frozen=True)
class Row:
    """One network; seconds."""

    name: str
    kernels: int
    whole: float
    busy: float  # of the processor, likewise
    read: float  # parsing it and forming kernels
    planning: float


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--l2", default="256KB", help="capacity (default: 256KB, which most networks do not fit)")
    parser.add_argument("--timeout", default="1", help="seconds (default: 1)")
    parser.add_argument("--limit", type=float, default=1.5, help="seconds that a command should take (default: 1.5)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="an option of the command")
    parsed = parser.parse_args()
    options = [f"--{option}" for option in (f"l2={parsed.l2}", f"timeout={parsed.timeout}", *parsed.set)]
    rows, failed = [], 0
    for network in networks(parsed.zoo, parsed.only):
        row = _row(network, options)
        failed += row is None
        rows += [row] if row else []
    rows.sort(key=lambda row: -row.whole)
    print(f"{'network':<40} {'kernels':>7} {'whole s':>8} {'of cpu':>7} {'read s':>7} {'plan s':>7}")
    for row in rows:
        if row is rows[0] or max(row.whole, row.planning) > parsed.limit:
            print(
                f"{row.name:<40} {row.kernels:>7} {row.whole:>8.2f} {row.busy:>7.2f} {row.read:>7.2f} "
                f"{row.planning:>7.2f}"
            )
    print(
        f"{len(rows)} planned and checked, {failed} failed; whole command within {parsed.limit} s: "
        f"{sum(row.whole <= parsed.limit for row in rows)}, of the processor "
        f"{sum(row.busy <= parsed.limit for row in rows)}, planning {sum(row.planning <= parsed.limit for row in rows)}"
    )
    return 0


def _row(network: Network, options: list[str]) -> Row | None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "plan.json"
        before = _processor()
        done = command("l2opt", "plan", str(network.path), f"--json={out}", *options)
        if done.code:
            print(f"{network.name}: {first_line(done)}", file=sys.stderr)
            return None
        busy = _processor() - before
        plan = json.loads(out.read_text())
    seconds = plan["seconds"]
    read = seconds["parse"] + seconds["form"]
    planning = sum(seconds.get(stage, 0.0) for stage in STAGES)
    return Row(network.name, len(plan["kernels"]), done.seconds, busy, read, planning)


def _processor() -> float:
    """Seconds that the commands until now have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
