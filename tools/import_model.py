"""Convert a model to MLIR: .tflite to TOSA, .onnx and PyTorch exported programs (.pt2) to linalg or TOSA.

Every format needs an extra of this package: pip install 'l2opt[tflite]', 'l2opt[onnx]' or 'l2opt[torch]'. The other
commands take such files too, and import them first.
"""

from __future__ import annotations

import argparse
import sys
from io import BytesIO

from l2opt.errors import L2OptError, UsageError
from l2opt.mlir import ir
from l2opt.passes.diagnostics import Collector
from l2opt.tools import output, source
from l2opt.tools.import_options import add_import_options, asked
from l2opt.tools.importing import FORMATS, as_mlir, format_of

__all__ = ["add_arguments", "run"]

BYTECODE = ".mlirbc"
ELIDED = 16  # elements; larger constants are elided when asked
_CONVERTED = ("tfl", "torch", "onnx")  # dialects that an import is to leave


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `l2opt import` accepts."""
    add = parser.add_argument
    add("model", metavar="MODEL", help=f"a file in {', '.join(FORMATS)}; - is stdin, for .tflite")
    add("-o", dest="output", metavar="FILE", default=output.STDOUT, help=f"MLIR text, or bytecode as *{BYTECODE}")
    add("--elide-weights", action="store_true", help=f"leave out the data of constants above {ELIDED} elements")
    add_import_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Imports, and writes the module. Raises L2OptError."""
    if arguments.elide_weights and arguments.output.endswith(BYTECODE):
        raise UsageError(f"option --elide-weights: want a text file, got {arguments.output!r}")
    read = source.read(arguments.model)
    if format_of(read) is None:
        raise L2OptError(f"{read.name}: want a model in {', '.join(FORMATS)}")
    made = as_mlir(read, asked(arguments))
    collector = Collector(read.name)
    with source.new_context(allow_unregistered=True) as context:
        module = source.parse(made, context, collector)
        for name in sorted(_left(module)):
            print(f"{read.name}: warning: {name!r} has no lowering here: it is planned, not run", file=sys.stderr)
        output.write(arguments.output, _written(module, arguments.output, arguments.elide_weights))
    return 0


def _left(module: ir.Module) -> set[str]:
    """Names of operations that the converter left as they were."""
    found: set[str] = set()

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name.partition(".")[0] in _CONVERTED or op.name == "tosa.custom":
            found.add(source.full_name(op))
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return found


def _written(module: ir.Module, path: str, elide: bool) -> bytes:
    if path.endswith(BYTECODE):
        content = BytesIO()
        module.operation.write_bytecode(content)
        return content.getvalue()
    limits = {"large_elements_limit": ELIDED, "large_resource_limit": ELIDED} if elide else {}
    text: str = module.operation.get_asm(**limits)
    return text.encode()
