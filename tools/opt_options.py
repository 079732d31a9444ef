"""The command line of `l2opt-opt`: what it accepts, and what was asked."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from l2opt.errors import UsageError
from l2opt.passes.pipeline import Printing, Stage, make_pass, parse_pipeline
from l2opt.passes.pipelines import PACK, options_of, pipeline
from l2opt.passes.registry import PASSES, pass_class
from l2opt.tools.arguments import add_options, describe, given_options, new_parser
from l2opt.tools.import_options import MODEL_HELP, Asked, add_import_options, asked
from l2opt.tools.output import STDOUT

__all__ = ["Request", "parse"]

DESCRIPTION = "Run passes on an MLIR module: the packing of its buffers into L2 and DDR, MLIR's own passes, or both."


@dataclass(frozen=True)
class Request:
    """What one run of `l2opt-opt` is to do."""

    input: str
    output: str
    stages: tuple[Stage, ...]
    printing: Printing
    allow_unregistered: bool
    emit_bytecode: bool
    split: bool
    verify: bool
    show_dialects: bool
    asked: Asked


def parse(program: str, argv: Sequence[str]) -> Request:
    """What `argv` asks for. Raises UsageError; ends the process for --help, --version and what argparse refuses."""
    words = [_double_dashed(word) for word in argv]
    flags = [word for word in words if _pass_name(word)]
    words = [word for word in words if not _pass_name(word)]
    wants_help = "--help" in words or "-h" in words
    parser = _parser(program)
    if wants_help or any(re.match(r"--pack-l2(=|$)", word) for word in words):
        group = parser.add_argument_group("packing options, with --pack-l2")
        add_options(group, options_of(PACK).values())
    if wants_help:
        parser.epilog = _passes_help()
    arguments = parser.parse_args(words)
    if arguments.help_pass:
        print(_manual(arguments.help_pass))
        parser.exit()
    return Request(
        input=arguments.input,
        output=arguments.output,
        stages=tuple(_stages(arguments, flags)),
        printing=Printing(
            before_all=arguments.mlir_print_ir_before_all,
            after_all=arguments.mlir_print_ir_after_all,
            before=tuple(_names(arguments.mlir_print_ir_before)),
            after=tuple(_names(arguments.mlir_print_ir_after)),
        ),
        # Operations that nobody registered can be planned, so the packing pipeline takes them.
        allow_unregistered=arguments.allow_unregistered_dialect or arguments.pack_l2 is not None,
        emit_bytecode=arguments.emit_bytecode,
        split=arguments.split_input_file,
        verify=arguments.verify_diagnostics,
        show_dialects=arguments.show_dialects,
        asked=asked(arguments),
    )


def _parser(program: str) -> argparse.ArgumentParser:
    parser = new_parser(program, DESCRIPTION)
    add = parser.add_argument
    add("input", metavar="INPUT", nargs="?", default="-", help=f"{MODEL_HELP} (default)")
    add("-o", dest="output", metavar="FILE", default=STDOUT, help="where the result goes, whole or not at all")
    add("--pack-l2", metavar="SIZE", help="pack the network's buffers into an L2 of this size, such as 2MB")
    add("--pass-pipeline", metavar="TEXT", help="run this pipeline: builtin.module(...), own and upstream passes mixed")
    add("--split-input-file", action="store_true", help="take the parts between lines '// -----' as modules")
    add("--verify-diagnostics", action="store_true", help="check what is reported against 'expected-error {{...}}'")
    add("--allow-unregistered-dialect", action="store_true", help="accept operations of unknown dialects")
    add("--emit-bytecode", action="store_true", help="write MLIR bytecode instead of text")
    add("--show-dialects", action="store_true", help="list the dialects that can be read, and stop")
    add("--help-pass", metavar="PASS", help="print the manual of one of the passes below, and stop")
    add_import_options(parser)
    add = parser.add_argument_group("IR printing, to stderr").add_argument
    add("--mlir-print-ir-before-all", action="store_true", help="before each pass")
    add("--mlir-print-ir-after-all", action="store_true", help="after each pass")
    add("--mlir-print-ir-before", metavar="PASS,...", action="append", default=[], help="before these passes")
    add("--mlir-print-ir-after", metavar="PASS,...", action="append", default=[], help="after these passes")
    return parser


def _double_dashed(word: str) -> str:
    """`-long-option`, as mlir-opt has it, as `--long-option`; any other word as it is."""
    return f"-{word}" if re.match(r"-[a-z][\w-]", word) else word


def _pass_name(word: str) -> str:
    """The pass of ours that the flag `--name` or `--name=options` runs; empty for any other word."""
    name = word.partition("=")[0].removeprefix("--")
    return name if word.startswith("--") and name in PASSES else ""


def _names(lists: Sequence[str]) -> Iterator[str]:
    for text in lists:
        yield from text.split(",")


def _stages(arguments: argparse.Namespace, flags: Sequence[str]) -> list[Stage]:
    given = [name for name in ("pack_l2", "pass_pipeline") if getattr(arguments, name) is not None]
    if len(given) + bool(flags) > 1:
        raise UsageError("want one of --pack-l2, --pass-pipeline or flags of passes, got several")
    if arguments.pack_l2 is not None:
        values = given_options(arguments)
        if "l2" in values:
            raise UsageError("want one of --pack-l2=SIZE or --l2=SIZE, got both")
        return pipeline(PACK, {**values, "l2": arguments.pack_l2})
    if arguments.pass_pipeline is not None:
        return parse_pipeline(arguments.pass_pipeline)
    return [make_pass(_pass_name(flag), flag.partition("=")[2]) for flag in flags]


def _passes_help() -> str:
    """All our passes with their options."""
    lines = ["passes, in a pipeline as NAME{OPTION=VALUE ...} or as flags, run in the order given:"]
    for name in PASSES:
        found = pass_class(name)
        lines.append(f"  --{name}[='OPTION=VALUE ...']\n      {found.summary()}")
        for option in found.options().values():
            lines.append(f"        {option.name}={option.accepted}  {describe(option)}")
    return "\n".join(lines)


def _manual(name: str) -> str:
    if name not in PASSES:
        raise UsageError(f"--help-pass: want one of {', '.join(PASSES)}, got {name!r}")
    return f"{name}: {pass_class(name).manual()}"
