"""Options of every command that takes a model: how one of another framework is imported."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field

from l2opt.tools.shapes import Shape, parse_shapes

__all__ = ["MODEL_HELP", "Asked", "add_import_options", "asked"]

MODEL_HELP = "MLIR as text or bytecode, or a .tflite, .onnx or .pt2 file; - is stdin"
ROUTES = ("auto", "linalg", "tosa")


@dataclass(frozen=True)
class Asked:
    """What the command line says about importing."""

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    route: str = ROUTES[0]  # dialects that ONNX and PyTorch come to; auto: as the model needs


def add_import_options(parser: argparse.ArgumentParser) -> None:
    """Declares how a model of another framework is imported."""
    add = parser.add_argument_group("importing").add_argument
    add("--shape", action="append", default=[], metavar="NAME=1x224x224x3", help="shape of an input that is dynamic")
    add("--route", choices=ROUTES, default=ROUTES[0], help="what ONNX and PyTorch come to (default: as they need)")


def asked(arguments: argparse.Namespace) -> Asked:
    """What `add_import_options` declared. Raises UsageError."""
    return Asked(parse_shapes(arguments.shape), arguments.route)
