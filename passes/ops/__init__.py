"""What each operation is to a planner: one table a dialect, which a user can extend.

    from l2opt.passes import ops
    ops.register("mydialect.gelu", ops.Traits(ops.Role.ELEMENTWISE))

An operation without an entry is `Role.COMPUTE`: a kernel of its own that shares nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from l2opt.mlir import ir
from l2opt.passes.ops.traits import Role, Traits

__all__ = ["Role", "Traits", "is_pure", "register", "traits_of"]

_DIALECTS = {
    "arith": "l2opt.passes.ops.scalar",
    "complex": "l2opt.passes.ops.scalar",
    "index": "l2opt.passes.ops.scalar",
    "linalg": "l2opt.passes.ops.linalg",
    "math": "l2opt.passes.ops.scalar",
    "ml_program": "l2opt.passes.ops.scalar",
    "tensor": "l2opt.passes.ops.tensor",
    "tosa": "l2opt.passes.ops.tosa",
}
_EXTENSIONS: dict[str, Traits | Callable[[ir.Operation], Traits]] = {}
_UNKNOWN = Traits(Role.COMPUTE)
_SCF = Traits(Role.COMPUTE, scratch=True)


def register(name: str, traits: Traits | Callable[[ir.Operation], Traits]) -> None:
    """Say what the operation `name` is: its traits, or a function of the operation that gives them."""
    _EXTENSIONS[name] = traits


def traits_of(op: ir.Operation) -> Traits:
    """The traits of `op` in its dialect's table."""
    name = op.name
    found = _EXTENSIONS.get(name)
    if found is None:
        dialect = name.partition(".")[0]
        if dialect not in _DIALECTS:
            return _constant_like(op) or (_SCF if dialect == "scf" else _UNKNOWN)
        found = importlib.import_module(_DIALECTS[dialect]).TABLE.get(name)
    if found is None:
        return _UNKNOWN
    return found if isinstance(found, Traits) else found(op)


def is_pure(op: ir.Operation) -> bool:
    """Whether `op` may be dropped when unused and repeated where used: true of the dialects that have a table."""
    return op.name.partition(".")[0] in _DIALECTS and "variable" not in op.name and "custom" not in op.name


def _constant_like(op: ir.Operation) -> Traits | None:
    """Traits of a constant of an unknown dialect: no operands, and an attribute or a name that says so."""
    if len(op.operands) or not len(op.results) or len(op.regions):
        return None
    holds = any(isinstance(op.attributes[k].attr, ir.ElementsAttr) for k in range(len(op.attributes)))
    return Traits(Role.CONSTANT) if holds or "const" in op.name else None
