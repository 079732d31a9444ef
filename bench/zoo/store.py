"""What is kept of a built network: MLIR text without its weights and without the converter's notes, compressed."""

from __future__ import annotations

import lzma
from pathlib import Path

from l2opt.mlir import ir

__all__ = ["SUFFIX", "dtype_of", "input_shape", "kept", "packed", "unpacked"]

SUFFIX = ".mlir.xz"
SMALL = 32  # elements; larger constants are left out


def kept(path: Path) -> str:
    """The module at `path`, with one function `main` of static shapes. Raises ValueError if it has no such function."""
    with ir.Context() as context:
        context.allow_unregistered_dialects = True
        module = ir.Module.parseFile(str(path))
        attributes = module.operation.attributes
        for name in list(attributes):
            del attributes[name]
        functions = [op for op in module.body.operations if op.operation.name == "func.func"]
        for function in functions:
            _strip(function.operation)
        if [ir.StringAttr(each.attributes["sym_name"]).value for each in functions] != ["main"]:
            raise ValueError(f"{path.name}: want one function main")
        text: str = module.operation.get_asm(large_elements_limit=SMALL, large_resource_limit=1)
    if "tensor<?" in text or "x?x" in text:
        raise ValueError(f"{path.name}: want static shapes")
    return text.partition("\n{-#")[0].rstrip("\n") + "\n"  # what follows would hold weights, and is empty


def _strip(function: ir.Operation) -> None:
    """Leaves the function only what its meaning needs."""
    for name in list(function.attributes):
        if name not in ("function_type", "sym_name", "sym_visibility"):
            del function.attributes[name]


def packed(text: str) -> bytes:
    """The text as an xz archive, the same for the same text."""
    return lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)


def unpacked(path: Path) -> str:
    """The text in an archive."""
    return lzma.decompress(path.read_bytes()).decode()


def input_shape(text: str) -> str:
    """The type of the one input of main, such as 1x224x224x3xi8."""
    return text.split("@main(", 1)[1].split("tensor<", 1)[1].split(">", 1)[0]


def dtype_of(text: str) -> str:
    """int8 or f32, as the input is."""
    return "int8" if input_shape(text).endswith("xi8") else "f32"
