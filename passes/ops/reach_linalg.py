"""linalg: every structured operation is read off its indexing maps."""

from __future__ import annotations

from collections.abc import Mapping

from l2opt.mlir import ir, linalg
from l2opt.passes.ops.boxes import Boxes, Ints
from l2opt.passes.ops.reach import Reach, shape_of

__all__ = ["TABLE", "loop_ranges"]

Range = tuple["Ints | int", "Ints | int"]


def loop_ranges(op: ir.Operation, boxes: Boxes) -> list[Range] | None:
    """The range of each loop of `op`, first to end, when it computes `boxes`; None if the result's map is not simple:
    distinct loops, one a dimension, or 0. Loops that the result does not have run whole."""
    maps = _maps(op)
    extents = maps and _extents(op, maps)
    if not maps or not extents:
        return None
    ranges: list[Range] = [(0, extent) for extent in extents]
    seen = set()
    for d, expression in enumerate(maps[-1].results):
        if isinstance(expression, ir.AffineConstantExpr) and expression.value == 0:
            continue  # what folds a dimension into one element
        if not isinstance(expression, ir.AffineDimExpr) or expression.position in seen:
            return None
        seen.add(expression.position)
        ranges[expression.position] = boxes.dim(d)
    return ranges


def _structured(op: ir.Operation, boxes: Boxes) -> Mapping[int, Boxes] | None:
    if len(op.results) != 1:
        return None
    maps, ranges = _maps(op), loop_ranges(op, boxes)
    if maps is None or ranges is None:
        return None
    found = {}
    for k, map_ in enumerate(maps):
        shape = shape_of(op.operands[k])
        if shape is None:
            continue
        dims = [_range(expression, ranges) for expression in map_.results]
        known = [each for each in dims if each is not None]
        if len(known) < len(dims):
            return None
        found[k] = Boxes.of(known, boxes.steps)
    return found


def _maps(op: ir.Operation) -> list[ir.AffineMap] | None:
    found = linalg.get_indexing_maps(op)
    return None if found is None else [attribute.value for attribute in found]


def _extents(op: ir.Operation, maps: list[ir.AffineMap]) -> list[int] | None:
    """How often each loop runs, from the operands that it indexes alone."""
    extents = [-1] * maps[0].n_dims
    for k, map_ in enumerate(maps):
        for expression, size in zip(map_.results, shape_of(op.operands[k]) or [], strict=False):
            if isinstance(expression, ir.AffineDimExpr):
                extents[expression.position] = size
    return None if -1 in extents else extents


def _range(expression: ir.AffineExpr, ranges: list[Range]) -> Range | None:
    """What an index takes, from its loops' first values without what is added to them, to its end.

    So the operation computes the same on operands cut to that. None if it is not a sum of loops times constants.
    """
    if isinstance(expression, ir.AffineDimExpr):
        return ranges[int(expression.position)]
    if isinstance(expression, ir.AffineConstantExpr):
        constant = int(expression.value)
        return (0, constant + 1) if constant >= 0 else None
    if not isinstance(expression, (ir.AffineAddExpr, ir.AffineMulExpr)):
        return None
    terms = [expression.lhs, expression.rhs]
    if isinstance(expression, ir.AffineAddExpr):
        a, b = (_range(each, ranges) for each in terms)
        return None if a is None or b is None else (a[0] + b[0], a[1] + b[1] - 1)
    factors = [int(each.value) for each in terms if isinstance(each, ir.AffineConstantExpr)]
    loops = [each for each in terms if not isinstance(each, ir.AffineConstantExpr)]
    inner = _range(loops[0], ranges) if len(factors) == len(loops) == 1 and factors[0] >= 0 else None
    return None if inner is None else (inner[0] * factors[0], (inner[1] - 1) * factors[0] + 1)


class _Table:
    """Every operation of the dialect with indexing maps."""

    def get(self, name: str) -> Reach:
        return _structured


TABLE = _Table()
