"""Transposes that undo one another, with reshapes between them or not, become one reshape of what they began with.

A tensor's elements are followed as atoms: factors of the dimensions of what the chain began with, in its order. A
transpose moves whole dimensions, a reshape groups the atoms anew and splits those that it cuts. Where the atoms end up
in the order in which they began, the chain has moved nothing. Not handled: chains through computation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from l2opt.mlir import func, ir
from l2opt.passes.ops import Role, defining_op, traits_of

__all__ = ["cancel_transposes"]

Atom = tuple[tuple[int, ...], int]  # where it came from, sorted like the elements; its size
_PERMUTATIONS = {"tosa.transpose": "perms", "linalg.transpose": "permutation"}


def cancel_transposes(fn: func.FuncOp) -> int:
    """Replace the transposes of `fn` that end such a chain. How many; what they leave without use stays."""
    found = 0
    for op in [op.operation for op in fn.entry_block.operations if op.operation.name in _PERMUTATIONS]:
        source = _unmoved(op)
        if source is not None:
            with ir.InsertionPoint(op), op.location:
                new = _reshape(source, op.results[0].type, op.name.startswith("tosa."))
            op.results[0].replace_all_uses_with(new)
            found += 1
    return found


def _unmoved(op: ir.Operation) -> ir.Value | None:
    """The furthest value above the transpose `op` whose elements it has in their order; None if there is none."""
    chain: list[ir.Operation] = []
    best = None
    at: ir.Operation | None = op
    while at is not None and (at.name in _PERMUTATIONS or traits_of(at).role is Role.VIEW):
        chain.append(at)
        value = at.operands[0]
        if (
            not isinstance(value.type, ir.RankedTensorType)
            or value.type.element_type != op.results[0].type.element_type
        ):
            break
        if at.name in _PERMUTATIONS and len(chain) > 1 and _keeps_order(value, reversed(chain)):
            best = value
        at = defining_op(value)
    return best


def _keeps_order(value: ir.Value, chain: Iterable[ir.Operation]) -> bool:
    dims: list[list[Atom]] = [[((k,), size)] if size > 1 else [] for k, size in enumerate(value.type.shape)]
    for op in chain:
        if op.name in _PERMUTATIONS:
            dims = [dims[k] for k in _permutation(op)]
            continue
        regrouped = _regroup([atom for dim in dims for atom in dim], op.results[0].type.shape)
        if regrouped is None:
            return False
        dims = regrouped
    keys = [key for dim in dims for key, _ in dim]
    return keys == sorted(keys)


def _permutation(op: ir.Operation) -> list[int]:
    attribute = op.attributes[_PERMUTATIONS[op.name]]
    return list(ir.DenseI32ArrayAttr(attribute) if op.name.startswith("tosa.") else ir.DenseI64ArrayAttr(attribute))


def _regroup(atoms: list[Atom], shape: Sequence[int]) -> list[list[Atom]] | None:
    """The atoms as dimensions of `shape`, split where need be; None where a size does not divide."""
    left = atoms[::-1]
    dims: list[list[Atom]] = []
    for extent in shape:
        dim: list[Atom] = []
        while extent > 1:
            if not left:
                return None
            key, size = left.pop()
            if size > extent:
                if size % extent:
                    return None
                left.append(((*key, 1), size // extent))
                key, size = (*key, 0), extent
            elif extent % size:
                return None
            dim.append((key, size))
            extent //= size
        dims.append(dim)
    return dims


def _reshape(source: ir.Value, type_: ir.RankedTensorType, tosa: bool) -> ir.Value:
    """`source` under the shape of `type_`, at the insertion point, in TOSA or in operations on tensors."""
    shape = list(type_.shape)
    if list(source.type.shape) == shape:
        return source
    if tosa:
        values = ir.Attribute.parse(f"dense<{shape}> : tensor<{len(shape)}xindex>")
        listed = ir.Operation.create(
            "tosa.const_shape", results=[ir.Type.parse(f"!tosa.shape<{len(shape)}>")], attributes={"values": values}
        )
        return ir.Operation.create("tosa.reshape", results=[type_], operands=[source, listed.results[0]]).results[0]
    rank = len(source.type.shape)
    if rank > 1:
        flat = ir.RankedTensorType.get([prod(shape)], type_.element_type)
        joined = {"reassociation": _groups(rank)}
        source = ir.Operation.create("tensor.collapse_shape", [flat], [source], joined).results[0]
    if len(shape) == 1:
        return source
    split = {"reassociation": _groups(len(shape)), "static_output_shape": ir.DenseI64ArrayAttr.get(shape)}
    return ir.Operation.create("tensor.expand_shape", [type_], [source], split).results[0]


def _groups(rank: int) -> ir.ArrayAttr:
    """All dimensions as one group."""
    i64 = ir.IntegerType.get_signless(64)
    return ir.ArrayAttr.get([ir.ArrayAttr.get([ir.IntegerAttr.get(i64, k) for k in range(rank)])])
