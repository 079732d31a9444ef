"""Input modules: from a file or stdin, compressed or not, text or bytecode; diagnostics name the true place."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from l2opt import dialect
from l2opt.errors import L2OptError
from l2opt.mlir import PACKAGE, ir
from l2opt.passes.diagnostics import Collector, Diagnosed, Diagnostic

__all__ = ["Source", "from_bytes", "full_name", "new_context", "parse", "plain_name", "read", "split"]

STDIN = "-"
SEPARATOR = b"// -----"
_DRIFT = re.compile(
    "^custom op '|requires attribute|invalid properties|does not have attribute"
)  # signs of another version
_COMPRESSED = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\x00": lzma.decompress}  # by first bytes


@dataclass(frozen=True)
class Source:
    """A module's bytes, and where they come from."""

    name: str  # for people
    data: bytes
    path: str | None = None  # a regular file that holds just `data`
    line: int = 0  # lines before `data` in what `name` is

    @property
    def is_bytecode(self) -> bool:
        return self.data.startswith(b"ML\xefR")


def read(path: str) -> Source:
    """The file at `path`, or stdin for `-`. Raises L2OptError if it cannot be read or is empty."""
    name = "<stdin>" if path == STDIN else path
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
    except OSError as error:
        raise L2OptError(f"{name}: cannot read: {error.strerror}") from error
    made = from_bytes(name, data)
    return replace(made, path=path) if made.data is data and os.path.isfile(path) and path.isprintable() else made


def from_bytes(name: str, data: bytes) -> Source:
    """What a file called `name` with this content is. Raises L2OptError if it is empty, or damaged."""
    plain = _decompressed(name, data)
    if not plain.strip():
        raise L2OptError(f"{name}: want an MLIR module, got an empty file")
    return Source(name, plain)


def plain_name(name: str) -> str:
    """A file's name without the ending of a compression."""
    return re.sub(r"\.(gz|bz2|xz)$", "", name)


def _decompressed(name: str, data: bytes) -> bytes:
    for start, decompress in _COMPRESSED.items():
        if data.startswith(start):
            try:
                return decompress(data)
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
                raise L2OptError(f"{name}: cannot decompress: {error}") from error
    return data


def split(source: Source) -> Iterator[Source]:
    """The parts of `source` between lines `// -----`; bytecode is one part."""
    if source.is_bytecode:
        yield source
        return
    part: list[bytes] = []
    start = 0
    for number, line in enumerate(source.data.splitlines(keepends=True)):
        if line.strip().startswith(SEPARATOR):
            yield Source(source.name, b"".join(part), line=start)
            part, start = [], number + 1
        else:
            part.append(line)
    yield Source(source.name, b"".join(part), line=start)


def new_context(allow_unregistered: bool) -> ir.Context:
    """A context that knows the l2 dialect."""
    context = ir.Context()
    dialect.load(context)
    context.allow_unregistered_dialects = allow_unregistered
    return context


def parse(source: Source, context: ir.Context, collector: Collector) -> ir.Module:
    """The verified module in `source`. Raises Diagnosed."""
    with context, collector.attached(context):
        try:
            if source.path:
                return ir.Module.parseFile(source.path)
            return ir.Module.parse(b"\n" * source.line + source.data)
        except ir.MLIRError as error:
            failure = collector.failure("no MLIR module")
            if source.is_bytecode or any(_DRIFT.search(each.message) for each in collector.diagnostics):
                note = Diagnostic("note", _version_note(source), source.name, 0, 0)
                failure = Diagnosed([*failure.diagnostics, note])
            raise failure from error


def full_name(op: ir.Operation) -> str:
    """The operation's name; of a custom one, also that of its operator."""
    custom = op.attributes["operator_name"] if op.name == "tosa.custom" else None
    return f"{op.name} {ir.StringAttr(custom).value}" if custom is not None else str(op.name)


def _version_note(source: Source) -> str:
    """What to do about a module that another version of MLIR wrote."""
    reader = "LLVM 22.1.8" if PACKAGE == "mlir" else f"package {PACKAGE!r}"
    if not source.is_bytecode:
        return f"read as the MLIR of {reader}: another version's operations may be written differently"
    written = re.match(rb"ML\xefR[\x00-\xff]([\x20-\x7e]*)\x00", source.data)
    by = f"written by {written[1].decode()}, " if written else ""
    return f"{by}read with {reader}: if the file is whole, have what wrote it write text, which versions share more of"
