"""Pipelines of our own passes and MLIR's, mixed: parsed from text, run by one PassManager.

The text is mlir-opt's: `builtin.module(canonicalize,l2-pack{l2=2MB},func.func(cse))`. Our passes work on a whole
module, so they stand directly inside `builtin.module(...)`; what is not ours is handed to MLIR as it was written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from l2opt.errors import L2OptError, UsageError
from l2opt.mlir import PassManager, ir
from l2opt.passes.base import Pass
from l2opt.passes.diagnostics import Collector
from l2opt.passes.registry import PASSES, pass_class
from l2opt.passes.syntax import Element, parse_elements, parse_options

__all__ = ["Printing", "Stage", "make_pass", "parse_pipeline", "run"]

Stage = Pass | str  # a str is text for MLIR's own pipeline parser
ANCHOR = "builtin.module"


@dataclass(frozen=True)
class Printing:
    """Which states of the IR go to stderr. `before` and `after` name passes."""

    before_all: bool = False
    after_all: bool = False
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def parse_pipeline(text: str) -> list[Stage]:
    """The stages that `text` names. Raises UsageError."""
    elements = parse_elements(text)
    if len(elements) != 1 or elements[0].name != ANCHOR or elements[0].children is None:
        raise UsageError(f"pass pipeline: want {ANCHOR}(...), got {text!r}")
    return [_stage(element) for element in elements[0].children]


def make_pass(name: str, options: str) -> Pass:
    """Our pass called `name` with options as in a pipeline's braces. Raises UsageError."""
    return pass_class(name).make(parse_options(name, options))


def run(module: ir.Module, stages: Sequence[Stage], collector: Collector, printing: Printing | None = None) -> None:
    """Runs `stages` on `module`; the first failure ends it.

    An error in the input raises Diagnosed with everything that was reported; a stage that MLIR refuses, UsageError. No
    exception crosses C++, where it would leave the context unusable: it is kept, and raised after the run.
    """
    printing = printing or Printing()
    failures: list[BaseException] = []
    with module.context, collector.attached(module.context):
        manager = PassManager(ANCHOR)
        if printing.before_all or printing.after_all:
            module.context.enable_multithreading(False)
            manager.enable_ir_printing(print_before_all=printing.before_all, print_after_all=printing.after_all)
        for stage in _with_dumps(stages, printing):
            _add(manager, stage, _guarded(stage, module, collector, failures))
        try:
            manager.run(module.operation)
        except ir.MLIRError as error:
            cause = failures[0] if failures else error
            if failures and not isinstance(cause, L2OptError):
                raise cause from None
            raise collector.failure("the pass pipeline failed and did not say why") from cause


def _stage(element: Element) -> Stage:
    if element.name in PASSES:
        if element.children is not None:
            raise UsageError(f"pass {element.name}: takes options in braces, not passes in parentheses")
        return make_pass(element.name, element.options)
    inner = next((name for name in _names(element) if name in PASSES), None)
    if inner:
        raise UsageError(
            f"pass {inner}: works on a whole module: want it directly in {ANCHOR}(...), got {element.text}"
        )
    return element.text


def _names(element: Element) -> Iterator[str]:
    yield element.name
    for child in element.children or ():
        yield from _names(child)


def _guarded(
    stage: Stage, module: ir.Module, collector: Collector, failures: list[BaseException]
) -> Callable[[Any, Any], None]:
    """`stage` as a callback for the pass manager; what it raises goes to `failures` and to the collector."""

    def call(operation: Any, handle: Any) -> None:
        assert isinstance(stage, Pass)
        try:
            with module.operation.location:
                stage.run(module)
        except BaseException as error:  # even an interrupt: `run` raises it again
            failures.append(error)
            if isinstance(error, L2OptError):
                collector.add_error(error, operation.location)
            handle.signal_pass_failure()

    return call


def _add(manager: PassManager, stage: Stage, callback: Callable[[Any, Any], None]) -> None:
    if isinstance(stage, Pass):
        manager.add(callback, name=type(stage).__name__, argument=stage.name)
        return
    try:
        manager.add(stage)
    except ValueError as error:
        raise UsageError(_refusal(str(error))) from None


def _refusal(message: str) -> str:
    """MLIR's reason for not taking a pipeline, on one line, without its parser's name and quotation."""
    lines = [line for line in message.splitlines() if line]
    if lines[0].startswith("MLIR Textual PassPipeline Parser"):
        lines = lines[:1]
    return "pass pipeline: " + "; ".join(re.sub(r"^.*Parser(:\d+:\d+: error|>): ", "", line) for line in lines)


@dataclass(frozen=True)
class _Dump(Pass):
    """Prints the module to stderr, as MLIR's own IR printing does."""

    name: ClassVar[str] = "l2-dump"
    title: str

    def run(self, module: ir.Module) -> None:
        print(f"// -----// IR Dump {self.title} //----- //\n{module}", file=sys.stderr, flush=True)


def _with_dumps(stages: Sequence[Stage], printing: Printing) -> Iterator[Stage]:
    """`stages` with a dump before and after each pass that `printing` names; raises UsageError for an absent one."""
    wanted = {*printing.before, *printing.after}
    if not wanted:
        yield from stages
        return
    single = [each for stage in stages for each in _single(stage, wanted)]
    for name in sorted(wanted - {name for _, name in single}):
        raise UsageError(f"IR printing: pass {name!r} is not in the pipeline")
    for stage, name in single:
        if name in printing.before:
            yield _Dump(f"Before {name}")
        yield stage
        if name in printing.after:
            yield _Dump(f"After {name}")


def _single(stage: Stage, wanted: set[str]) -> list[tuple[Stage, str]]:
    """`stage` in pieces small enough that each of the `wanted` passes is one of its own, with the pieces' names."""
    if isinstance(stage, Pass):
        return [(stage, stage.name)]
    return [piece for element in parse_elements(stage) for piece in _pieces(element, wanted)]


def _pieces(element: Element, wanted: set[str]) -> list[tuple[Stage, str]]:
    if element.children is None or wanted.isdisjoint(_names(element)):
        return [(element.text, element.name)]
    inner = [piece for child in element.children for piece in _pieces(child, wanted)]
    return [(f"{element.name}({text})", name) for text, name in inner]
