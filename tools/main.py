"""`l2opt`: planning, packing, running and checking, one subcommand a file.

A subcommand is a module with a docstring (its help), `add_arguments(parser)` and `run(arguments) -> int`. It is
imported when it is asked for, so that one without MLIR starts without MLIR.
"""

from __future__ import annotations

import gc
import importlib
import sys
import time
from collections.abc import Sequence

from l2opt.tools.arguments import new_parser
from l2opt.tools.exits import guarded

__all__ = ["COMMANDS", "main"]

PROGRAM = "l2opt"
COMMANDS = {
    "plan": "plan a network's memory and report it, without writing IR",
    "pack": "pack buffers with given lifetimes, from a CSV file",
    "run": "execute a network, and compare the packed with the unpacked one",
    "check": "check a packed program, from its IR alone",
    "bench": "measure planning on many networks",
    "import": "convert a TFLite, ONNX or PyTorch model to MLIR",
}
_MODULES = {"import": "import_model"}  # where a command's name cannot be its module's
_MADE_BETWEEN = 100_000  # objects, before cycles among them are looked for: nearly all last as long as the command


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    gc.set_threshold(_MADE_BETWEEN)
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] in COMMANDS:
        program = f"{PROGRAM} {words[0]}"
        return guarded(program, lambda: _run(program, words[0], words[1:]))
    return guarded(PROGRAM, lambda: _general(words))


def _run(program: str, name: str, argv: Sequence[str]) -> int:
    started = time.perf_counter()
    command = importlib.import_module(f"l2opt.tools.{_MODULES.get(name, name)}")
    parser = new_parser(program, command.__doc__ or "")
    command.add_arguments(parser)
    parser.set_defaults(started=started)
    code: int = command.run(parser.parse_args(argv))
    return code


def _general(argv: Sequence[str]) -> int:
    """Help, version, and the refusal of anything that is no subcommand."""
    parser = new_parser(PROGRAM, "A certified memory planner for MLIR.")
    parser.epilog = "\n".join(["commands:", *(f"  {name:<6} {text}" for name, text in COMMANDS.items())])
    parser.epilog += f"\n\n{PROGRAM} COMMAND --help says what a command accepts. l2opt-opt rewrites IR."
    parser.add_argument("command", metavar="COMMAND", choices=COMMANDS)
    parser.parse_args(argv)
    raise AssertionError("argparse let an unknown command through")
