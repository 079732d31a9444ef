"""Converts an ONNX model to linalg or TOSA, as text. A process of its own: see `l2opt.tools.converter`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import version_converter
from torch_mlir import ir
from torch_mlir.dialects import torch as torch_dialect
from torch_mlir.extras import onnx_importer

from l2opt.errors import L2OptError
from l2opt.tools.converter import Attempt, convert, lower
from l2opt.tools.shapes import Input, Shape, fixed_shapes

__all__ = ["load"]

OPSET = 17  # older models are brought up to it, since torch-mlir takes the newer forms of operators


def load(path: str, shapes: Mapping[str, Shape]) -> Sequence[Attempt]:
    """What to try for the model at `path`."""
    try:
        model = onnx.load(path)
    except (DecodeError, OSError, ValueError, onnx.checker.ValidationError) as error:
        raise L2OptError(f"it cannot be read: {_first(error)}") from error
    if not model.graph.node and not model.graph.output:
        raise L2OptError("it has no graph: its content is something else")
    model = _upgraded(model)
    _fix_shapes(model, shapes)
    try:
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (onnx.shape_inference.InferenceError, RuntimeError, ValueError) as error:
        raise L2OptError(f"its shapes cannot be inferred: {_first(error)}") from error
    return [(lambda: _module(model), route) for route in ("linalg", "tosa")]


def _unknown(model: Any) -> str:
    """The first operator whose results have no known rank though its operands have; empty if there is none."""
    graph = model.graph
    typed = [each for each in (*graph.value_info, *graph.output, *graph.input) if _has_rank(each.type)]
    known = {each.name for each in (*graph.initializer, *typed)}
    for node in graph.node:
        made = {name for name in node.output if name}
        if known.issuperset(name for name in node.input if name) and not known.issuperset(made):
            return f"{node.domain}.{node.op_type}".lstrip(".")
        known |= made if node.op_type == "Constant" else set()
    return ""


def _has_rank(kind: Any) -> bool:
    return bool(kind.HasField("tensor_type") and kind.tensor_type.HasField("shape"))


def _upgraded(model: Any) -> Any:
    """The model in a newer operator set, where onnx knows how."""
    versions = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")]
    if not versions or versions[0] >= OPSET:
        return model
    try:
        return version_converter.convert_version(model, OPSET)
    except (RuntimeError, ValueError, IndexError):  # an operator without a converter: torch-mlir may take the old form
        return model


def _fix_shapes(model: Any, shapes: Mapping[str, Shape]) -> None:
    """Writes static shapes into the inputs; shapes that were inferred from the dynamic ones are dropped."""
    weights = {each.name for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in weights and each.type.HasField("tensor_type")]
    dims = [each.type.tensor_type.shape.dim for each in inputs]
    known = [
        Input(each.name, tuple(dim.dim_value if dim.dim_value > 0 else -1 for dim in dim_list))
        for each, dim_list in zip(inputs, dims, strict=True)
    ]
    fixed = fixed_shapes(known, shapes)
    if [each.shape for each in known] == fixed:
        return
    for dim_list, shape in zip(dims, fixed, strict=True):
        for dim, size in zip(dim_list, shape, strict=True):
            dim.dim_value = size
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")


def _module(model: Any) -> Any:
    context = ir.Context()
    torch_dialect.register_dialect(context)
    try:
        info = onnx_importer.ModelInfo(model, config=onnx_importer.Config())
        module = info.create_module(context=context)
        onnx_importer.NodeImporter.define_function(info.main_graph, module.operation).import_all()
    except (onnx_importer.OnnxImportError, ValueError, KeyError, NotImplementedError) as error:
        raise L2OptError(f"torch-mlir cannot import it: {_first(error)}") from error
    try:
        lower(module, "builtin.module(func.func(convert-torch-onnx-to-torch))")
        lower(module, "builtin.module(torch-onnx-to-torch-backend-pipeline)")
    except L2OptError as error:
        unknown = _unknown(model)
        raise L2OptError(f"{error}; shapes are unknown from {unknown} on" if unknown else str(error)) from error
    return module


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


if __name__ == "__main__":
    sys.exit(convert(sys.argv[1:], load))
