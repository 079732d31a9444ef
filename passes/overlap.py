"""Which results of a kernel may start a little below an operand, and lie over it, because the kernel runs in parts.

Definition. The kernel computes its result in parts, in order, and writes each only when all that the part reads has
been read; so a part must be held back in the engine's own memory. For equal parts that lie behind one another (rows,
say), the distance of an operand is the least d >= 0 such that, with the operand d bytes or more above the result, no
byte written so far lies over one that a later part still reads: the maximum over r of (bytes of parts <= r) - (first
byte that a part > r reads). For parts along an inner dimension (a row of every channel) both must start at the same
byte, no more and no less: then index i of that dimension is at the same places in both, if what lies inside it has the
same size, and that part r reads nothing of the indices below r is enough. Of all cuts the one with the least distances
is taken.

Only kernels with one result are handled, and operands of which all that is read is known (`ops.reach`); no operation
that mixes elements may be run twice on any. An operand that the result may take in place needs no distance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from math import prod

import numpy as np

from l2opt.mlir import func, ir
from l2opt.passes.iteration import Cut, Iteration, cuts_of
from l2opt.passes.ops import Role, traits_of
from l2opt.passes.ops.boxes import Boxes, Ints
from l2opt.passes.ops.reach import shape_of
from l2opt.passes.types import tensor_bytes

__all__ = ["OVERLAP", "PARTS", "Distances", "annotate", "distance", "distances"]

OVERLAP = "l2.overlap"  # on a kernel: arrays (result, operand, distance in bytes); on a call: operands (written, read)
PARTS = "l2.parts"  # on a kernel: the cut of its result into parts that must be computed in order
MOST_RUNS = 24  # of steps that differ only in place; each is lowered on its own
_CHEAP = (Role.ELEMENTWISE, Role.PAD, Role.VIEW, Role.CONSTANT, Role.MOVE)  # may run twice on the same elements
NO_ASSUMPTION: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Distances:
    """The result of a kernel may lie this many bytes below an operand, if it is computed in the parts of `cut`."""

    cut: Cut
    bytes: dict[int, int]  # operand -> distance


def annotate(kernel: func.FuncOp, constants: Set[int]) -> None:
    """Put what is found into the attributes of a kernel on tensors; nothing if there is nothing.

    `constants`: operands that are never written over.
    """
    pairs = {tuple(pair) for pair in kernel.attributes["l2.in_place"]} if "l2.in_place" in kernel.attributes else set()
    found = distances(kernel, skip={read for _, read in pairs} | constants)
    if found is not None:
        triples = [ir.DenseI64ArrayAttr.get([0, read, least]) for read, least in sorted(found.bytes.items())]
        kernel.attributes[OVERLAP] = ir.ArrayAttr.get(triples)
        kernel.attributes[PARTS] = found.cut.attribute


def distances(
    kernel: func.FuncOp, skip: Set[int] = frozenset(), assume: Mapping[str, str] = NO_ASSUMPTION, cut: Cut | None = None
) -> Distances | None:
    """The least distances for operands not in `skip`; None if there is none that helps.

    `assume`: element types counted as others; `cut`: only for that one. O(steps x operations).
    """
    *body, terminator = [op.operation for op in kernel.entry_block.operations]
    if len(terminator.operands) != 1 or isinstance(terminator.operands[0], ir.BlockArgument):
        return None
    result = terminator.operands[0]
    best, least, most = None, (0, 0), _most(kernel, skip)
    for each in [cut] if cut else cuts_of(shape_of(result) or []):
        if least >= most:
            break
        iteration = Iteration.of(body, result, each)
        found = {} if iteration is None else _distances(kernel, iteration, result, each, skip, assume)
        if not found or _shared(kernel, found) <= least:
            continue
        if iteration is not None and _runs_once(iteration) and len(iteration.runs()) <= MOST_RUNS:
            best, least = Distances(each, found), _shared(kernel, found)
    return best


def _most(kernel: func.FuncOp, skip: Set[int]) -> tuple[int, int]:
    """What `_shared` gives at best."""
    arguments = [argument for k, argument in enumerate(kernel.entry_block.arguments) if k not in skip]
    sizes = [tensor_bytes(each.type, kernel.operation, NO_ASSUMPTION) for each in arguments]
    size = tensor_bytes(_result(kernel).type, kernel.operation, NO_ASSUMPTION)
    shared = [min(size, each) for each in sizes]
    return max(shared, default=0), sum(shared)


def _shared(kernel: func.FuncOp, found: Mapping[int, int]) -> tuple[int, int]:
    """Bytes that the result shares with an operand at these distances: the most, and those of all operands."""
    types = [argument.type for argument in kernel.entry_block.arguments]
    size = tensor_bytes(_result(kernel).type, kernel.operation, NO_ASSUMPTION)
    shared = [min(size - least, tensor_bytes(types[k], kernel.operation, NO_ASSUMPTION)) for k, least in found.items()]
    return max(shared), sum(shared)


def _result(kernel: func.FuncOp) -> ir.Value:
    return list(kernel.entry_block.operations)[-1].operation.operands[0]


def distance(written: int, needed: Ints) -> int:
    """The least distance where each step writes `written` bytes and step r reads from byte `needed[r]` on. O(steps)."""
    later = np.minimum.accumulate(needed[::-1])[::-1]
    ends = written * np.arange(1, len(needed), dtype=np.int64)
    return int(max(0, (ends - later[1:]).max(initial=0)))


def _distances(
    kernel: func.FuncOp, iteration: Iteration, result: ir.Value, cut: Cut, skip: Set[int], assume: Mapping[str, str]
) -> dict[int, int]:
    size, made = tensor_bytes(result.type, kernel.operation, assume), shape_of(result) or []
    found = {}
    for read, argument in enumerate(kernel.entry_block.arguments):
        boxes = iteration.strict(argument)
        shape = shape_of(argument)
        if read in skip or boxes is None or shape is None or not prod(shape):
            continue
        element = tensor_bytes(argument.type, kernel.operation, assume) // prod(shape)
        if cut.dim is not None:
            if element * prod(made) == size and _keeps_ahead(boxes, shape, made, cut.dim):
                found[read] = 0
            continue
        least = distance(size // cut.parts, boxes.first(shape) * element)
        if least < size:  # otherwise they lie behind one another
            found[read] = least
    return found


def _keeps_ahead(boxes: Boxes, shape: Sequence[int], made: Sequence[int], dim: int) -> bool:
    """Whether a dimension of an operand of `shape` lies in memory like dimension `dim` of the result, of shape `made`,
    and no part reads of it what earlier parts have written."""
    inside = prod(made[dim + 1 :])
    alike = [d for d, size in enumerate(shape) if size == made[dim] and prod(shape[d + 1 :]) == inside]
    return any(bool((boxes.empty | (boxes.lo[:, d] >= np.arange(boxes.steps))).all()) for d in alike)


def _runs_once(iteration: Iteration) -> bool:
    """Whether no operation that mixes elements is run on any of them in two steps."""
    return all(
        traits_of(op).role in _CHEAP or int(boxes.volume.sum()) <= prod(shape_of(op.results[0]) or [])
        for op, boxes in iteration.computed()
    )
