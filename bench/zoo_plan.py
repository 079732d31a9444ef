"""Plan every network of the zoo under several sets of options. A plan counts when the command exits with 0, which it
does only after the independent checker has passed the plan."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from zoo import Done, Network, arguments, command, first_line, networks, spread

OPTIONS: tuple[tuple[str, ...], ...] = (
    ("--l2=2MB",),
    ("--l2=4MB",),
    ("--l2=2MB", "--fuse=none"),
    ("--l2=2MB", "--fuse=elementwise"),
    ("--l2=2MB", "--merge=none"),
    ("--l2=2MB", "--pack=slots"),
)
Work = tuple[Network, tuple[str, ...]]


def main() -> int:
    parsed = arguments(__doc__).parse_args()
    found = networks(parsed.zoo, parsed.only)
    rows: dict[tuple[str, ...], list[tuple[Done, dict[str, Any]]]] = {options: [] for options in OPTIONS}
    with tempfile.TemporaryDirectory() as folder:
        work = [(network, options) for options in OPTIONS for network in found]
        for (network, options), (done, plan) in spread(lambda each: _plan(each, Path(folder)), work, parsed.jobs):
            rows[options].append((done, plan))
            if done.code:
                print(f"{network.name} {' '.join(options)}: {first_line(done)}", file=sys.stderr)
    print(f"{'options':<28} {'planned':>9} {'optimal':>9} {'fits L2':>9} {'no reuse / peak':>16} {'seconds':>8}")
    for options, results in rows.items():
        plans = [plan for done, plan in results if done.code == 0]
        print(_row(" ".join(options), len(found), plans, sum(done.seconds for done, _ in results)))
    return 0


def _plan(work: Work, folder: Path) -> tuple[Done, dict[str, Any]]:
    network, options = work
    file = folder / f"{network.name}{''.join(options)}.json"
    done = command("l2opt", "plan", str(network.path), *options, f"--json={file}")
    if done.code:
        return done, {}
    made = json.loads(file.read_text())
    file.unlink()
    return done, {key: made[key] for key in ("l2", "fits", "baseline")}


def _row(options: str, count: int, plans: list[dict[str, Any]], seconds: float) -> str:
    optimal = sum(plan["l2"]["status"] == "optimal" for plan in plans)
    fitting = [plan for plan in plans if plan["fits"]]
    saved = [plan["baseline"]["no_reuse"] / max(1, plan["l2"]["peak"]) for plan in fitting]
    mean = f"{sum(saved) / len(saved):.2f}" if saved else "-"
    shares = [f"{part}/{count}" for part in (len(plans), optimal, len(fitting))]
    return f"{options:<28} {shares[0]:>9} {shares[1]:>9} {shares[2]:>9} {mean:>16} {seconds:>8.0f}"


if __name__ == "__main__":
    sys.exit(main())
