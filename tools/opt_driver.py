"""What `l2opt-opt` does: read, run the stages on each module, write everything or nothing."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass

from l2opt.dialect import NAMESPACE
from l2opt.errors import UsageError
from l2opt.mlir import ir
from l2opt.passes.diagnostics import Collector, Diagnosed, exit_code
from l2opt.passes.pipeline import run as run_stages
from l2opt.tools import expected, output, source
from l2opt.tools.importing import read_model
from l2opt.tools.opt_options import Request

__all__ = ["run"]


@dataclass(frozen=True)
class Outcome:
    """One module's end: what it became, or the exit code of its failure."""

    result: bytes
    collector: Collector
    exit_code: int


def run(request: Request) -> int:
    """Does what `request` says; returns the exit code."""
    if request.show_dialects:
        output.write(output.STDOUT, f"Available Dialects: {', '.join(_dialects())}\n")
        return 0
    _check(request)
    read = read_model(request.input, request.asked)
    parts = list(source.split(read)) if request.split else [read]
    outcomes = [_process(part, request) for part in parts]
    if request.verify:
        return _verify(parts, outcomes)
    for outcome in outcomes:
        for diagnostic in outcome.collector.diagnostics:
            print(*diagnostic.lines(), sep="\n", file=sys.stderr)
    code = next((outcome.exit_code for outcome in outcomes if outcome.exit_code), 0)
    if code == 0:
        output.write(request.output, b"// -----\n".join(outcome.result for outcome in outcomes))
    return code


def _check(request: Request) -> None:
    if request.emit_bytecode and request.split:
        raise UsageError("want one of --emit-bytecode or --split-input-file, got both")
    if request.emit_bytecode and request.output == output.STDOUT and sys.stdout.isatty():
        raise UsageError("--emit-bytecode: want -o FILE or a redirection, got a terminal")


def _process(part: source.Source, request: Request) -> Outcome:
    collector = Collector(part.name)
    try:
        with source.new_context(request.allow_unregistered) as context:
            module = source.parse(part, context, collector)
            run_stages(module, request.stages, collector, request.printing)
            return Outcome(_emitted(module, request), collector, 0)
    except Diagnosed as error:
        return Outcome(b"", collector, exit_code(error))


def _emitted(module: ir.Module, request: Request) -> bytes:
    if request.verify:
        return b""
    if not request.emit_bytecode:
        return str(module).encode()
    written = io.BytesIO()
    module.operation.write_bytecode(written)
    return written.getvalue()


def _verify(parts: list[source.Source], outcomes: list[Outcome]) -> int:
    problems = []
    for part, outcome in zip(parts, outcomes, strict=True):
        wanted = expected.expectations(part.data.decode(errors="replace"), part.line + 1)
        problems += expected.mismatches(part.name, wanted, outcome.collector.diagnostics)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _dialects() -> list[str]:
    """Names of the dialects that can be read. The bindings do not list them; a note on an unknown one does."""
    collector = Collector("")
    with ir.Context() as context, collector.attached(context):
        try:
            ir.Module.parse("unknown.operation")
        except ir.MLIRError:
            (note,) = collector.diagnostics[0].notes
    names = note.message.removeprefix("Available dialects: ").partition(" ;")[0]
    return sorted([*names.split(", "), NAMESPACE])
