"""Which values pick elements of a tensor: where these are made up, only zero is sure to be in range.

A value does if a gather, a scatter or a `tensor.extract` in the body of its reader takes it, or integers computed from
it, as its indices.
"""

from __future__ import annotations

from l2opt.mlir import ir

__all__ = ["picks_elements"]

_INDEXED = ("tosa.gather", "tosa.scatter")
_INDICES = 1  # the operand of theirs that picks


def picks_elements(value: ir.Value) -> bool:
    """O(readers of what is computed from it)."""
    seen, todo = {value}, [value]
    while todo:
        for use in todo.pop().uses:
            reader = use.owner.operation
            if reader.name in _INDEXED:
                if use.operand_number == _INDICES:
                    return True
                continue
            if _extracts(reader):
                return True
            made = [result for result in reader.results if _is_integers(result.type) and result not in seen]
            seen.update(made)
            todo.extend(made)
    return False


def _is_integers(type_: ir.Type) -> bool:
    return isinstance(type_, ir.RankedTensorType) and isinstance(type_.element_type, (ir.IntegerType, ir.IndexType))


def _extracts(reader: ir.Operation) -> bool:
    return any(
        inner.operation.name == "tensor.extract"
        for region in reader.regions
        for block in region.blocks
        for inner in block.operations
    )
