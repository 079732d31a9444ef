"""Constants whose values were left out when the IR was printed (`dense_resource<__elided__>`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from l2opt.mlir import ir

__all__ = ["elided_constants"]

_HANDLE = re.compile(r'dense_resource<"?([^">]+)"?>')
_DEFINED = re.compile(r'^\s*"?([^"\s:]+)"?: "0x', re.MULTILINE)


def elided_constants(module: ir.Module) -> Iterator[tuple[ir.Operation, str]]:
    """Operations, nested ones included, with an attribute whose resource has no data; with the attribute's name."""
    resources: list[tuple[ir.Operation, str, str]] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        for k in range(len(op.attributes)):
            named = op.attributes[k]
            if type(named.attr) is ir.Attribute:
                match = _HANDLE.match(str(named.attr))
                if match:
                    resources.append((op, named.name, match[1]))
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    defined = _defined(module) if any(not name.startswith("__elided__") for _, _, name in resources) else set()
    return ((op, attribute) for op, attribute, name in resources if name not in defined)


def _defined(module: ir.Module) -> set[str]:
    """Names of the resources that have data; the bindings tell only by printing them."""
    text = module.operation.get_asm(assume_verified=True, large_elements_limit=1)
    _, _, section = text.rpartition("{-#")
    return {match[1] for match in _DEFINED.finditer(section)}
