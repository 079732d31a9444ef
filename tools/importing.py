"""Models of other frameworks as MLIR: `.tflite` to TOSA, `.onnx` and `.pt2` to linalg or TOSA.

A converter brings an MLIR of its own, so it runs in a process of its own, and its output is read here. Each format
needs an extra of this package; a file of a format whose extra is not installed is an error that names it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from l2opt.errors import L2OptError
from l2opt.tools import source
from l2opt.tools.import_options import Asked
from l2opt.tools.repair import needs_repair, repaired
from l2opt.tools.source import Source
from l2opt.tools.static_shapes import with_static_shapes
from l2opt.tools.tflite_file import IDENTIFIER, with_shapes

__all__ = ["FORMATS", "as_mlir", "format_of", "read_model"]


@dataclass(frozen=True)
class Format:
    """A format of model files, and what converts it."""

    title: str
    extension: str
    extra: str  # of this package
    packages: Mapping[str, str]  # what the extra installs: importable name -> name in the package index
    program: tuple[str, ...]  # module and options; then come input and output


FORMATS = {
    each.extension: each
    for each in (
        Format(
            "TFLite model",
            ".tflite",
            "tflite",
            {"tosa_converter_for_tflite": "tosa-converter-for-tflite"},
            ("tosa_converter_for_tflite.cli",),
        ),
        Format(
            "ONNX model",
            ".onnx",
            "onnx",
            {"onnx": "onnx", "torch_mlir": "torch-mlir"},
            ("l2opt.tools.convert_onnx",),
        ),
        Format(
            "PyTorch exported program",
            ".pt2",
            "torch",
            {"torch": "torch", "torch_mlir": "torch-mlir"},
            ("l2opt.tools.convert_torch",),
        ),
    )
}
_NOISE = re.compile(r"^(WARNING: All log messages before absl|[IWE]\d{4} |\[INFO\]|\s*warnings\.warn)")
_LINES = 5  # of a converter's complaint that are shown


def format_of(read: Source) -> Format | None:
    """The format of a file, by its name or its content; None for MLIR."""
    if read.data[4:8] == IDENTIFIER:
        return FORMATS[".tflite"]
    return FORMATS.get(os.path.splitext(source.plain_name(read.name))[1].lower())


def read_model(path: str, asked: Asked | None = None) -> Source:
    """The file at `path`, or stdin for `-`, as MLIR: converted if it is a model of another framework.

    Raises L2OptError.
    """
    return as_mlir(source.read(path), asked or Asked())


def as_mlir(read: Source, asked: Asked) -> Source:
    """`read` as MLIR. Raises L2OptError."""
    found = format_of(read)
    if found is None:
        if asked.shapes:
            raise L2OptError(f"{read.name}: --shape wants {_listed()}: an MLIR module has its shapes in its types")
        return read
    _check_content(read, found)
    _check_installed(read.name, found)
    if found.extra == "tflite":
        made = repaired(read.name, _tflite(read, found, asked))
        return Source(read.name, with_static_shapes(read.name, made))
    words = [f"--shape={name}={'x'.join(map(str, shape))}" for name, shape in sorted(asked.shapes.items())]
    made = _converted(read, found, [*words, f"--route={asked.route}"], read.path)
    return Source(read.name, with_static_shapes(read.name, made))


def _listed() -> str:
    return f"a model in {', '.join(FORMATS)}"


def _check_content(read: Source, found: Format) -> None:
    """Raises L2OptError for a file that is not what its name says."""
    wrong = {".tflite": read.data[4:8] != IDENTIFIER, ".pt2": not read.data.startswith(b"PK\3\4")}
    if wrong.get(found.extension, False):
        raise L2OptError(f"{read.name}: no {found.title}: its content is something else")


def _check_installed(name: str, found: Format) -> None:
    missing = [package for module, package in found.packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise L2OptError(
            f"{name}: to import {_article(found.title)} want {' and '.join(missing)}, which is not installed: "
            f"pip install 'l2opt[{found.extra}]'"
        )


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIO' else 'a'} {noun}"


def _tflite(read: Source, found: Format, asked: Asked) -> bytes:
    """Bytecode, but text for a model to repair: properties of operations are lost without the dialect they are in."""
    fixed = Source(read.name, with_shapes(read.name, read.data, asked.shapes))
    made = _converted(fixed, found, ["--bytecode"], None)
    return _converted(fixed, found, ["--text"], None) if needs_repair(made) else made


def _converted(read: Source, found: Format, options: list[str], path: str | None) -> bytes:
    """What the converter makes of a file: of the one at `path`, or of the bytes that were read."""
    with tempfile.TemporaryDirectory(prefix="l2opt-") as folder:
        model, made = Path(folder, f"model{found.extension}"), Path(folder, "made.mlir")
        if path is None:
            model.write_bytes(read.data)
        given = path or str(model)
        words = [sys.executable, "-m", *found.program, *options, given, "-o", str(made)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        if done.returncode == 0 and made.is_file():
            return made.read_bytes()
        raise L2OptError(f"{read.name}: cannot convert the {found.title}: {_reason(done, given, read.name)}")


def _reason(done: subprocess.CompletedProcess[str], given: str, name: str) -> str:
    """What a converter said when it failed, without its progress, its stack and the temporary name."""
    if done.returncode < 0:
        return f"its converter died of signal {-done.returncode}"
    lines = [line.replace(given, name).strip() for line in done.stderr.splitlines()]
    lines = [line for line in lines if line and not _NOISE.match(line)]
    errors = [line for line in lines if "error" in line.lower()] or lines[-1:]
    plain = [re.sub(r"^(\[ERROR\] |(loc\(.*?\)+: )?error: )", _place, line) for line in errors[:_LINES]]
    return "; ".join(plain) or f"its converter ended with exit code {done.returncode}"


def _place(match: re.Match[str]) -> str:
    """A converter's prefix in front of an error, brought down to the name of the tensor that it is about."""
    name = re.match(r'loc\("([^"]+)"\(', match[0])
    return f"at {name[1]!r}: " if name else ""
