"""What packed IR has in DDR that its function says is not: operands of kernels, and traffic.

`l2.operands_in_l2` says that kernels find every operand in L2 ("all"), or all but constants ("tensors"); where none is
called, that steps do: all operations that read or write memrefs, but for copies that have one end in L2. `l2.plan` says
how many bytes tensors move from and to DDR; the function moves at least those that an operation outside of loops and
branches surely reads or writes whole in the DDR arena, each operand of it once. What leaves the arenas or enters them
is no such traffic, as what the caller has, nor are constants.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from l2opt.mlir import ir
from l2opt.passes.check_ir_calls import Calls
from l2opt.passes.check_ir_effects import Read, Write, effects, is_memref
from l2opt.passes.check_ir_flow import Access, Event
from l2opt.passes.check_ir_function import PackedFunction
from l2opt.passes.check_ir_views import VIEW_OPS
from l2opt.passes.diagnostics import LocatedError

__all__ = ["check_moved", "least_moved"]

_OPERANDS = "l2.operands_in_l2"
_WANTED = ("all", "tensors")
_TRANSFERS = {"memref.copy"}
_CHOICES = {"arith.select", "memref.distinct_objects"}
_ENDS = (".yield", ".condition", ".return")


def check_moved(packed: PackedFunction, calls: Calls) -> Iterator[LocatedError]:
    """The faults of one function."""
    if _OPERANDS in packed.fn.attributes:
        yield from _check_operands(packed, calls)
    plan = packed.fn.attributes["l2.plan"] if "l2.plan" in packed.fn.attributes else None
    if isinstance(plan, ir.DictAttr) and "traffic" in plan:
        claimed, moved = ir.IntegerAttr(plan["traffic"]).value, least_moved(packed, calls)
        if claimed < moved:
            yield LocatedError(packed.fn, f"'l2.plan' claims DDR traffic of {claimed} B; at least {moved} B are moved")


def least_moved(packed: PackedFunction, calls: Calls) -> int:
    """Bytes that move from and to the DDR arena in one run, at least."""
    return sum(_moved(packed, node, calls) for node in packed.nodes if isinstance(node, Event))


def _moved(packed: PackedFunction, event: Event, calls: Calls) -> int:
    op = event.op
    kind = calls.transfer_kind(op) if op.name == "func.call" else ""
    if op.name == "func.return" or kind == "wait":
        return 0
    if (kind or op.name in _TRANSFERS) and len(event.accesses) < 2:
        return 0  # from or to the outside of the arenas
    found = set()
    for access in event.accesses:
        if _memory(packed, access) == {"DDR"} and len(access.targets) == 1:
            target = access.targets[0]
            size = prod(target.shape) * target.element
            where = target.start, target.shape, target.strides
            if access.read == Read.WHOLE:
                found.add((*where, "read", size))
            if access.write == Write.WHOLE:
                found.add((*where, "written", size))
    return sum(size for *_, size in found)


def _memory(packed: PackedFunction, access: Access) -> set[str]:
    return {packed.roots[target.root].arena.name for target in access.targets}


def _check_operands(packed: PackedFunction, calls: Calls) -> Iterator[LocatedError]:
    stated = packed.fn.attributes[_OPERANDS]
    if not isinstance(stated, ir.StringAttr) or stated.value not in _WANTED:
        raise LocatedError(packed.fn, f"'{_OPERANDS}': want one of {', '.join(_WANTED)}, got {stated}")
    arena = {root.op.results[0]: root.arena.name for root in packed.roots}
    known = {(event.op, access.operand): access for event in packed.events() for access in event.accesses}

    def outside(op: ir.Operation) -> Iterator[int]:
        for index, value in enumerate(op.operands):
            if not is_memref(value) or (value.type.has_static_shape and 0 in value.type.shape):
                continue
            access = known.get((op, index))
            source = _source(value)
            inside = arena.get(source) == "L2" if access is None else _memory(packed, access) == {"L2"}
            if not inside and not (stated.value == "tensors" and _is_global(source)):
                yield index

    called = list(_kernel_calls(packed.fn.operation, calls))
    for op in called or _steps(packed.fn.operation, calls):
        found = list(outside(op))
        if op.name in _TRANSFERS and len(found) < 2:
            continue
        for index in found:
            what = f"operand {index} of {op.attributes['callee'] if called else repr(op.name)}"
            yield LocatedError(op, f"{what} is not in L2, as '{_OPERANDS}' says that it is")


def _steps(op: ir.Operation, calls: Calls) -> Iterator[ir.Operation]:
    for region in op.regions:
        for block in region:
            for view in block:
                inner = view.operation
                moves = inner.name == "func.call" and calls.transfer_kind(inner)
                if not moves and not _names_only(inner) and effects(inner):
                    yield inner
                yield from _steps(inner, calls)


def _names_only(op: ir.Operation) -> bool:
    """Whether it only hands its memrefs on: a view, a choice, the end of a body, or what has a body of its own."""
    name = op.name
    if name in VIEW_OPS or name in _CHOICES or name.endswith(_ENDS):
        return True
    return len(op.regions) > 0 and not name.startswith(("linalg.", "memref."))


def _kernel_calls(op: ir.Operation, calls: Calls) -> Iterator[ir.Operation]:
    for region in op.regions:
        for block in region:
            for view in block:
                inner = view.operation
                if inner.name == "func.call" and "l2.kernel" in calls.resolve(inner).attributes:
                    yield inner
                yield from _kernel_calls(inner, calls)


def _source(value: ir.Value) -> ir.Value:
    """What it is a view of, down to a view of an arena or what lies outside of them."""
    op = _owner(value)
    while op is not None and op.name in VIEW_OPS and is_memref(op.operands[0]) and op.name != "memref.view":
        value = op.operands[0]
        op = _owner(value)
    return value


def _owner(value: ir.Value) -> ir.Operation | None:
    return None if isinstance(value.owner, ir.Block) else value.owner.operation


def _is_global(value: ir.Value) -> bool:
    op = _owner(value)
    return op is not None and op.name == "memref.get_global"
