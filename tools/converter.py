"""What the converters of ONNX and PyTorch share: their command line, and lowering torch's dialect to linalg or TOSA.

They run as processes of their own (`python -m l2opt.tools.convert_onnx MODEL -o FILE`), with torch-mlir's MLIR, which
cannot be in one process with ours in every order. Text goes between the two: bytecode of one version is not the
other's.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from l2opt.errors import L2OptError
from l2opt.tools.shapes import Shape, parse_shapes

__all__ = ["ROUTES", "Attempt", "convert", "lower"]

ROUTES = {
    "linalg": "builtin.module(torch-backend-to-linalg-on-tensors-backend-pipeline)",
    "tosa": "builtin.module(torch-backend-to-tosa-backend-pipeline)",
}
Attempt = tuple[Callable[[], Any], str]  # what makes the module in torch's dialect, anew at each call; the route to try
Import = Callable[[str, Mapping[str, Shape]], Sequence[Attempt]]


def convert(argv: Sequence[str], load: Import) -> int:
    """The whole of a converter. `load` gives, for a file and the shapes of its inputs, what to try, in that order.
    Its errors go to stderr."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("model")
    parser.add_argument("-o", dest="output", required=True)
    parser.add_argument("--shape", action="append", default=[])
    parser.add_argument("--route", default="auto")
    arguments = parser.parse_args(argv)
    try:
        attempts = load(arguments.model, parse_shapes(arguments.shape))
        text = _lowered([each for each in attempts if arguments.route in ("auto", each[1])])
    except L2OptError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    Path(arguments.output).write_text(text)
    return 0


def _lowered(attempts: Sequence[Attempt]) -> str:
    """The first that succeeds, as text. Raises L2OptError with what each came to."""
    failures: dict[str, None] = {}
    for make, route in attempts:
        module = make()
        try:
            lower(module, ROUTES[route])
        except L2OptError as error:
            failures[f"to {route}: {error}"] = None
            continue
        text: str = module.operation.get_asm()
        return text
    raise L2OptError("; ".join(failures))


def lower(module: Any, pipeline: str) -> None:
    """Runs torch-mlir's passes. Raises L2OptError with what they reported."""
    from torch_mlir.ir import MLIRError
    from torch_mlir.passmanager import PassManager

    with module.context as context:
        context.emit_error_diagnostics = False  # the exception has them then
        try:
            PassManager.parse(pipeline).run(module.operation)
        except MLIRError as error:
            said = "; ".join(dict.fromkeys(_short(each.message) for each in error.error_diagnostics))
            raise L2OptError(said or "its passes failed and did not say why") from error


def _short(message: str) -> str:
    """A diagnostic's first line; of an operation that it quotes, only the operator that one stands for is kept."""
    said, _, quoted = message.partition("\n")[0].partition(": %")
    operator = re.search(r'"torch\.operator".*name = "([^"]+)"', quoted)
    return f"no lowering for {operator[1]}" if operator else said
