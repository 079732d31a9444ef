"""Our plans beside those of other planners, on the same networks in the same run:

    python bench/peers/compare.py DIRECTORY... --vela=VENV/bin/vela --tflm=VENV/bin/python \\
        --torch-mlir=VENV/bin/python --executorch=VENV/bin/python

A directory holds networks as NAME.mlir for us, with NAME.tflite, NAME.mlirbc (TOSA with weights) or NAME.pt2 beside for
the peers, as bench/zoo/build.py leaves its work directory. Each peer lies in an environment of its own; nothing is
installed or downloaded here. For each network and peer: its bytes; ours on the buffers that it planned, lifetimes and
all ("same buffers"); ours on the network, at options that count the same. A row ends in what it shows.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from found import PEERS, Failed, Found, Interval, Peer, run

SCRIPTS = Path(sysconfig.get_path("scripts"))
COLUMNS = (
    "network",
    "peer",
    "peer bytes",
    "same buffers",
    "our bytes",
    "our bound",
    "peer process s",
    "peer planner s",
    "our pack s",
    "our process s",
    "verdict",
)
PACKING = 5.0  # seconds for the packing of a peer's buffers


@dataclass(frozen=True)
class Ours:
    """Our plan of a network."""

    bytes: int
    bound: int
    process: float


@dataclass(frozen=True)
class Row:
    """One network and one peer."""

    network: str
    peer: Peer
    found: Found
    packed: tuple[int, float] | None  # bytes and seconds of ours on the peer's buffers
    ours: Ours

    @property
    def verdict(self) -> str:
        """Below, equal or above the peer, on the network; and on its buffers if that is above."""
        ratio = self.ours.bytes / max(1, self.found.bytes)
        word = "below" if ratio < 1 else "equal" if ratio == 1 else f"ABOVE by {100 * (ratio - 1):.1f}%"
        return word + (", SAME BUFFERS ABOVE" if self.packed and self.packed[0] > self.found.bytes else "")

    def cells(self) -> list[str]:
        """The row of the table."""
        packed, seconds = (str(self.packed[0]), f"{self.packed[1]:.2f}") if self.packed else ("-", "-")
        planner = "-" if self.found.planner is None else f"{self.found.planner:.3f}"
        sizes = [str(self.found.bytes), packed, str(self.ours.bytes), str(self.ours.bound)]
        times = [f"{self.found.process:.2f}", planner, seconds, f"{self.ours.process:.2f}"]
        return [self.network, self.peer.name, *sizes, *times, self.verdict]


def main() -> int:
    """Prints a row as it is there, then each peer's summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("directories", nargs="+", type=Path, metavar="DIRECTORY", help="where the networks are")
    add("--modules", type=Path, metavar="DIRECTORY", help="where NAME.mlir is, if not beside")
    for option in dict.fromkeys(peer.option for peer in PEERS):
        install = next(peer.install for peer in PEERS if peer.option == option)
        add(f"--{option}", type=Path, metavar="PROGRAM", help=install)
    add("--only", default="", metavar="TEXT", help="networks whose name has TEXT")
    add("--options", default="", metavar="TEXT", help="more options for our planning, such as '--fuse=elementwise'")
    add("--limit", type=float, default=300, metavar="SECONDS", help="for one command (default: 300)")
    add("--csv", type=Path, metavar="FILE", help="write the table to this file too")
    parsed = parser.parse_args()
    given = vars(parsed)
    rows = []
    for peer in PEERS:
        program = given[peer.option.replace("-", "_")]
        if program is None:
            print(f"{peer.name}: skipped: --{peer.option} is not given. {peer.install}", file=sys.stderr)
            continue
        for row in _rows(peer, program.absolute(), parsed):
            rows.append(row)
            print(
                "  ".join(f"{cell:>13}" if at > 1 else f"{cell:<26}" for at, cell in enumerate(row.cells())), flush=True
            )
    _summarize(rows)
    if parsed.csv:
        with parsed.csv.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *(row.cells() for row in rows)])
    return 0


def _rows(peer: Peer, program: Path, parsed: argparse.Namespace) -> Iterator[Row]:
    less = "" if peer.counts_state else ", less the variables"
    print(f"\n{peer.name} counts: {peer.counts}\nours: l2opt plan {' '.join((*peer.ours, parsed.options))}{less}")
    _show(COLUMNS)
    for directory in parsed.directories:
        for network in sorted(directory.glob(f"*{peer.takes}")):
            module = (parsed.modules or directory) / f"{network.stem}.mlir"
            if parsed.only not in network.stem or not module.is_file():
                continue
            with tempfile.TemporaryDirectory() as folder:
                try:
                    found = peer.ask(program, network, Path(folder), parsed.limit)
                    packed = _packed(found.buffers, Path(folder), parsed.limit) if found.buffers else None
                    ours = _ours(module, peer, parsed, Path(folder))
                except Failed as fault:
                    print(f"{network.stem}: {peer.name}: {fault}", file=sys.stderr)
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


def _ours(module: Path, peer: Peer, parsed: argparse.Namespace, folder: Path) -> Ours:
    """Our plan of the network, with room for all of it; without its variables if the peer keeps them elsewhere."""
    made = folder / "ours.json"
    words = [str(SCRIPTS / "l2opt"), "plan", str(module), "--l2=4096MB", f"--json={made}"]
    _, seconds = run([*words, *peer.ours, *parsed.options.split()], parsed.limit)
    plan = json.loads(made.read_text())
    state = [buffer["bytes"] for buffer in plan["buffers"] if buffer["kind"] == "variable"]
    alignment = plan["l2"]["alignment"]
    elsewhere = 0 if peer.counts_state else sum(-(-size // alignment) * alignment for size in state)
    return Ours(plan["l2"]["peak"] - elsewhere, plan["l2"]["lower_bound"] - elsewhere, seconds)


def _show(cells: Sequence[str]) -> None:
    print("  ".join(f"{cell:<26}" if at < 2 else f"{cell:>14}" for at, cell in enumerate(cells)), flush=True)


def _summarize(rows: list[Row]) -> None:
    medians = "median of ours / peer, same buffers / peer"
    print(f"\n{'peer':<16} {'networks':>8} {'below':>6} {'equal':>6} {'above':>6}  {medians}")
    for peer in PEERS:
        own = [row for row in rows if row.peer is peer]
        if not own:
            continue
        words = [row.verdict.split()[0].strip(",") for row in own]
        counts = [words.count(word) for word in ("below", "equal", "ABOVE")]
        network = statistics.median(row.ours.bytes / max(1, row.found.bytes) for row in own)
        same = [row.packed[0] / max(1, row.found.bytes) for row in own if row.packed]
        shares = f"{network:.3f}, {statistics.median(same):.3f}" if same else f"{network:.3f}, -"
        print(f"{peer.name:<16} {len(own):>8} {counts[0]:>6} {counts[1]:>6} {counts[2]:>6}  {shares}")


if __name__ == "__main__":
    sys.exit(main())
