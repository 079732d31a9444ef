"""Our plans beside those of other planners, on the same networks in the same run:

    python bench/peers/compare.py DIRECTORY... --vela=VENV/bin/vela --tflm=VENV/bin/python \\
        --torch-mlir=VENV/bin/python --executorch=VENV/bin/python

A directory holds networks as NAME.mlir for us, with NAME.tflite, NAME.mlirbc (TOSA with weights) or NAME.pt2 beside for
the peers, as bench/zoo/build.py leaves its work directory; where NAME.mlir is absent we read the peer's file. Each peer
lies in an environment of its own; nothing is installed or downloaded here. For each network and peer: its bytes; ours
on the buffers that it planned, lifetimes and all ("same buffers"); ours on the network, at options that count the same.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from found import HERE, PEERS, Failed, Interval, Peer, answer, run
from rows import COLUMNS, Ours, Refused, Row, as_csv, as_markdown, from_csv, summary

SCRIPTS = Path(sysconfig.get_path("scripts"))
README = HERE / "README.md"
MARKS = ("<!-- made by compare.py -->\n", "<!-- until here -->\n")
PACKING = 5.0  # seconds for the packing of a peer's buffers


def main() -> int:
    """Prints a row as it is there, then each peer's summary."""
    parsed = _parser().parse_args()
    rows = [row for path in parsed.join for row in from_csv(path.read_text())]
    joined = {row.peer for row in rows}
    for peer in PEERS:
        if peer in joined:
            continue
        program = vars(parsed)[peer.option.replace("-", "_")]
        try:
            if program is None:
                raise Failed(f"--{peer.option} is not given")
            run([str(program.absolute()), *peer.probe], parsed.limit)
        except Failed as fault:
            print(f"{peer.name}: skipped: {fault}. {peer.install}", file=sys.stderr)
            continue
        for row in _rows(peer, program.absolute(), parsed):
            rows.append(row)
            _show(row.cells())
    print()
    for line in summary(rows):
        print("  ".join(f"{cell:<16}" for cell in line))
    rows.sort(key=lambda row: PEERS.index(row.peer))
    if parsed.csv:
        parsed.csv.write_text(as_csv(rows))
    if parsed.readme:
        _write_readme(as_markdown(rows))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("directories", nargs="+", type=Path, metavar="DIRECTORY", help="where the networks are")
    for option in dict.fromkeys(peer.option for peer in PEERS):
        install = next(peer.install for peer in PEERS if peer.option == option)
        add(f"--{option}", type=Path, metavar="PROGRAM", help=install)
    add(
        "--keep", type=Path, metavar="DIRECTORY", help="keep the peers' answers there; what is there is not asked again"
    )
    add(
        "--join",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="take peers that are in this table from it",
    )
    add("--only", default="", metavar="TEXT", help="networks whose name has TEXT")
    add("--options", default="", metavar="TEXT", help="more options for our planning, such as '--fuse=elementwise'")
    add("--limit", type=float, default=300, metavar="SECONDS", help="for one command (default: 300)")
    add("--csv", type=Path, metavar="FILE", help="write the table to this file too")
    add("--readme", action="store_true", help=f"write the summary into {README.name} beside this script")
    return parser


def _rows(peer: Peer, program: Path, parsed: argparse.Namespace) -> Iterator[Row | Refused]:
    less = "" if peer.counts_state else ", less the variables"
    print(f"\n{peer.name} counts: {peer.counts}\nours: l2opt plan {' '.join((*peer.ours, parsed.options))}{less}")
    _show(COLUMNS)
    for network in sorted(each for folder in parsed.directories for each in folder.glob(f"*{peer.takes}")):
        if parsed.only not in network.stem:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            try:
                found = answer(peer, program, network, folder, parsed.limit, parsed.keep)
            except Failed as fault:
                yield Refused(network.stem, peer, str(fault))
                continue
            try:
                packed = _packed(found.buffers, folder, parsed.limit) if found.buffers else None
                ours = _ours(network, peer, parsed)
            except Failed as fault:
                yield Refused(network.stem, peer, f"by ours: {fault}")
                continue
            yield Row(network.stem, peer, found, packed, ours)


def _packed(buffers: tuple[Interval, ...], folder: Path, limit: float) -> tuple[int, float]:
    """Bytes and seconds of our packer on the buffers of a peer."""
    lines = [f"b{at},{low},{high},{size},{alignment}" for at, (low, high, size, alignment) in enumerate(buffers)]
    problem, made = folder / "problem.csv", folder / "packed.json"
    problem.write_text("\n".join(["id,lower,upper,size,alignment", *lines]) + "\n")
    words = [str(SCRIPTS / "l2opt"), "pack", str(problem), "--minimize", f"--timeout={PACKING}", f"--json={made}"]
    _, seconds = run(words, limit)
    return json.loads(made.read_text())["peak"], seconds


def _ours(network: Path, peer: Peer, parsed: argparse.Namespace) -> Ours:
    """Our plan of the network, with room for all of it; without its variables if the peer keeps them elsewhere."""
    module = network.with_suffix(".mlir")
    options = (*peer.ours, *parsed.options.split())
    plan, seconds = _plan(module if module.is_file() else network, options, parsed.limit)
    state = [buffer["bytes"] for buffer in plan["buffers"] if buffer["kind"] == "variable"]
    alignment = plan["l2"]["alignment"]
    elsewhere = 0 if peer.counts_state else sum(-(-size // alignment) * alignment for size in state)
    return Ours(plan["l2"]["peak"] - elsewhere, plan["l2"]["lower_bound"] - elsewhere, seconds)


@cache
def _plan(module: Path, options: tuple[str, ...], limit: float) -> tuple[dict[str, Any], float]:
    """Our plan and its seconds: one for all peers that it is compared with."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "ours.json")
        words = [str(SCRIPTS / "l2opt"), "plan", str(module), "--l2=4096MB", f"--json={made}", *options]
        _, seconds = run(words, limit)
        return json.loads(made.read_text()), seconds


def _show(cells: Sequence[str]) -> None:
    print("  ".join(f"{cell:<26}" if at < 2 else f"{cell:>14}" for at, cell in enumerate(cells)), flush=True)


def _write_readme(made: str) -> None:
    """Replaces what lies between the README's marks."""
    pattern = f"({re.escape(MARKS[0])}).*({re.escape(MARKS[1])})"
    text, count = re.subn(pattern, lambda found: found[1] + made + found[2], README.read_text(), flags=re.DOTALL)
    assert count == 1, f"{README.name}: want the marks {MARKS} once"
    README.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
