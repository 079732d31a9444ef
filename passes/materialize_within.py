"""Parts of buffers as memrefs, and what is left of a kernel that only moves elements when some of them lie there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from l2opt.dialect.l2 import ViewOp
from l2opt.mlir import arith, func, ir, linalg, tensor
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.functions import KERNEL
from l2opt.passes.move_kernels import Move, choices_of, moves_of
from l2opt.passes.regions import Region, reshape_strides
from l2opt.passes.symbols import Symbols

__all__ = ["Rest", "Rests", "region_of", "region_view"]


def region_of(op: ViewOp) -> Region | None:
    """The region of its source that a view is; None if it is all of it."""
    starts, sizes, steps = (op.dimensions(name) for name in ("starts", "sizes", "steps"))
    if starts is None or sizes is None or steps is None:
        return None
    return Region(starts, sizes, steps)


def region_view(source: ir.Value, region: Region | None, shape: Sequence[int], element: ir.Type) -> ir.Value:
    """`region` of the memref `source` (None: all of it) as a memref of `shape`, made at the insertion point.

    LocatedError where the gaps of `source` do not allow that shape.
    """
    type_ = ir.MemRefType(source.type)
    if region is not None and not region.covers(type_.shape):
        source = _subview(source, region)
        type_ = ir.MemRefType(source.type)
    if list(type_.shape) == list(shape):
        return source
    strides, offset = type_.get_strides_and_offset()
    new = reshape_strides(type_.shape, strides, shape)
    if new is None:
        raise LocatedError(ir.Location.current, f"{type_} cannot be seen as {list(shape)} without a copy")
    result = _strided(shape, element, offset, new, type_.memory_space)
    return _operation("memref.reinterpret_cast", source, result, [offset], shape, new)


def _subview(source: ir.Value, region: Region) -> ir.Value:
    type_ = ir.MemRefType(source.type)
    strides, offset = type_.get_strides_and_offset()
    start = offset + region.start(strides)
    result = _strided(region.sizes, type_.element_type, start, region.strides(strides), type_.memory_space)
    return _operation("memref.subview", source, result, region.starts, region.sizes, region.steps)


def _strided(
    shape: Sequence[int], element: ir.Type, offset: int, strides: Sequence[int], space: ir.Attribute | None
) -> ir.MemRefType:
    plain = ir.MemRefType.get(list(shape), element, memory_space=space)
    if offset == 0 and list(plain.get_strides_and_offset()[0]) == list(strides):
        return plain
    layout = ir.StridedLayoutAttr.get(offset, list(strides))
    return ir.MemRefType.get(list(shape), element, layout=layout, memory_space=space)


def _operation(
    name: str,
    source: ir.Value,
    result: ir.MemRefType,
    offsets: Sequence[int],
    sizes: Sequence[int],
    strides: Sequence[int],
) -> ir.Value:
    lists = {"static_offsets": offsets, "static_sizes": sizes, "static_strides": strides}
    op = ir.Operation.create(
        name,
        results=[result],
        operands=[source],
        attributes={
            **{key: ir.DenseI64ArrayAttr.get(list(each)) for key, each in lists.items()},
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 0, 0, 0]),
        },
    )
    return op.results[0]


@dataclass(frozen=True, slots=True)
class Rest:
    """A kernel on tensors that makes the moves that are left: each target is a result, each source an argument."""

    name: str
    moves: tuple[tuple[int, Move], ...]  # (result of the kernel, move); those from arguments first


@dataclass
class Rests:
    """What is left of the kernels of a module, made when first asked for."""

    fn: func.FuncOp  # new functions go before it
    symbols: Symbols
    callees: dict[str, func.FuncOp]
    known: dict[tuple[str, tuple[int, ...]], Rest | None] = field(default_factory=dict)

    def of(self, callee: str, taken: Sequence[int]) -> Rest | None:
        """Kernel `callee` without the moves of its choices `taken`; None if nothing is left."""
        key = (callee, tuple(taken))
        if key not in self.known:
            self.known[key] = self._make(self.callees[callee], taken)
        return self.known[key]

    def _make(self, kernel: func.FuncOp, taken: Sequence[int]) -> Rest | None:
        choices = choices_of(kernel, {})
        gone = [choices[k] for k in taken]
        moves = moves_of(kernel)
        if moves is None:
            raise LocatedError(kernel, f"'@{kernel.sym_name.value}' is not known to move elements alone")
        left = []
        for result, made in enumerate(moves):
            for move in made:
                region = {"written": move.target, "read": move.source}
                same = [c for c in gone if (c.read, c.written, c.region) == (move.argument, result, region[c.whole])]
                if same:
                    gone.remove(same[0])
                else:
                    left.append((result, move))
        if gone:
            raise LocatedError(kernel, f"'@{kernel.sym_name.value}' makes no such move: {gone[0]}")
        left.sort(key=lambda each: each[1].argument < 0)
        return self._function(kernel, tuple(left)) if left else None

    def _function(self, kernel: func.FuncOp, moves: tuple[tuple[int, Move], ...]) -> Rest:
        name = self.symbols.fresh(f"{kernel.sym_name.value}_rest")
        types = [
            ir.RankedTensorType.get(move.target.sizes, kernel.type.results[result].element_type)
            for result, move in moves
        ]
        inputs = [type_ for type_, (_, move) in zip(types, moves, strict=True) if move.argument >= 0]
        with ir.InsertionPoint(self.fn.operation), kernel.location:
            rest = func.FuncOp(name, ir.FunctionType.get(inputs, types), visibility="private")
            rest.attributes[KERNEL] = ir.UnitAttr.get()
            block = rest.add_entry_block()
            with ir.InsertionPoint(block):
                values = {move.fill: None for _, move in moves if move.fill}
                constants = {fill: arith.ConstantOp(fill.type, fill).result for fill in values}
                filled = zip(types[len(inputs) :], moves[len(inputs) :], strict=True)
                func.ReturnOp([*block.arguments, *(_filled(constants[m.fill], type_) for type_, (_, m) in filled)])
        return Rest(name, moves)

    def drop_unused(self) -> None:
        """Erase the kernels that all who called them have no use for any more."""
        replaced = {callee for callee, _ in self.known}
        used: set[str] = set()

        def visit(op: ir.Operation) -> ir.WalkResult:
            if "callee" in op.attributes:
                used.add(ir.FlatSymbolRefAttr(op.attributes["callee"]).value)
            return ir.WalkResult.ADVANCE

        module = self.fn.operation.parent
        module.operation.walk(visit)
        for name in sorted(replaced - used):
            self.callees[name].operation.erase()


def _filled(constant: ir.Value, type_: ir.RankedTensorType) -> ir.Value:
    empty = tensor.EmptyOp(type_.shape, type_.element_type).result
    filled: ir.Value = linalg.fill(constant, outs=[empty])
    return filled
