"""What converters leave undone, done: sparse weights of TFLite made dense, values of dynamic shape packed into one.

A sparse constant comes as `tfl.pseudo_sparse_const` with the values that are stored and a description of where they
belong, and a `tfl.densify` of it. The description is TFLite's: dimensions in the order of their nesting, each either
dense or, as in compressed sparse rows, a list of the indices present; dense blocks may be nested inside them.

A `tfl.pack` joins values along a new dimension; one whose batch was dynamic comes as it was, its values static.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from l2opt.errors import L2OptError
from l2opt.mlir import ir
from l2opt.passes.diagnostics import Collector
from l2opt.tools import source
from l2opt.tools.source import Source

__all__ = ["Level", "dense_values", "named", "needs_repair", "repaired"]

_SPARSE, _DENSIFY, _PACK = "tfl.pseudo_sparse_const", "tfl.densify", "tfl.pack"
_LEVEL = re.compile(r"<format =\s+(\w+), dense_size = (\d+), segments = \[([\d, ]*)\], indices = \[([\d, ]*)\]>")


def needs_repair(data: bytes) -> bool:
    """Whether a converter's MLIR, as text or bytecode, has something to repair."""
    if data.startswith(b"ML\xefR"):  # names end in a zero there
        return any(b"\0%s\0" % name.partition(".")[2].encode() in data for name in (_SPARSE, _PACK))
    return any(f'"{name}"'.encode() in data for name in (_SPARSE, _PACK))


def repaired(name: str, data: bytes) -> bytes:
    """A converter's MLIR, as text, without what it left undone. Raises L2OptError for a module that cannot be read."""
    if not needs_repair(data):
        return data
    collector = Collector(name)
    with source.new_context(allow_unregistered=True) as context, ir.Location.unknown(context):
        module = source.parse(Source(name, data), context, collector)
        for op in named(module, _DENSIFY):
            op.results[0].replace_all_uses_with(op.operands[0])
            op.erase()
        for op in named(module, _SPARSE):
            _replace(op, _dense(op, name))
        for op in named(module, _PACK):
            _join(op)
        written = BytesIO()
        module.operation.write_bytecode(written)
    return written.getvalue()


def named(module: ir.Module, name: str) -> list[ir.Operation]:
    """The operations of that name, however deep."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == name:
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return found


def _replace(op: ir.Operation, values: Any) -> None:
    type_ = op.results[0].type
    attribute = ir.DenseElementsAttr.get(values, type=type_, shape=None)
    with ir.InsertionPoint(op):
        made = ir.Operation.create("tosa.const", results=[type_], attributes={"values": attribute})
    op.results[0].replace_all_uses_with(made.results[0])
    op.erase()


def _join(op: ir.Operation) -> None:
    """A pack of static values as a concatenation of reshaped ones; others stay."""
    shapes = [list(ir.RankedTensorType(value.type).shape) for value in op.operands]
    axis = re.search(r"axis = (-?\d+) : i32", op.get_asm())
    if axis is None or any(size < 0 for shape in shapes for size in shape):
        return
    place = int(axis[1]) % (len(shapes[0]) + 1)
    element = ir.RankedTensorType(op.results[0].type).element_type
    i32 = ir.IntegerType.get_signless(32)
    shape = [*shapes[0][:place], 1, *shapes[0][place:]]
    with ir.InsertionPoint(op):
        size = _shape(shape)
        part = ir.RankedTensorType.get(shape, element)
        parts = [
            ir.Operation.create("tosa.reshape", results=[part], operands=[value, size]).result for value in op.operands
        ]
        attributes = {"axis": ir.IntegerAttr.get(i32, place)}
        kind = op.results[0].type  # its shape is inferred with those of all that follows
        joined = ir.Operation.create("tosa.concat", results=[kind], operands=parts, attributes=attributes)
    op.results[0].replace_all_uses_with(joined.result)
    op.erase()


def _shape(sizes: Sequence[int]) -> ir.Value:
    values = ir.DenseElementsAttr.get(np.array(sizes, np.int64), type=ir.IndexType.get())
    kind = ir.Type.parse(f"!tosa.shape<{len(sizes)}>")
    return ir.Operation.create("tosa.const_shape", results=[kind], attributes={"values": values}).result


def _dense(op: ir.Operation, name: str) -> Any:
    """The values of a sparse constant. Its properties are known only by printing them: its dialect is not here."""
    text = op.get_asm().replace("<{", "{", 1)
    stored = re.search(r"compressed_data = (dense<.*?> : tensor<[^>]*>)", text, re.DOTALL)
    orders = [re.search(rf"{key} = \[([\d, ]*)\]", text) for key in ("traversal_order", "block_map")]
    levels = [
        Level(kind == "SPARSE_CSR", int(size), _numbers(segments), _numbers(indices))
        for kind, size, segments, indices in _LEVEL.findall(text)
    ]
    shape = tuple(ir.RankedTensorType(op.results[0].type).shape)
    if stored is None or orders[0] is None or orders[1] is None or not levels:
        raise L2OptError(f"{name}: cannot read the description of a sparse constant of shape {list(shape)}")
    values = np.array(ir.DenseElementsAttr(ir.Attribute.parse(stored[1])))
    return dense_values(values, shape, _numbers(orders[0][1]), _numbers(orders[1][1]), levels)


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",") if word.strip()]


@dataclass(frozen=True)
class Level:
    """One dimension, in the order of nesting."""

    sparse: bool
    size: int  # of a dense one
    segments: Sequence[int] = ()  # of a sparse one: where each parent's indices start, and their end
    indices: Sequence[int] = ()


def dense_values(
    stored: Any, shape: Sequence[int], traversal: Sequence[int], blocks: Sequence[int], levels: Sequence[Level]
) -> Any:
    """The whole array of `shape`. `traversal` names the dimension of each level: from len(shape) on, a block's, which
    belongs to the dimension that `blocks` says."""
    at = np.zeros((1, 0), dtype=np.int64)  # a row an entry so far, a column a level
    parent = np.zeros(1, dtype=np.int64)  # its number among the entries of its level
    for level in levels:
        if level.sparse:
            segments = np.asarray(level.segments)
            counts = segments[parent + 1] - segments[parent]
            places = np.concatenate([np.arange(segments[p], segments[p + 1]) for p in parent] or [parent[:0]])
            index = np.asarray(level.indices, dtype=np.int64)[places]
        else:
            counts = np.full(len(parent), level.size)
            index = np.tile(np.arange(level.size), len(parent))
            places = np.repeat(parent, level.size) * level.size + index
        at, parent = np.column_stack([np.repeat(at, counts, axis=0), index]), places
    sizes = {len(shape) + k: levels[traversal.index(len(shape) + k)].size for k in range(len(blocks))}
    coordinates = [at[:, traversal.index(dimension)].copy() for dimension in range(len(shape))]
    for block, dimension in enumerate(blocks):
        inner = len(shape) + block
        coordinates[dimension] = coordinates[dimension] * sizes[inner] + at[:, traversal.index(inner)]
    dense = np.zeros(shape, dtype=stored.dtype)
    dense[tuple(coordinates)] = stored[parent]
    return dense
