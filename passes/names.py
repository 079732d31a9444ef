"""What people call the values of a function that a pass has rewritten: the names in the source, where they still apply.

A value's name is its number as MLIR prints it, which changes when operations come and go. A pass that rewrites keeps
the names from before in `l2.names` on the function, {name now = name in the source}; what is not in it is new.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from l2opt.mlir import func, ir

__all__ = ["OWN", "forget_names", "keeping_names", "names_given"]

OWN = "l2.name"  # on an operation, while its function is rewritten: what its results are called; a copy must drop it
_NAMES = "l2.names"


@contextmanager
def keeping_names(fn: func.FuncOp) -> Iterator[None]:
    """Notes, at the end of the `with`, what the values that are left were called before it."""
    for op, names in _names(fn):
        op.attributes[OWN] = ir.ArrayAttr.get([ir.StringAttr.get(name) for name in names])
    yield
    table: dict[str, ir.Attribute] = {}
    for op, names in _names(fn):
        if OWN in op.attributes:
            table.update(zip(names, op.attributes[OWN], strict=True))
            del op.attributes[OWN]
    fn.attributes[_NAMES] = ir.DictAttr.get(table)


def names_given(fn: func.FuncOp) -> dict[str, str] | None:
    """Name now -> name in the source; None if they are the same."""
    if _NAMES not in fn.attributes:
        return None
    table = ir.DictAttr(fn.attributes[_NAMES])
    return {table[k].name: table[k].attr.value for k in range(len(table))}


def forget_names(fn: func.FuncOp) -> None:
    """Drop the table, once names are taken from it."""
    if _NAMES in fn.attributes:
        del fn.attributes[_NAMES]


def _names(fn: func.FuncOp) -> list[tuple[ir.Operation, list[str]]]:
    """Operations of the body that have results, and what these are called now."""
    state = ir.AsmState(fn.operation)
    operations = [view.operation for view in fn.entry_block.operations]
    return [(op, [result.get_name(state) for result in op.results]) for op in operations if len(op.results)]
