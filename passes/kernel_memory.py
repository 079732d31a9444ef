"""The memory inside a lowered kernel: its temporaries, and the order of reads and writes when it runs in place."""

from __future__ import annotations

from collections.abc import Iterator

from l2opt.mlir import func, ir, memref

__all__ = ["free_temporaries", "hide_spaces", "keep_in_place_safe", "own_temporaries", "show_spaces"]

_VIEWS = frozenset(
    f"memref.{name}"
    for name in (
        "assume_alignment cast collapse_shape expand_shape memory_space_cast reinterpret_cast subview transpose view"
    ).split()
)


def hide_spaces(fn: func.FuncOp) -> list[ir.Type]:
    """Put the operands into the default memory space, for bufferization of control flow, which may have to mix them
    with temporaries. Their types before."""
    types = [argument.type for argument in fn.entry_block.arguments]
    for argument, type_ in zip(fn.entry_block.arguments, types, strict=True):
        argument.set_type(ir.MemRefType.get(type_.shape, type_.element_type, layout=type_.layout))
    _set_inputs(fn)
    return types


def show_spaces(fn: func.FuncOp, types: list[ir.Type]) -> None:
    """Give the operands their types back; inside, they are seen through a cast to the default space."""
    for argument, type_ in zip(fn.entry_block.arguments, types, strict=True):
        plain = argument.type
        if plain == type_:
            continue
        argument.set_type(type_)
        with ir.InsertionPoint.at_block_begin(fn.entry_block), fn.location:
            cast = memref.MemorySpaceCastOp(plain, argument)
        argument.replace_all_uses_except(cast.result, cast.operation)
    _set_inputs(fn)


def _set_inputs(fn: func.FuncOp) -> None:
    inputs = [argument.type for argument in fn.entry_block.arguments]
    fn.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, fn.type.results))


def own_temporaries(fn: func.FuncOp) -> None:
    """Move allocations that took over an operand's memory space to the default one: they belong to the engine."""
    for op in list(_allocations(fn)):
        type_ = ir.MemRefType(op.results[0].type)
        if type_.memory_space is None:
            continue
        own = ir.MemRefType.get(type_.shape, type_.element_type, layout=type_.layout)
        with ir.InsertionPoint(op), op.location:
            fresh = memref.AllocOp(own, [], [], alignment=op.attributes["alignment"].value)
            cast = memref.MemorySpaceCastOp(type_, fresh.result)
        op.results[0].replace_all_uses_with(cast.result)
        op.erase()


def keep_in_place_safe(fn: func.FuncOp, written: int, read: int) -> None:
    """Make it harmless that operand `written` is the memory of operand `read`: write to a temporary, copied at the end,
    unless nothing is written before the last read but by one operation that reads each element just before."""
    target, source = fn.entry_block.arguments[written], fn.entry_block.arguments[read]
    if _writes_after_reads(fn, target, source):
        return
    type_ = ir.MemRefType(target.type)
    own = ir.MemRefType.get(type_.shape, type_.element_type)
    terminator = list(fn.entry_block.operations)[-1].operation
    with ir.InsertionPoint.at_block_begin(fn.entry_block), fn.location:
        temporary = memref.AllocOp(own, [], [], alignment=64).result
        alias = temporary if own == type_ else memref.MemorySpaceCastOp(type_, temporary).result
    target.replace_all_uses_with(alias)
    with ir.InsertionPoint(terminator), fn.location:
        memref.CopyOp(temporary, target)


def free_temporaries(fn: func.FuncOp) -> None:
    """Free each allocation at the end of its block, if it does not leave the block with the terminator."""
    for op in list(_allocations(fn)):
        block = op.block
        terminator = list(block.operations)[-1].operation
        leaves = any(user == terminator for user in _users(op.results[0]))
        freed = any(user.name == "memref.dealloc" for user in _users(op.results[0]))
        if not leaves and not freed:
            with ir.InsertionPoint(terminator), op.location:
                memref.DeallocOp(op.results[0])


def _allocations(fn: func.FuncOp) -> Iterator[ir.Operation]:
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "memref.alloc":
            found.append(op)
        return ir.WalkResult.ADVANCE

    fn.operation.walk(visit)
    return iter(found)


def _users(value: ir.Value) -> Iterator[ir.Operation]:
    """Operations that use `value` or a view of it, those inside regions included."""
    for use in value.uses:
        op = use.owner.operation
        yield op
        if op.name in _VIEWS:
            yield from _users(op.results[0])


def _writes_after_reads(fn: func.FuncOp, target: ir.Value, source: ir.Value) -> bool:
    position = {op.operation: k for k, op in enumerate(fn.entry_block.operations)}
    last_read = max((_step(op, position) for op in _users(source) if op.name not in _VIEWS), default=-1)
    touching = [op for op in _users(target) if op.name not in _VIEWS]
    first_write = min((_step(op, position) for op in touching), default=len(position))
    if first_write > last_read:
        return True
    return first_write == last_read and all(
        _is_elementwise_on(op, target, source) for op in touching if _step(op, position) == first_write
    )


def _step(op: ir.Operation, position: dict[ir.Operation, int]) -> int:
    while op not in position:
        op = op.parent.operation
    return position[op]


def _is_elementwise_on(op: ir.Operation, target: ir.Value, source: ir.Value) -> bool:
    """Whether `op` is one all-parallel generic that reads `source` and writes `target` at equal places."""
    if op.name != "linalg.generic" or any("parallel" not in str(kind) for kind in op.attributes["iterator_types"]):
        return False
    maps = [attribute.value for attribute in ir.ArrayAttr(op.attributes["indexing_maps"])]
    identity = ir.AffineMap.get_identity(len(op.attributes["iterator_types"]))
    operands = list(op.operands)
    direct = [k for k, value in enumerate(operands) if value in (target, source)]
    views = any(
        _reaches(value, target) or _reaches(value, source) for value in operands if value not in (target, source)
    )
    same_width = ir.MemRefType(target.type).element_type == ir.MemRefType(source.type).element_type
    return not views and same_width and operands[-1] == target and all(maps[k] == identity for k in direct)


def _reaches(value: ir.Value, root: ir.Value) -> bool:
    """Whether `value` is a view of `root`."""
    while not isinstance(value, ir.BlockArgument) and value.owner.operation.name in _VIEWS:
        value = value.owner.operation.operands[0]
        if value == root:
            return True
    return False
