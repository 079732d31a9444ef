"""Memory that control flow inside a lowered kernel hands on: kept in one place, so that what an iteration or a branch
allocates can be freed where it ends.

Where a loop or branch yields memory that was made inside it, each result gets an allocation before it; what is yielded
is copied there, and that place is yielded. A loop starts from a copy of its initial values in it. All is in the default
memory space.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from l2opt.mlir import func, ir, memref

__all__ = ["keep_carried"]

_BRANCHES = ("scf.if", "scf.index_switch", "scf.execute_region")


def keep_carried(fn: func.FuncOp) -> None:
    """Rewrites the control flow of `fn`, on memrefs of static shape, from the outside in."""
    for op in list(_below(fn.operation)):
        if op.name == "scf.for":
            body = op.regions[0].blocks[0]
            own = [[argument] for argument in list(body.arguments)[1:]]
            places = _places(op, list(op.operands)[3:], [_end(body)], 0, own)
            _start_from(op, 3, places)
        elif op.name == "scf.while":
            before, after = (region.blocks[0] for region in op.regions)
            _places(op, list(op.results), [_end(before)], 1, [list(before.arguments)] * len(op.results))
            places = _places(op, list(op.operands), [_end(after)], 0, [[]] * len(op.operands))
            _start_from(op, 0, places)
        elif op.name in _BRANCHES:
            ends = [_end(region.blocks[0]) for region in op.regions if len(region.blocks)]
            _places(op, list(op.results), ends, 0, [[]] * len(op.results))


def _places(
    op: ir.Operation,
    like: Sequence[ir.Value],
    ends: Sequence[ir.Operation],
    skip: int,
    kept: Sequence[Sequence[ir.Value]],
) -> dict[int, ir.Value]:
    """What is yielded at `ends`, from operand `skip` on, goes by a place of its own where it is made inside of `op` and
    is none of `kept`. The places by position; `like` are values of their types."""
    places: dict[int, ir.Value] = {}
    for position, value in enumerate(like):
        yielded = [end.operands[skip + position] for end in ends]
        made = [each for each in yielded if each not in kept[position] and _is_inside(each, op)]
        if made and isinstance(value.type, ir.MemRefType):
            with ir.InsertionPoint(op), op.location:
                plain = ir.MemRefType.get(value.type.shape, value.type.element_type)
                places[position] = _as(value.type, memref.AllocOp(plain, [], [], alignment=64).result)
    for end in ends:
        with ir.InsertionPoint(end), end.location:
            taken = {position: end.operands[skip + position] for position in places}
            if len(taken) > 1 and not all(map(_is_new, taken.values())):  # one may be where another is to be
                taken = {position: _copied(value) for position, value in taken.items()}
            for position, value in taken.items():
                memref.CopyOp(value, places[position])
                end.operands[skip + position] = places[position]
    return places


def _start_from(op: ir.Operation, skip: int, places: dict[int, ir.Value]) -> None:
    with ir.InsertionPoint(op), op.location:
        for position, place in places.items():
            memref.CopyOp(op.operands[skip + position], place)
            op.operands[skip + position] = place


def _copied(value: ir.Value) -> ir.Value:
    plain = ir.MemRefType.get(value.type.shape, value.type.element_type)
    made = memref.AllocOp(plain, [], [], alignment=64).result
    memref.CopyOp(value, made)
    return made


def _is_new(value: ir.Value) -> bool:
    return not isinstance(value.owner, ir.Block) and value.owner.operation.name == "memref.alloc"


def _as(type_: ir.MemRefType, value: ir.Value) -> ir.Value:
    return value if value.type == type_ else memref.CastOp(type_, value).result


def _is_inside(value: ir.Value, op: ir.Operation) -> bool:
    """Whether `value` is made, or is an argument of a block, inside of `op`."""
    owner = value.owner.owner if isinstance(value.owner, ir.Block) else value.owner
    at = owner.operation
    while at is not None and at.name != "func.func":
        if at == op:
            return isinstance(value.owner, ir.Block) or owner.operation != op
        at = at.parent.operation if at.parent is not None else None
    return False


def _end(block: ir.Block) -> ir.Operation:
    return block.operations[len(block.operations) - 1].operation


def _below(root: ir.Operation) -> Iterator[ir.Operation]:
    for region in root.regions:
        for block in region:
            for view in block:
                yield view.operation
                yield from _below(view.operation)
