"""Packed IR made ready for a CPU: memory spaces erased, results copied out, memory poisoned, values tapped.

Comparing final results alone misses overlaps, since a kernel's temporaries may have read its whole input before it
writes. So that a plan is proven by running, `poison_outputs` fills what a kernel writes, unless in place, just before
the kernel runs: it needs no lifetimes and shares nothing with the planner. `tap_kernels` copies out what each kernel
wrote, so that the first difference names its kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from l2opt.mlir import arith, func, ir, linalg, memref
from l2opt.passes.arena import element_bytes, memref_type
from l2opt.passes.memref_effects import VIEWS, accesses, writes_all

__all__ = [
    "Tap",
    "add_tap_argument",
    "copies_between_arenas",
    "erase_spaces",
    "fill_with_poison",
    "kernel_calls",
    "poison_outputs",
    "simplify_copies",
    "tap_kernels",
    "tap_of",
    "tap_view",
]

TAP_ALIGNMENT = 64  # bytes
POISON_INTEGER = 0xA5
POISON_FLOAT = 0xFF  # every float of these bytes is a NaN


def kernel_calls(fn: func.FuncOp) -> list[ir.Operation]:
    """The calls of kernels in a packed function, in order."""
    return [op.operation for op in fn.entry_block.operations if "l2.kernel" in op.operation.attributes]


def copies_between_arenas(fn: func.FuncOp) -> list[ir.Operation]:
    """The memref.copy operations of a packed function from one arena to the other, in order."""
    copies = [op.operation for op in fn.entry_block.operations if op.operation.name == "memref.copy"]
    arenas = [[_arena(value) for value in op.operands] for op in copies]
    return [op for op, (source, target) in zip(copies, arenas, strict=True) if source and target and source != target]


def _arena(value: ir.Value) -> ir.Value | None:
    """The arena that `value` is a view of."""
    while not isinstance(value, ir.BlockArgument):
        op = value.owner.operation
        if op.name == "memref.view":
            return op.operands[0]
        if not op.name.startswith("memref.") or not op.operands:
            break
        value = op.operands[0]
    return None


def poison_outputs(fn: func.FuncOp) -> int:
    """Fill every operand that a step overwrites whole, and does not read, just before it, and what a copy took from a
    place in an arena that is not used again, just after. Returns how many."""
    operations = [op.operation for op in fn.entry_block.operations]
    places = _Places(operations)
    before = [(op, value) for op in operations for value in _overwritten(op)]
    after = [(op, op.operands[0]) for op in operations if op.name == "memref.copy" and places.is_left(op)]
    for op, value in before:
        with ir.InsertionPoint(op), op.location:
            fill_with_poison(value)
    for op, value in after:
        with ir.InsertionPoint.after(op), op.location:
            fill_with_poison(value)
    return len(before) + len(after)


@dataclass(frozen=True)
class Tap:
    """A copy of what a kernel wrote: `offset` bytes into an array of bytes that the caller passes."""

    kernel: str
    value: str  # the value's name in the source
    offset: int
    shape: tuple[int, ...]
    element: str  # element type, as text: a tap outlives its context
    bytes: int

    @property
    def end(self) -> int:
        """The offset of what may come next."""
        return self.offset + -(-self.bytes // TAP_ALIGNMENT) * TAP_ALIGNMENT


def tap_kernels(fn: func.FuncOp) -> list[Tap]:
    """Copy what each kernel writes into a new last argument, `memref<Nxi8>`. Where each lies there."""
    taps: list[Tap] = []
    places: list[tuple[ir.Operation, ir.Value]] = []
    end = 0
    for call in kernel_calls(fn):
        written = list(ir.DenseI64ArrayAttr(call.attributes["l2.writes"]))
        for position, label in zip(written, call.attributes["l2.values"], strict=True):
            if label.value:
                type_ = ir.MemRefType(call.operands[position].type)
                kernel = call.attributes["l2.kernel"].value
                taps.append(tap_of(kernel, label.value, type_, end))
                places.append((call, call.operands[position]))
                end = taps[-1].end
    target = add_tap_argument(fn, end)
    for tap, (call, value) in zip(taps, places, strict=True):
        with ir.InsertionPoint.after(call), call.location:
            memref.CopyOp(value, tap_view(target, tap))
    return taps


def tap_of(kernel: str, value: str, type_: ir.ShapedType, offset: int) -> Tap:
    """The tap of a value of a static, dense type."""
    size = prod(type_.shape) * element_bytes(type_.element_type)
    return Tap(kernel, value, offset, tuple(type_.shape), str(type_.element_type), size)


def add_tap_argument(fn: func.FuncOp, size: int) -> ir.Value:
    """A new last argument of `size` bytes."""
    target = fn.entry_block.add_argument(memref_type([size], ir.IntegerType.get_signless(8)), fn.location)
    inputs = [argument.type for argument in fn.entry_block.arguments]
    fn.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, fn.type.results))
    if "arg_attrs" in fn.attributes:
        del fn.attributes["arg_attrs"]
    return target


def tap_view(target: ir.Value, tap: Tap) -> ir.Value:
    """Where `tap` lies in `target`, at the insertion point."""
    index = ir.IndexType.get()
    offset = arith.ConstantOp(index, ir.IntegerAttr.get(index, tap.offset)).result
    return memref.ViewOp(memref_type(tap.shape, ir.Type.parse(tap.element)), target, offset, []).result


def simplify_copies(module: ir.Module) -> None:
    """memref.copy between layouts that are not the identity becomes linalg.copy, which needs no runtime library."""
    for op in _all(module, "memref.copy"):
        types = [ir.MemRefType(value.type) for value in op.operands]
        if any(not ir.AffineMap.get_identity(type_.rank) == type_.affine_map for type_ in types):
            with ir.InsertionPoint(op), op.location:
                linalg.copy(op.operands[0], outs=[op.operands[1]])
            op.erase()


def erase_spaces(module: ir.Module) -> None:
    """Put every memref into the default memory space, the only one that a CPU has."""
    for op in _all(module):
        for result in op.results:
            result.set_type(_without_space(result.type))
        for region in op.regions:
            for block in region.blocks:
                for argument in block.arguments:
                    argument.set_type(_without_space(argument.type))
        if op.name == "memref.global":
            op.attributes["type"] = ir.TypeAttr.get(_without_space(ir.TypeAttr(op.attributes["type"]).value))
        if op.name == "func.func":
            type_ = ir.TypeAttr(op.attributes["function_type"]).value
            inputs = [_without_space(each) for each in type_.inputs]
            results = [_without_space(each) for each in type_.results]
            op.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, results))
    for op in _all(module, "memref.memory_space_cast"):
        op.results[0].replace_all_uses_with(op.operands[0])
        op.erase()


def _all(module: ir.Module, name: str = "") -> list[ir.Operation]:
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if name in ("", op.name):
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return found


def _without_space(type_: ir.Type) -> ir.Type:
    if not isinstance(type_, ir.MemRefType) or type_.memory_space is None:
        return type_
    return ir.MemRefType.get(type_.shape, type_.element_type, layout=type_.layout)


def _overwritten(op: ir.Operation) -> list[ir.Value]:
    """Operands that `op` writes whole and whose former contents do not matter to it. Arguments and globals may be the
    same memory as others."""
    if "l2.kernel" in op.attributes:
        shared = [name for name in ("l2.in_place", "l2.overlap") if name in op.attributes]
        in_place = {next(iter(pair)) for name in shared for pair in op.attributes[name]}
        written = list(ir.DenseI64ArrayAttr(op.attributes["l2.writes"]))
        return [op.operands[k] for k in written if k not in in_place]
    if op.name == "memref.copy":
        same = op.operands[0] == op.operands[1] or all(map(_is_outside, op.operands))
        return [] if same else [op.operands[1]]
    if op.name.startswith("linalg."):
        touched = list(accesses(op))
        used = {_root(value) for value, reads, _ in touched if reads}
        used |= {_root(op.operands[next(iter(pair))]) for pair in op.attributes.get("l2.in_place", ())}
        reads_outside = any(map(_is_outside, used))
        written = [value for value, reads, _ in touched if not reads and writes_all(op, value)]
        return [value for value in written if _root(value) not in used and not (reads_outside and _is_outside(value))]
    return []


def _is_outside(value: ir.Value) -> bool:
    """Whether it is an argument or a global, or a view of one."""
    root = _root(value)
    return isinstance(root.owner, ir.Block) or root.owner.operation.name == "memref.get_global"


def _root(value: ir.Value) -> ir.Value:
    """What `value` is a view of; the root view of an arena is none."""
    while not isinstance(value.owner, ir.Block):
        op = value.owner.operation
        if op.name == "memref.view" or op.name not in VIEWS:
            break
        value = op.operands[0]
    return value


class _Places:
    """Views of arenas (a `memref.view`) and the steps, positions in the block, that use each."""

    def __init__(self, operations: list[ir.Operation]) -> None:
        self._uses: dict[ir.Value, list[tuple[int, bool]]] = {}  # view -> positions, and whether all of it is written
        self._position = {op: k for k, op in enumerate(operations)}
        for op in operations:
            if op.name == "memref.view":
                self._uses[op.results[0]] = sorted(self._found(op.results[0]))

    def _found(self, value: ir.Value) -> Iterator[tuple[int, bool]]:
        for use in value.uses:
            op = outer = use.owner.operation
            while outer not in self._position:
                outer = outer.parent.operation
            if op.name.startswith("memref.") and op.results:
                yield from self._found(op.results[0])
            else:
                last = len(self._position) if op.results else self._position[outer]  # a result may be the same bytes
                yield last, value in _overwritten(op)

    def is_left(self, copy: ir.Operation) -> bool:
        """Whether nothing uses the copy's source again, in this run or in the next, which may find state there."""
        uses = self._uses.get(copy.operands[0])
        return uses is not None and uses[-1][0] == self._position[copy] and uses[0][1]


def fill_with_poison(value: ir.Value) -> None:
    """Poison the memory of `value`: its bytes where it is a root view, its elements otherwise."""
    type_ = ir.MemRefType(value.type)
    owner = None if isinstance(value, ir.BlockArgument) else value.owner.operation
    byte = POISON_FLOAT if isinstance(type_.element_type, ir.FloatType) else POISON_INTEGER
    i8 = ir.IntegerType.get_signless(8)
    if owner is not None and owner.name == "memref.view":
        size = prod(type_.shape) * element_bytes(type_.element_type)
        bytes_ = memref_type([size], i8, type_.memory_space)
        value = memref.ViewOp(bytes_, owner.operands[0], owner.operands[1], []).result
        pattern: ir.Attribute = ir.IntegerAttr.get(i8, byte - 256)
    elif isinstance(type_.element_type, ir.FloatType):
        pattern = ir.FloatAttr.get(type_.element_type, float("nan"))
    elif isinstance(type_.element_type, ir.IntegerType) and type_.element_type.is_signless:
        width = type_.element_type.width
        pattern = ir.IntegerAttr.get(
            type_.element_type, (int.from_bytes([byte] * 8, "big") >> (64 - width)) - (1 << width)
        )
    else:
        return
    constant = arith.ConstantOp(pattern.type, pattern)
    linalg.fill(constant.result, outs=[value])
