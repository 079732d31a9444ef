"""Transposes around what computes alike in any order of dimensions, chosen so that the fewest bytes are moved.

Definition. Operations that give values to one another, and all compute alike in any order of dimensions
(`ops.permute`), are a component: its values may all be kept in one other order P. Then what enters it is transposed to
P, what leaves it from P; a transpose that was there already is joined with that, and the two may cancel. Of the orders
in which nothing need be done for one of the values that enter or leave, the one is taken that moves the fewest bytes;
the order of the source, if no other moves fewer. So transposes that an importer put before and behind an activation, a
residual add or a concatenation are gone. Constants are transposed for nothing: that is done once.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from l2opt.mlir import func, ir
from l2opt.passes.names import name_in_order
from l2opt.passes.ops import Role, defining_op, is_pure, traits_of
from l2opt.passes.ops.permute import data_operands, is_still, permuted, permuted_shape
from l2opt.passes.types import tensor_bytes

__all__ = ["has_transposes", "move_transposes"]

Order = tuple[int, ...]
_TRANSPOSE = "tosa.transpose"


def has_transposes(fn: func.FuncOp) -> bool:
    """Whether there are any to move: without, every order of the source is the best."""
    return any(op.operation.name == _TRANSPOSE for op in fn.entry_block.operations)


def move_transposes(fn: func.FuncOp) -> int:
    """Rewrite the components of `fn` that another order suits better. How many."""
    found = _components([op.operation for op in fn.entry_block.operations])
    rewritten = 0
    for component in found:
        order = component.best()
        if order != component.source_order:
            component.rewrite(order)
            rewritten += 1
    return rewritten


@dataclass
class _Component:
    rank: int
    free: set[ir.Value]  # of the function: values that depend on constants alone
    ops: list[ir.Operation] = field(default_factory=list)  # in program order

    @property
    def source_order(self) -> Order:
        return tuple(range(self.rank))

    def best(self) -> Order:
        """The order that moves the fewest bytes, the source's or else the first found among equals."""
        orders = [self.source_order]
        orders += [_inverse(through) for _, through in map(_base, self._entering()) if len(through) == self.rank]
        orders += [_permutation(user) for _, user in self._leaving() if user.name == _TRANSPOSE]
        return min(dict.fromkeys(orders), key=self._moved)

    def rewrite(self, order: Order) -> None:
        """Put the component into `order`, and erase what that leaves without use."""
        leaving = self._leaving()
        made = self._computed(order)
        back = _inverse(order)
        plain: dict[ir.Value, ir.Value] = {}
        for value, user in leaving:
            if user.name == _TRANSPOSE:
                with ir.InsertionPoint(user), user.location:
                    user.results[0].replace_all_uses_with(_transpose(made[value], _then(back, _permutation(user))))
                user.erase()
                continue
            if value not in plain:
                with ir.InsertionPoint(value.owner), value.owner.location:
                    plain[value] = _transpose(made[value], back)
            for k, operand in enumerate(user.operands):
                if operand == value:
                    user.operands[k] = plain[value]
        for op in reversed(self.ops):
            op.erase()

    def _computed(self, order: Order) -> dict[ir.Value, ir.Value]:
        """Compute everything anew in `order`. Value -> the same in that order, of all that is read or made."""
        made: dict[ir.Value, ir.Value] = {}
        for op in self.ops:
            with ir.InsertionPoint(op), op.location:
                data = data_operands(op)
                for value in (op.operands[k] for k in data):
                    if value not in made:
                        base, through = _base(value)
                        made[value] = _transpose(base, _then(through, order))
                made[op.results[0]] = permuted(op, order, {k: made[op.operands[k]] for k in data})
                name_in_order(made[op.results[0]].owner, order)
        return made

    def _entering(self) -> list[ir.Value]:
        inside = {op.results[0] for op in self.ops}
        read = dict.fromkeys(op.operands[k] for op in self.ops for k in data_operands(op))
        return [value for value in read if value not in inside and value not in self.free]

    def _leaving(self) -> list[tuple[ir.Value, ir.Operation]]:
        """Values of the component with the operations outside that read them, once each."""
        inside = set(self.ops)
        found: dict[tuple[ir.Value, ir.Operation], None] = {}
        for op in self.ops:
            for use in op.results[0].uses:
                user = use.owner.operation
                if user not in inside:
                    found[op.results[0], user] = None
        return list(found)

    def _moved(self, order: Order) -> int:
        """Bytes that transposes write around the component in that order."""
        transposes: dict[tuple[ir.Value, Order], int] = {}
        for value in self._entering():
            base, through = _base(value)
            whole = _then(through, order)
            transposes[base, whole] = 0 if is_still(base.type.shape, whole) else _size(value)
        back = _inverse(order)
        for value, user in self._leaving():
            shape = permuted_shape(value.type.shape, order)
            after = _then(back, _permutation(user)) if user.name == _TRANSPOSE else back
            transposes[value, after] = 0 if is_still(shape, after) else _size(value)
        return sum(transposes.values())


def _components(ops: Sequence[ir.Operation]) -> list[_Component]:
    """In the order of their first operations."""
    free: set[ir.Value] = set()
    number: dict[ir.Value, int] = {}  # value -> its component, before components were joined
    joined: list[int] = []
    members: list[tuple[int, ir.Operation]] = []
    for op in ops:
        if _is_free(op, free):
            free.update(op.results)
            continue
        data = data_operands(op)
        if not data or op.results[0].type.rank < 2:
            continue
        here = len(joined)
        joined.append(here)
        for value in (op.operands[k] for k in data):
            if value in number:
                joined[_top(joined, number[value])] = here
        number[op.results[0]] = here
        members.append((here, op))
    found: dict[int, _Component] = {}
    for each, op in members:
        top = _top(joined, each)
        found.setdefault(top, _Component(op.results[0].type.rank, free)).ops.append(op)
    return list(found.values())


def _is_free(op: ir.Operation, free: Set[ir.Value]) -> bool:
    """Whether the results depend on constants alone."""
    if traits_of(op).role is Role.CONSTANT:
        return True
    return len(op.operands) > 0 and not len(op.regions) and is_pure(op.name) and all(v in free for v in op.operands)


def _top(joined: Sequence[int], each: int) -> int:
    while joined[each] != each:
        each = joined[each]
    return each


def _base(value: ir.Value) -> tuple[ir.Value, Order]:
    """What `value` is a transpose of, and how its dimensions are taken from that."""
    through: Order = tuple(range(value.type.rank))
    op = defining_op(value)
    while op is not None and op.name == _TRANSPOSE:
        through = _then(_permutation(op), through)
        value = op.operands[0]
        op = defining_op(value)
    return value, through


def _permutation(op: ir.Operation) -> Order:
    return tuple(ir.DenseI32ArrayAttr(op.attributes["perms"]))


def _then(first: Sequence[int], second: Sequence[int]) -> Order:
    """The order that a tensor in order `first` has after it was put into `second`."""
    return tuple(first[k] for k in second)


def _inverse(order: Order) -> Order:
    return tuple(order.index(k) for k in range(len(order)))


def _transpose(value: ir.Value, order: Order) -> ir.Value:
    """`value` in that order, at the insertion point."""
    if order == tuple(range(len(order))):
        return value
    type_ = ir.RankedTensorType.get(permuted_shape(value.type.shape, order), value.type.element_type)
    perms = {"perms": ir.DenseI32ArrayAttr.get(order)}
    return ir.Operation.create(_TRANSPOSE, results=[type_], operands=[value], attributes=perms).results[0]


def _size(value: ir.Value) -> int:
    return tensor_bytes(value.type, value.owner, {})
