"""Which memrefs an operation reads and writes, and how surely.

A read or write is WHOLE when it touches every byte of the operand, PART when it touches some (or some of several), and
a read is MAYBE when nothing is known. What reads: `linalg` inputs, and outputs whose block argument the body uses (an
unused one is not read), loads, transfers, the source of a copy. Operations inside another's body that reach out to a
memref count, as PART, for the operation that encloses them. An operation that is not known reads and writes every
memref that it has. Views, allocations and region operations with a flow of their own are not seen here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from l2opt.mlir import ir

__all__ = ["Effect", "Read", "Write", "effects", "is_memref", "output_count"]


class Read(IntEnum):
    NONE = 0
    MAYBE = 1
    PART = 2
    WHOLE = 3


class Write(IntEnum):
    NONE = 0
    PART = 1
    WHOLE = 2


@dataclass(frozen=True, slots=True)
class Effect:
    """What one operation does to one memref."""

    operand: int  # its position; -1 for a memref that only the operation's body uses
    value: ir.Value
    read: Read
    write: Write


_NO_ACCESS = {"memref.dim", "memref.rank", "memref.prefetch", "memref.dealloc"}
_READS = {  # name -> position of the memref that it reads a part of
    "memref.load": 0,
    "affine.load": 0,
    "affine.vector_load": 0,
    "vector.load": 0,
    "vector.maskedload": 0,
    "vector.expandload": 0,
    "vector.gather": 0,
    "vector.transfer_read": 0,
}
_WRITES = {  # name -> position of the memref that it writes a part of
    "memref.store": 1,
    "affine.store": 1,
    "affine.vector_store": 1,
    "vector.store": 1,
    "vector.maskedstore": 0,
    "vector.compressstore": 0,
    "vector.scatter": 0,
    "vector.transfer_write": 1,
}
_UPDATES = {"memref.atomic_rmw": 1, "memref.generic_atomic_rmw": 0}
_WHOLE = {  # name -> (read, write) of each operand
    "memref.copy": ((Read.WHOLE, Write.NONE), (Read.NONE, Write.WHOLE)),
    "bufferization.to_tensor": ((Read.WHOLE, Write.NONE),),
    "bufferization.materialize_in_destination": ((Read.WHOLE, Write.NONE), (Read.NONE, Write.WHOLE)),
}
_BODILESS_LINALG = {"linalg.softmax"}  # one input, one output


def effects(op: ir.Operation) -> list[Effect]:
    """What `op` does to each memref, operands in order, then what its body reaches."""
    found = list(_own_effects(op))
    for region in op.regions:
        for block in region:
            found += _captured(block)
    return found


def is_memref(value: ir.Value) -> bool:
    return isinstance(value.type, (ir.MemRefType, ir.UnrankedMemRefType))


def output_count(op: ir.Operation) -> int | None:
    """How many of the last operands of a `linalg` operation are its outputs; None if that is not known."""
    if "operandSegmentSizes" in op.attributes:
        sizes = list(op.attributes["operandSegmentSizes"])
        return sizes[1] if len(sizes) == 2 and sum(sizes) == len(op.operands) else None
    if op.name in ("linalg.map", "linalg.broadcast", "linalg.transpose", *_BODILESS_LINALG):
        return 1
    return len(op.operands) // 2 if op.name == "linalg.reduce" else None


def _own_effects(op: ir.Operation) -> Iterator[Effect]:
    name = op.name
    if name in _NO_ACCESS:
        return
    if name in _WHOLE:
        kinds: Sequence[tuple[Read, Write]] = _WHOLE[name]
    elif name.startswith("linalg.") and (count := output_count(op)) is not None:
        kinds = _linalg_kinds(op, count)
    else:
        kinds = [_scalar_access(name, index) for index in range(len(op.operands))]
    for index, operand in enumerate(op.operands):
        if is_memref(operand):
            yield Effect(index, operand, *kinds[index])


def _scalar_access(name: str, index: int) -> tuple[Read, Write]:
    if _READS.get(name) == index:
        return Read.PART, Write.NONE
    if _WRITES.get(name) == index:
        return Read.NONE, Write.PART
    if _UPDATES.get(name) == index:
        return Read.PART, Write.PART
    return Read.MAYBE, Write.PART


def _linalg_kinds(op: ir.Operation, outputs: int) -> list[tuple[Read, Write]]:
    """A map that is no projected permutation (a stride, a constant) reaches only a part of its operand."""
    total = len(op.operands)
    maps = list(op.attributes["indexing_maps"]) if op.name == "linalg.generic" else None
    kinds = []
    for index in range(total):
        whole = maps is None or maps[index].value.is_projected_permutation
        read = (Read.WHOLE if whole else Read.PART) if _body_uses(op, index, total - outputs) else Read.NONE
        write = (Write.WHOLE if whole else Write.PART) if index >= total - outputs else Write.NONE
        kinds.append((read, write))
    return kinds


def _body_uses(op: ir.Operation, index: int, inputs: int) -> bool:
    """Whether the computation takes elements of operand `index`."""
    if op.name in _BODILESS_LINALG or op.name in ("linalg.broadcast", "linalg.transpose"):
        return index < inputs
    arguments = op.regions[0].blocks[0].arguments
    if index >= len(arguments):
        return True
    return next(iter(arguments[index].uses), None) is not None


def _captured(block: ir.Block) -> Iterator[Effect]:
    """Effects of the operations in an enclosed body, lessened: how often they run, and on what part, is not known."""
    for view in block:
        op = view.operation
        for effect in effects(op) if _has_memref(op) or len(op.regions) else ():
            yield Effect(-1, effect.value, min(effect.read, Read.PART), min(effect.write, Write.PART))


def _has_memref(op: ir.Operation) -> bool:
    return any(is_memref(operand) for operand in op.operands)
