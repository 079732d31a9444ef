"""What operations on memrefs do, for planning: reads and writes of whole buffers, and which results are views.

An operation that is not known reads and writes every memref that it has; it keeps none of them, unless it has a result
that could hide one.
"""

from __future__ import annotations

from collections.abc import Iterator

from l2opt.mlir import ir

__all__ = [
    "PLAIN",
    "VIEWS",
    "Access",
    "accesses",
    "copies_itself",
    "has_known_effects",
    "is_memref",
    "is_pure",
    "takes_any_space",
    "writes_all",
]

Access = tuple[ir.Value, bool, bool]  # memref, whether it is read, whether it is written

VIEWS = {  # result 0 shares the bytes of operand 0
    "memref.assume_alignment",
    "memref.cast",
    "memref.collapse_shape",
    "memref.expand_shape",
    "memref.extract_strided_metadata",
    "memref.reinterpret_cast",
    "memref.reshape",
    "memref.subview",
    "memref.transpose",
    "memref.view",
}
PLAIN = (ir.IntegerType, ir.FloatType, ir.IndexType, ir.VectorType, ir.ComplexType)  # types that hold no address
_LOADS = {
    "affine.load",
    "affine.vector_load",
    "memref.load",
    "vector.expandload",
    "vector.gather",
    "vector.load",
    "vector.maskedload",
    "vector.transfer_read",
}
_STORES = {
    "affine.store",
    "affine.vector_store",
    "memref.store",
    "vector.compressstore",
    "vector.maskedstore",
    "vector.scatter",
    "vector.store",
    "vector.transfer_write",
}
_PURE = {"memref.alloc", "memref.alloca", "memref.dim", "memref.distinct_objects", "memref.get_global", "memref.rank"}
_SAME = ("memref.assume_alignment", "memref.cast", "memref.collapse_shape", "memref.expand_shape")  # all of the bytes
_NOTHING = {*_PURE, "memref.dealloc"}
_PURE_DIALECTS = ("arith.", "complex.", "index.", "math.", "ub.")
_KNOWN = ("affine.", "arith.", "linalg.", "math.", "memref.", "scf.", "vector.")
_ANY_SPACE = ("affine.", "arith.", "linalg.", "memref.", "scf.", "vector.")


def accesses(op: ir.Operation) -> Iterator[Access]:
    """The memrefs that `op` itself touches, without its body. An operand that it ignores counts as written."""
    name = op.name
    if name in VIEWS or name in _NOTHING or name.endswith((".yield", ".condition", ".return")):
        return
    memrefs = [(index, value) for index, value in enumerate(op.operands) if is_memref(value)]
    if not memrefs:
        return
    if name in _LOADS:
        yield from ((value, True, False) for _, value in memrefs)
    elif name in _STORES:
        yield from ((value, False, True) for _, value in memrefs)
    elif name == "memref.copy":
        yield op.operands[0], True, False
        yield op.operands[1], False, True
    elif name.startswith("linalg.") and (outputs := _first_output(op)) is not None:
        for index, value in memrefs:
            reads = _is_read(op, index, outputs)
            yield value, reads, index >= outputs or not reads
    elif name != "arith.select" and not name.startswith(("scf.", "affine.")):
        yield from ((value, True, True) for _, value in memrefs)


def copies_itself(op: ir.Operation) -> bool:
    """Whether `op` copies bytes to where they are, as bufferization leaves it behind. It does nothing."""
    return op.name == "memref.copy" and _is_same(*op.operands)


def _is_same(one: ir.Value, other: ir.Value) -> bool:
    """Whether two memrefs are made by the same views of the same value."""
    if one == other:
        return True
    if isinstance(one.owner, ir.Block) or isinstance(other.owner, ir.Block) or one.type != other.type:
        return False
    first, second = one.owner.operation, other.owner.operation
    if first.name not in VIEWS or first.name != second.name or len(first.operands) != len(second.operands):
        return False
    return _attributes(first) == _attributes(second) and all(map(_is_same, first.operands, second.operands))


def _attributes(op: ir.Operation) -> dict[str, ir.Attribute]:
    listed = [op.attributes[k] for k in range(len(op.attributes))]
    return {each.name: each.attr for each in listed}


def is_memref(value: ir.Value) -> bool:
    return isinstance(value.type, (ir.MemRefType, ir.UnrankedMemRefType))


def is_pure(op: ir.Operation) -> bool:
    """Whether `op` may run at any time after its operands: it only computes, or names memory."""
    name = op.name
    if len(op.regions):
        return False
    return name in VIEWS or name in _PURE or bool(name.startswith(_PURE_DIALECTS))


def has_known_effects(op: ir.Operation) -> bool:
    """Whether `op` itself only touches the memrefs that it names: no call, and nothing of an unknown dialect."""
    return bool(op.name.startswith(_KNOWN))


def takes_any_space(op: ir.Operation) -> bool:
    """Whether operands of `op` may lie in any memory space."""
    return bool(op.name.startswith(_ANY_SPACE))


def writes_all(op: ir.Operation, whole: ir.Value) -> bool:
    """Whether `op` is sure to write all of the memref `whole`."""
    if op.name == "memref.copy":
        return _is_all(op.operands[1], whole)
    outputs = _first_output(op) if op.name.startswith("linalg.") else None
    if outputs is None:
        return False
    written = [k for k in range(outputs, len(op.operands)) if _is_all(op.operands[k], whole)]
    if op.name == "linalg.generic":
        maps = [attribute.value for attribute in ir.ArrayAttr(op.attributes["indexing_maps"])]
        written = [k for k in written if maps[k].is_projected_permutation]
    return bool(written)


def _is_all(value: ir.Value, whole: ir.Value) -> bool:
    while value != whole:
        if isinstance(value.owner, ir.Block) or value.owner.operation.name not in _SAME:
            return False
        value = value.owner.operation.operands[0]
    return True


def _first_output(op: ir.Operation) -> int | None:
    """Position of the first output of a `linalg` operation; None if that is not known."""
    if "operandSegmentSizes" in op.attributes:
        sizes = list(op.attributes["operandSegmentSizes"])
        return int(sizes[0]) if len(sizes) == 2 else None
    if op.name == "linalg.reduce":
        return len(op.operands) // 2
    one = op.name in ("linalg.broadcast", "linalg.map", "linalg.softmax", "linalg.transpose")
    return len(op.operands) - 1 if one else None


def _is_read(op: ir.Operation, index: int, outputs: int) -> bool:
    """An operand whose elements the body does not use is not read."""
    if not len(op.regions) or op.name in ("linalg.broadcast", "linalg.transpose"):
        return index < outputs
    arguments = op.regions[0].blocks[0].arguments
    return index >= len(arguments) or any(True for _ in arguments[index].uses)
