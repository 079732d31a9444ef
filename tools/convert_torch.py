"""Converts a PyTorch exported program to linalg or TOSA, as text. A process of its own: see `l2opt.tools.converter`."""

from __future__ import annotations

import pickle
import sys
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch_mlir import fx
from torch_mlir.extras.fx_decomp_util import get_decomposition_table

from l2opt.errors import L2OptError
from l2opt.tools.converter import Attempt, convert, lower
from l2opt.tools.shapes import Input, Shape, fixed_shapes

__all__ = ["load"]

# Operators kept as they are: decomposed, they gather from tables as large as their result. If that fails, those of the
# next name alone.
WHOLE = ("upsample", "upsample_bilinear")
BACKEND = "torchdynamo-export-to-torch-backend-pipeline"


def load(path: str, shapes: Mapping[str, Shape]) -> Sequence[Attempt]:
    """What to try for the program at `path`: first with the most operators whole."""
    try:
        program = torch.export.load(path)
    except (RuntimeError, ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise L2OptError(f"it cannot be read: {_first(error)}") from error
    program = _with_shapes(program, shapes)
    targets = {str(node.target) for node in program.graph.nodes}
    whole = [part for part in WHOLE if any(part in target for target in targets)]
    kept = [(partial(_module, program, part), route) for part in whole for route in ("tosa", "linalg")]
    return [*kept, *((partial(_module, program, None), route) for route in ("linalg", "tosa"))]


def _with_shapes(program: Any, shapes: Mapping[str, Shape]) -> Any:
    """The program for static shapes: exported again if some of its were dynamic."""
    values = {node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"}
    given = [name for name in program.graph_signature.user_inputs if isinstance(values.get(name), torch.Tensor)]
    known = [Input(name, tuple(size if isinstance(size, int) else -1 for size in values[name].shape)) for name in given]
    fixed = fixed_shapes(known, shapes)
    if [each.shape for each in known] == fixed:
        return program
    examples = [torch.zeros(shape, dtype=values[name].dtype) for name, shape in zip(given, fixed, strict=True)]
    if len(examples) != len(program.graph_signature.user_inputs):
        raise L2OptError("--shape wants a program whose inputs are all tensors")
    try:
        return torch.export.export(program.module(), tuple(examples))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise L2OptError(f"it does not take these shapes: {_first(error)}") from error


def _module(program: Any, whole: str | None) -> Any:
    table = {op: rule for op, rule in get_decomposition_table().items() if whole is None or whole not in str(op)}
    try:
        module = fx.export_and_import(program, output_type="raw", decomposition_table=table)
    except (NotImplementedError, ValueError, RuntimeError, KeyError) as error:
        raise L2OptError(f"torch-mlir cannot import it: {_first(error)}") from error
    lower(module, f"builtin.module(func.func(torch-match-quantized-custom-ops),{BACKEND})")
    return module


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


if __name__ == "__main__":
    sys.exit(convert(sys.argv[1:], load))
