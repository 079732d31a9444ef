"""What people call the values of a function that a pass has rewritten: the names in the source, where they still apply.

A value's name is its number as MLIR prints it, which changes when operations come and go. A pass that rewrites keeps
the names from before in `l2.names` on the function, {name now = name in the source}; what is not in it is new. A value
whose dimensions are in another order than in the source is called `%5 in order [0, 2, 3, 1]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from l2opt.mlir import func, ir

__all__ = ["OWN", "forget_names", "keeping_names", "name_and_order", "name_in_order", "names_given"]

OWN = "l2.name"  # on an operation, while its function is rewritten: what its results are called; a copy must drop it
_NAMES = "l2.names"
_ORDER = " in order "


@contextmanager
def keeping_names(fn: func.FuncOp) -> Iterator[None]:
    """Notes, at the end of the `with`, what the values that are left were called before it."""
    given = names_given(fn)
    for op, names in _names(fn):
        source = names if given is None else [given.get(name, "") for name in names]
        op.attributes[OWN] = ir.ArrayAttr.get([ir.StringAttr.get(name) for name in source])
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


def name_in_order(op: ir.Operation, order: Sequence[int]) -> None:
    """Say, while names are kept, that the result of `op` is the named value with its dimensions in `order`."""
    if OWN in op.attributes:
        names = [each.value for each in op.attributes[OWN]]
        listed = [ir.StringAttr.get(f"{name}{_ORDER}{list(order)}" if name else "") for name in names]
        op.attributes[OWN] = ir.ArrayAttr.get(listed)


def name_and_order(name: str) -> tuple[str, list[int]]:
    """What `name_in_order` made a name of; no order: that of the source."""
    plain, _, order = name.partition(_ORDER)
    return plain, [int(each) for each in order.strip("[]").split(",")] if order else []


def _names(fn: func.FuncOp) -> list[tuple[ir.Operation, list[str]]]:
    """Operations of the body that have results, and what these are called now."""
    state = ir.AsmState(fn.operation)
    operations = [view.operation for view in fn.entry_block.operations]
    return [(op, [result.get_name(state) for result in op.results]) for op in operations if len(op.results)]
