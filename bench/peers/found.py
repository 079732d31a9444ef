"""What a peer says of a network, and what it planned: read from the words of its own tools."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["HERE", "PEERS", "Failed", "Found", "Interval", "Peer", "answer", "run"]

HERE = Path(__file__).resolve().parent
VELA_LINE = re.compile(r"\s*(\d+) -\s*(\d+):\s*0x([0-9a-f]+) -\s*0x[0-9a-f]+:\s*(\d+):")
VELA_OPTIONS = (
    *("--optimise", "Size", "--verbose-allocation"),
    *("--config", "Arm/vela.ini", "--system-config", "Ethos_U55_High_End_Embedded", "--memory-mode", "Shared_Sram"),
)
Interval = tuple[int, int, int, int]  # first step, step after the last, bytes, alignment


class Failed(Exception):
    """A peer, or our own command, did not take a network: what it said last, and first."""


@dataclass(frozen=True)
class Found:
    """A peer's plan of one network."""

    bytes: int
    process: float  # seconds of the whole command
    planner: float | None = None  # seconds of planning alone, where the peer can be asked for that
    buffers: tuple[Interval, ...] = ()  # what it planned; empty where it does not tell


@dataclass(frozen=True)
class Peer:
    """How one peer is installed, what it takes and counts, and how it is asked."""

    name: str
    option: str  # of the command line, which gives its program
    install: str
    takes: str  # ending of the files that it takes
    counts: str
    ours: tuple[str, ...]  # options of ours that count the same
    probe: tuple[str, ...]  # what its program is asked first: it is skipped if that fails
    ask: Callable[[Path, Path, Path, float], Found]  # program, network, an empty directory, seconds at most
    counts_state: bool = True  # whether variables, live from the first step to the last, are among its bytes
    cascades: bool = False  # whether it runs operators in stripes


def run(words: Sequence[str], limit: float, folder: Path | None = None) -> tuple[str, float]:
    """What a command printed, and its seconds. Raises Failed."""
    start = time.perf_counter()
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=limit, cwd=folder)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"no answer in {limit:.0f} s") from error
    except OSError as error:
        raise Failed(f"{words[0]}: {error.strerror}") from error
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if re.match(r"(?!Traceback)\S", line)]
        raise Failed(": ".join(dict.fromkeys((said[-1], said[0]))) if said else f"exit code {done.returncode}")
    return done.stdout + done.stderr, time.perf_counter() - start


def answer(peer: Peer, program: Path, network: Path, folder: Path, limit: float, keep: Path | None) -> Found:
    """What `peer` says of a network, or said before if that is kept in `keep`. Raises Failed."""
    if keep is None:
        return peer.ask(program, network, folder, limit)
    kept = keep / f"{network.stem}.{peer.name.replace(', ', '-').replace(' ', '-')}.json"
    if not kept.is_file():
        try:
            said = asdict(peer.ask(program, network, folder, limit))
        except Failed as fault:
            said = {"failed": str(fault)}
        keep.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(said))
    said = json.loads(kept.read_text())
    if "failed" in said:
        raise Failed(said["failed"])
    return Found(**{**said, "buffers": tuple(tuple(each) for each in said["buffers"])})


def _vela(cascading: bool) -> Callable[[Path, Path, Path, float], Found]:
    def ask(program: Path, network: Path, folder: Path, limit: float) -> Found:
        options = VELA_OPTIONS if cascading else (*VELA_OPTIONS, "--disable-cascading")
        words = [str(program), str(network.resolve()), "--output-dir", str(folder), *options]
        said, seconds = run(words, limit, folder)
        part = re.search(r"^Allocation, memory Sram.*?^Allocation Peak Tensor Size: (\d+) bytes", said, re.M | re.S)
        if part is None:
            raise Failed("it printed no allocation in SRAM")
        lines = [found for line in part[0].splitlines() if (found := VELA_LINE.match(line))]
        # Values that share storage are listed once each, at the same place and for the same time.
        places = sorted({(int(each[1]), int(each[2]) + 1, int(each[3], 16), int(each[4])) for each in lines})
        return Found(int(part[1]), seconds, None, tuple((low, high, size, 16) for low, high, _, size in places))

    return ask


def _tflm(program: Path, network: Path, folder: Path, limit: float) -> Found:
    said, seconds = run([str(program), str(HERE / "tflm_arena.py"), str(network.resolve())], limit, folder)
    head = re.search(r"Arena allocation head (\d+) bytes", said)
    spent = re.search(r"^seconds (\S+)$", said, re.M)
    if head is None or spent is None:
        raise Failed("it printed no arena")
    return Found(int(head[1]), seconds, float(spent[1]))


def _script(name: str) -> Callable[[Path, Path, Path, float], Found]:
    def ask(program: Path, network: Path, folder: Path, limit: float) -> Found:
        made = folder / "plan.json"
        _, seconds = run([str(program), str(HERE / name), str(network), str(made)], limit)
        plan = json.loads(made.read_text())
        return Found(plan["bytes"], seconds, plan["seconds"], tuple(tuple(each) for each in plan["buffers"]))

    return ask


def _environment(packages: str, program: str) -> str:
    return f"python -m venv VENV; VENV/bin/pip install {packages}; then give VENV/bin/{program}"


VELA = _environment("ethos-u-vela==5.2.0", "vela")
PEERS = (
    Peer(
        "vela",
        "vela",
        VELA,
        ".tflite",
        "feature maps of Ethos-U55-256 in SRAM, without cascades; channels rounded up to 16 between most operators",
        ("--alignment=16",),
        ("--version",),
        _vela(cascading=False),
    ),
    Peer(
        "vela, cascades",
        "vela",
        VELA,
        ".tflite",
        "the same with operators run in stripes, which no stage of ours does",
        ("--alignment=16",),
        ("--version",),
        _vela(cascading=True),
        cascades=True,
    ),
    Peer(
        "tflm",
        "tflm",
        _environment("--pre tflite-micro", "python"),
        ".tflite",
        "head of the arena: activations and kernels' scratch; not the tail, where its records and variables are",
        ("--alignment=16",),
        ("-c", "import tflite_micro"),
        _tflm,
        counts_state=False,
    ),
    Peer(
        "upstream mlir",
        "torch-mlir",
        _environment("torch-mlir==20261001", "python"),
        ".mlirbc",
        "allocations of the lowered program, temporaries of kernels such as 32-bit sums too; not inputs and outputs",
        ("--alignment=64", "--io=ddr"),
        ("-c", "import torch_mlir.passmanager"),
        _script("upstream_plan.py"),
    ),
    Peer(
        "executorch",
        "executorch",
        _environment("torch==2.13.0 executorch==1.5.1", "python"),
        ".pt2",
        "activations, inputs and outputs of the edge program, float, nothing fused",
        ("--alignment=16",),
        ("-c", "import executorch.exir"),
        _script("executorch_plan.py"),
    ),
)


def main() -> int:
    """What each peer counts, and how it is installed."""
    for peer in PEERS:
        print(f"{peer.name}: {peer.counts}\n  --{peer.option}: {peer.install}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
