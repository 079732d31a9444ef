"""What each operation is to a planner: one table a dialect, which a user can extend.

    from l2opt.passes import ops
    ops.register("mydialect.gelu", ops.Traits(ops.Role.ELEMENTWISE))

and restrict, where a backend can do less than our own lowering:

    ops.restrict("tosa.concat", moves=None)                 # concat is always a copy
    ops.restrict("tosa.conv2d", strided_writes=False)       # never straight into a slice that has gaps

Such calls may stand in a file that `--ops-table=FILE.py` names (`user_tables`); which part of an operand an operation
reads for a part of its result, so that the two may overlap, is `reach`'s to say. An operation without an entry is
`Role.COMPUTE`: a kernel of its own that shares nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from functools import cache
from typing import Any

from l2opt.errors import UsageError
from l2opt.mlir import ir
from l2opt.passes.ops.traits import Role, Traits, defining_op
from l2opt.passes.types import element_width

__all__ = ["Role", "Traits", "defining_op", "is_pure", "is_stateful", "register", "restrict", "traits_of"]

_DIALECTS = {
    "arith": "l2opt.passes.ops.scalar",
    "complex": "l2opt.passes.ops.scalar",
    "index": "l2opt.passes.ops.scalar",
    "linalg": "l2opt.passes.ops.linalg",
    "math": "l2opt.passes.ops.scalar",
    "tensor": "l2opt.passes.ops.tensor",
    "tosa": "l2opt.passes.ops.tosa",
}
_EXTENSIONS: dict[str, Traits | Callable[[ir.Operation], Traits]] = {}
_RESTRICTIONS: dict[str, dict[str, Any]] = {}
_UNKNOWN = Traits(Role.COMPUTE, strided_reads=False, strided_writes=False)
_SCF = Traits(Role.COMPUTE, scratch=True, strided_reads=False, strided_writes=False)
_CAST = "builtin.unrealized_conversion_cast"
_LITERALS = ("dense<", "dense_resource<", "sparse<")


def register(name: str, traits: Traits | Callable[[ir.Operation], Traits]) -> None:
    """Say what the operation `name` is: its traits, or a function of the operation that gives them."""
    _EXTENSIONS[name] = traits


def restrict(name: str, **fields: Any) -> None:
    """Replace fields of the traits of the operation `name`, whatever its table says; no fields: as the table says."""
    known = {field.name for field in dataclass_fields(Traits)}
    for field in fields:
        if field not in known:
            raise UsageError(f"restrict {name!r}: want fields of Traits ({', '.join(sorted(known))}), got {field!r}")
    _RESTRICTIONS[name] = fields


def traits_of(op: ir.Operation, name: str = "") -> Traits:
    """The traits of `op` in its dialect's table. `name`: its name, if known already."""
    name = name or op.name
    found = _traits_of(op, name)
    return replace(found, **_RESTRICTIONS[name]) if name in _RESTRICTIONS else found


def _traits_of(op: ir.Operation, name: str) -> Traits:
    found = _EXTENSIONS.get(name)
    if found is None:
        if name == _CAST:
            return _cast(op)
        dialect = name.partition(".")[0]
        if dialect not in _DIALECTS:
            return _constant_like(op) or (_SCF if dialect == "scf" else _UNKNOWN)
        found = _table(_DIALECTS[dialect]).get(name)
    if found is None:
        return _UNKNOWN
    return found if isinstance(found, Traits) else found(op)


@cache
def is_pure(name: str) -> bool:
    """Whether an operation may be dropped when unused and repeated where used: true of the dialects with a table."""
    return name.partition(".")[0] in _DIALECTS and "variable" not in name and "custom" not in name


def is_stateful(name: str) -> bool:
    """Whether an operation reads or writes what is no value, so that its order among such operations counts."""
    return name.startswith("ml_program.global_") and not name.endswith("_const")


@cache
def _table(module: str) -> Any:
    """The table of one dialect, imported when first needed."""
    return importlib.import_module(module).TABLE


def _cast(op: ir.Operation) -> Traits:
    """A conversion left by an importer is a view where it changes the signedness of elements at most."""
    if len(op.operands) != 1 or len(op.results) != 1:
        return _UNKNOWN
    types = [op.operands[0].type, op.results[0].type]
    if not all(isinstance(type_, ir.RankedTensorType) for type_ in types):
        return _UNKNOWN
    same = types[0].shape == types[1].shape and element_width(types[0]) == element_width(types[1])
    return Traits(Role.VIEW) if same else _UNKNOWN


def _constant_like(op: ir.Operation) -> Traits | None:
    """Traits of a constant of an unknown dialect: no operands, and a name or an attribute that says so."""
    if len(op.operands) or not len(op.results) or len(op.regions):
        return None
    return Traits(Role.CONSTANT) if "const" in op.name or _holds_elements(op) else None


def _holds_elements(op: ir.Operation) -> bool:
    attributes = [op.attributes[k].attr for k in range(len(op.attributes))]
    return any(isinstance(each, ir.DenseElementsAttr) or str(each).startswith(_LITERALS) for each in attributes)
