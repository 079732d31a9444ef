"""Which results of a kernel may start a little below an operand, and lie over it, because the kernel runs in parts.

Definition. The kernel computes its result in `parts` equal parts that lie behind one another (rows, say), in order, and
writes each only when all that the part reads has been read; so a part must be held back in the engine's own memory. The
distance of an operand is the least d >= 0 such that, with the operand d bytes above the result, no byte written so far
lies over one that a later part still reads: the maximum over r of (bytes of parts <= r) - (first byte that a part > r
reads). Of the numbers of parts that the result's outer dimensions offer, the one with the least distances is taken.

Only kernels with one result are handled, and operands of which all that is read is known (`ops.reach`); no operation
that mixes elements may be run twice on any. An operand that the result may take in place needs no distance.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from math import prod

import numpy as np

from l2opt.mlir import func, ir
from l2opt.passes.iteration import Iteration, parts_of
from l2opt.passes.ops import Role, traits_of
from l2opt.passes.ops.boxes import Ints
from l2opt.passes.ops.reach import shape_of
from l2opt.passes.types import tensor_bytes

__all__ = ["OVERLAP", "PARTS", "Distances", "annotate", "distance", "distances"]

OVERLAP = "l2.overlap"  # on a kernel: arrays (result, operand, distance in bytes); on a call: operands (written, read)
PARTS = "l2.parts"  # on a kernel: its result must be computed in that many equal parts, in order
MOST_RUNS = 24  # of steps that differ only in place; each is lowered on its own
_CHEAP = (Role.ELEMENTWISE, Role.PAD, Role.VIEW, Role.CONSTANT, Role.MOVE)  # may run twice on the same elements
NO_ASSUMPTION: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Distances:
    """The result of a kernel may lie this many bytes below an operand, if it is computed in `parts`."""

    parts: int
    bytes: dict[int, int]  # operand -> distance


def annotate(kernel: func.FuncOp) -> None:
    """Put what is found into the attributes of a kernel on tensors; nothing if there is nothing."""
    pairs = {tuple(pair) for pair in kernel.attributes["l2.in_place"]} if "l2.in_place" in kernel.attributes else set()
    found = distances(kernel, skip={read for _, read in pairs})
    if found is not None:
        triples = [ir.DenseI64ArrayAttr.get([0, read, least]) for read, least in sorted(found.bytes.items())]
        kernel.attributes[OVERLAP] = ir.ArrayAttr.get(triples)
        kernel.attributes[PARTS] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), found.parts)


def distances(
    kernel: func.FuncOp, skip: Set[int] = frozenset(), assume: Mapping[str, str] = NO_ASSUMPTION, parts: int = 0
) -> Distances | None:
    """The least distances for operands not in `skip`; None if there is none that helps.

    `assume`: element types counted as others; `parts`: only for that many. O(steps x operations).
    """
    *body, terminator = [op.operation for op in kernel.entry_block.operations]
    if len(terminator.operands) != 1 or isinstance(terminator.operands[0], ir.BlockArgument):
        return None
    result = terminator.operands[0]
    best: Distances | None = None
    for steps in [parts] if parts else parts_of(shape_of(result) or []):
        iteration = Iteration.of(body, result, steps)
        if iteration is None or not _runs_once(iteration) or len(iteration.runs()) > MOST_RUNS:
            continue
        found = _distances(kernel, iteration, result, steps, skip, assume)
        if found and (
            best is None or (len(found), -sum(found.values())) > (len(best.bytes), -sum(best.bytes.values()))
        ):
            best = Distances(steps, found)
    return best


def distance(written: int, needed: Ints) -> int:
    """The least distance where each step writes `written` bytes and step r reads from byte `needed[r]` on. O(steps)."""
    later = np.minimum.accumulate(needed[::-1])[::-1]
    ends = written * np.arange(1, len(needed), dtype=np.int64)
    return int(max(0, (ends - later[1:]).max(initial=0)))


def _distances(
    kernel: func.FuncOp, iteration: Iteration, result: ir.Value, steps: int, skip: Set[int], assume: Mapping[str, str]
) -> dict[int, int]:
    size = tensor_bytes(result.type, kernel.operation, assume)
    found = {}
    for read, argument in enumerate(kernel.entry_block.arguments):
        boxes = iteration.strict(argument)
        shape = shape_of(argument)
        if read in skip or boxes is None or shape is None or not prod(shape):
            continue
        source = tensor_bytes(argument.type, kernel.operation, assume)
        least = distance(size // steps, boxes.first(shape) * (source // prod(shape)))
        if least < size:  # otherwise they lie behind one another
            found[read] = least
    return found


def _runs_once(iteration: Iteration) -> bool:
    """Whether no operation that mixes elements is run on any of them in two steps."""
    return all(
        traits_of(op).role in _CHEAP or int(boxes.volume.sum()) <= prod(shape_of(op.results[0]) or [])
        for op, boxes in iteration.computed()
    )
