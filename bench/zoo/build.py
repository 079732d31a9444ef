"""Builds the networks of the repository's own zoo, and its index:

    python bench/zoo/build.py --tensorflow=VENV/bin/python --torch=VENV/bin/python --work=DIRECTORY

The two environments hold what requirements-tensorflow.txt and requirements-torch.txt list; nothing is downloaded here.
What a network is built through stays in the work directory (TFLite with weights, TOSA, exported programs), where
bench/peers finds it, and what is there already is not built again. Networks that fail are named on stderr, and keep
what the zoo has of them. `--compare` changes nothing in the zoo: it says which networks come out as they are there.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import store
from entries import HERE, Entry, keras_entries, pinned, torch_entries

NETWORKS = HERE / "networks"
COLUMNS = ("name", "family", "source", "licence", "route", "dtype", "input", "file")
KERAS_ROUTE = "keras -> int8 TFLite -> tosa-converter-for-tflite"
TORCH_ROUTE = "torch.export -> torch-mlir"
LIMIT = 900  # seconds for one network
ASKED = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"


class Failed(Exception):
    """A network could not be built: what the step that failed said last."""


def main() -> int:
    """Builds what was asked for, then writes the index of all that is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--tensorflow", type=Path, metavar="PYTHON", help="the environment for networks of Keras")
    add("--torch", type=Path, metavar="PYTHON", help="the environment for networks of PyTorch")
    add("--work", type=Path, required=True, metavar="DIRECTORY", help="where the steps between are kept")
    add("--only", default="", metavar="TEXT", help="networks whose name has TEXT")
    add("--compare", action="store_true", help="leave the zoo as it is, and say what differs from it")
    parsed = parser.parse_args()
    parsed.work.mkdir(parents=True, exist_ok=True)
    NETWORKS.mkdir(exist_ok=True)
    counts = {"same": 0, "differs": 0, "new": 0, "failed": 0}
    for entry, python in _wanted(parsed.tensorflow, parsed.torch):
        if parsed.only not in entry.name:
            continue
        try:
            data = _built(entry, python, parsed.work)
        except (Failed, ValueError) as fault:
            counts["failed"] += 1
            print(f"{entry.name}: {fault}", file=sys.stderr)
            continue
        kept = NETWORKS / f"{entry.name}{store.SUFFIX}"
        word = ("same" if kept.read_bytes() == data else "differs") if kept.is_file() else "new"
        counts[word] += 1
        print(f"{entry.name}: {len(data)} B, {word}", file=sys.stderr)
        if not parsed.compare:
            kept.write_bytes(data)
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    if not parsed.compare:
        print(f"{_write_index()} networks, {sum(each.stat().st_size for each in NETWORKS.iterdir())} B")
    return 1 if counts["failed"] or (parsed.compare and counts["differs"]) else 0


def _wanted(tensorflow: Path | None, torch: Path | None) -> Iterator[tuple[Entry, Path]]:
    for python, entries, packages in (
        (tensorflow, keras_entries, ("keras", "tensorflow-cpu", "tosa-converter-for-tflite")),
        (torch, torch_entries, ("torch", "torch-mlir", "torchvision", "timm")),
    ):
        if python is None:
            continue
        found = json.loads(_run(python, "-c", ASKED, *packages))
        for package in packages:
            if found[package].partition("+")[0] != pinned()[package]:
                sys.exit(f"{python}: want {package} {pinned()[package]}, got {found[package]}")
        for entry in entries():
            yield entry, python


def _built(entry: Entry, python: Path, work: Path) -> bytes:
    """One network as its archive."""
    module = work / f"{entry.name}.mlir"
    made = work / f"{entry.name}.mlirbc"  # text if it comes from torch-mlir
    if not made.is_file() and entry.package == "keras":
        model = work / f"{entry.name}.tflite"
        if not model.is_file():
            _run(python, str(HERE / "to_tflite.py"), entry.name, str(model))
        _run(python.parent / "tosa-converter-for-tflite", str(model), "--bytecode", "-o", str(made))
    elif not made.is_file():
        _run(python, str(HERE / "to_mlir.py"), entry.name, str(made), str(work / f"{entry.name}.pt2"))
    if not module.is_file():
        module.write_text(store.kept(made))
    return store.packed(module.read_text())


def _run(program: Path, *words: str) -> str:
    try:
        done = subprocess.run([str(program), *words], capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"took over {LIMIT} s") from error
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return done.stdout


def _write_index() -> int:
    """Lists the networks that are there; how many."""
    rows = []
    for entries, route in ((keras_entries, KERAS_ROUTE), (torch_entries, TORCH_ROUTE)):
        for entry in entries():
            path = NETWORKS / f"{entry.name}{store.SUFFIX}"
            if path.is_file():
                text = store.unpacked(path)
                kinds = (route, store.dtype_of(text), store.input_shape(text))
                rows.append((entry.name, entry.family, entry.source, entry.licence, *kinds, f"networks/{path.name}"))
    with (HERE / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return len(rows)


if __name__ == "__main__":
    sys.exit(main())
