"""Arenas: one contiguous allocation a memory, as arguments or allocations of a function, and views of them.

An arena is `memref<Nxi8, space>`. A buffer is its root view: `memref.view` of the arena at a constant byte offset, of
the buffer's own shape and element type, in the arena's space. What an arena is stands in attributes, so that the packed
IR is enough for a caller and for the checker: `l2.arena`, `l2.alignment` and `l2.capacity` on the argument or
allocation, and a summary `l2.arenas` on the function. Not handled: a function without a body, and one that is used
elsewhere in its module, since nobody there could pass the arenas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Literal

from l2opt.mlir import arith, func, ir, memref
from l2opt.passes.diagnostics import LocatedError

__all__ = ["ArenaSpec", "Arenas", "element_bytes", "memref_bytes", "memref_type"]

MEMORIES = ("L2", "DDR")  # the order of the arena arguments
Mode = Literal["argument", "alloc"]


@dataclass(frozen=True, slots=True)
class ArenaSpec:
    """What an arena is to be: its size, and the memory it lies in."""

    bytes: int
    capacity: int | None = None  # bytes of the memory; None: unbounded
    alignment: int = 64  # bytes; of the arena's start, and of every root view's offset
    space: ir.Attribute | None = None  # None: the default memory space

    def __post_init__(self) -> None:
        if not 0 <= self.bytes <= (self.bytes if self.capacity is None else self.capacity):
            raise ValueError(f"arena: want 0 <= bytes <= capacity {self.capacity}, got {self.bytes}")
        if self.alignment < 1:
            raise ValueError(f"arena: want alignment >= 1, got {self.alignment}")

    def type(self) -> ir.MemRefType:
        """The arena's type, `memref<Nxi8, space>`."""
        return memref_type([self.bytes], ir.IntegerType.get_signless(8), self.space)


@dataclass
class Arenas:
    """The arenas of one function, and the way to make views of them."""

    specs: Mapping[str, ArenaSpec]
    values: dict[str, ir.Value]
    block: ir.Block  # the function's entry
    _offsets: dict[int, ir.Value] = field(default_factory=dict)  # byte offset -> its shared index constant
    _last: ir.Operation | None = None  # what the next index constant goes after; None: the block's start

    @classmethod
    def attach(cls, fn: func.FuncOp, specs: Mapping[str, ArenaSpec], mode: Mode) -> Arenas:
        """Gives `fn` its arenas, L2 then DDR, after its former arguments or at its start. LocatedError if it cannot."""
        assert set(specs) == set(MEMORIES), f"want specs for {MEMORIES}, got {tuple(specs)}"
        _check_attachable(fn)
        ordered = {name: specs[name] for name in MEMORIES}
        arenas = cls(ordered, {}, fn.entry_block)
        with fn.location:
            first = len(fn.entry_block.arguments) if mode == "argument" else None
            add = arenas._add_arguments if mode == "argument" else arenas._add_allocs
            add(fn)
            fn.attributes["l2.arenas"] = ir.DictAttr.get(
                {
                    name: ir.DictAttr.get(_summary(spec, None if first is None else first + index))
                    for index, (name, spec) in enumerate(ordered.items())
                }
            )
        return arenas

    def view(self, memory: str, offset: int, shape: Sequence[int], element_type: ir.Type) -> ir.Value:
        """A root view, made at the current insertion point: `shape` at byte `offset` of `memory`'s arena."""
        spec = self.specs[memory]
        end = offset + prod(shape) * element_bytes(element_type)
        assert offset % spec.alignment == 0, f"{memory}: offset {offset} is no multiple of {spec.alignment}"
        assert 0 <= offset <= end <= spec.bytes, f"{memory}: view [{offset}, {end}) outside of {spec.bytes} bytes"
        type_ = memref_type(shape, element_type, spec.space)
        return memref.ViewOp(type_, self.values[memory], self.index(offset), []).result

    def index(self, value: int) -> ir.Value:
        """An index constant at the function's start, made once."""
        known = self._offsets.get(value)
        if known is not None:
            return known
        point = ir.InsertionPoint.after(self._last) if self._last else ir.InsertionPoint.at_block_begin(self.block)
        with point, self.block.owner.location:
            constant = arith.ConstantOp(ir.IndexType.get(), ir.IntegerAttr.get(ir.IndexType.get(), value))
        self._last = constant.operation
        self._offsets[value] = constant.result
        return constant.result

    def _add_arguments(self, fn: func.FuncOp) -> None:
        attributes = _argument_attributes(fn)
        for name, spec in self.specs.items():
            self.values[name] = self.block.add_argument(spec.type(), fn.location)
            attributes.append(ir.DictAttr.get(_identity(name, spec)))
        inputs = [argument.type for argument in self.block.arguments]
        fn.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, fn.type.results))
        fn.attributes["arg_attrs"] = ir.ArrayAttr.get(attributes)

    def _add_allocs(self, fn: func.FuncOp) -> None:
        with ir.InsertionPoint.at_block_begin(self.block):
            for name, spec in self.specs.items():
                alloc = memref.AllocOp(spec.type(), [], [], alignment=spec.alignment)
                for key, attribute in _identity(name, spec).items():
                    alloc.attributes[key] = attribute
                self.values[name] = alloc.result
                self._last = alloc.operation


def memref_type(shape: Sequence[int], element_type: ir.Type, space: ir.Attribute | None = None) -> ir.MemRefType:
    """A contiguous memref in `space`; None and the integer 0 are the default space."""
    return ir.MemRefType.get(list(shape), element_type, memory_space=space)


def memref_bytes(type_: ir.MemRefType) -> int:
    """Bytes of a static, contiguous memref."""
    assert type_.has_static_shape, f"want a static shape, got {type_}"
    return int(prod(type_.shape)) * element_bytes(type_.element_type)


def element_bytes(type_: ir.Type) -> int:
    """Bytes from one element to the next in memory, as LLVM lays them out: i1 and i4 take 1, i24 takes 4, index 8.

    Raises ValueError for element types without a fixed layout.
    """
    if isinstance(type_, ir.IndexType):
        return 8
    if isinstance(type_, ir.ComplexType):
        return 2 * element_bytes(ir.ComplexType(type_).element_type)
    if isinstance(type_, ir.VectorType):
        vector = ir.VectorType(type_)
        row = vector.shape[-1] if vector.shape else 1
        bits = row * getattr(vector.element_type, "width", 64)
        return int(prod(vector.shape[:-1])) * _power_of_two(bits)
    if isinstance(type_, (ir.IntegerType, ir.FloatType)):
        return _power_of_two(type_.width)
    raise ValueError(f"want elements of a fixed size, got {type_}")


def _power_of_two(bits: int) -> int:
    """The least power of two of bytes that holds `bits`."""
    return 1 << (max(1, (bits + 7) // 8) - 1).bit_length()


def _identity(name: str, spec: ArenaSpec) -> dict[str, ir.Attribute]:
    attributes = {"l2.arena": ir.StringAttr.get(name), "l2.alignment": _i64(spec.alignment)}
    return attributes if spec.capacity is None else attributes | {"l2.capacity": _i64(spec.capacity)}


def _summary(spec: ArenaSpec, argument: int | None) -> dict[str, ir.Attribute]:
    entries = {"argument": argument, "bytes": spec.bytes, "alignment": spec.alignment, "capacity": spec.capacity}
    return {key: _i64(value) for key, value in entries.items() if value is not None}


def _i64(value: int) -> ir.IntegerAttr:
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)


def _argument_attributes(fn: func.FuncOp) -> list[ir.Attribute]:
    if "arg_attrs" in fn.attributes:
        return list(fn.attributes["arg_attrs"])
    return [ir.DictAttr.get({}) for _ in fn.entry_block.arguments]


def _check_attachable(fn: func.FuncOp) -> None:
    name = fn.sym_name.value
    if fn.is_external:
        raise LocatedError(fn.location, f"'@{name}' has no body: want a function to put arenas into")
    if "l2.arenas" in fn.attributes:
        raise LocatedError(fn.location, f"'@{name}' has arenas already")
    root = fn.operation
    while root.parent is not None:
        root = root.parent.operation
    for user in _symbol_users(root, name):
        if user != fn.operation:
            message = (
                f"'{user.name}' uses '@{name}', which needs arenas that only a caller outside of the module can pass"
            )
            raise LocatedError(user.location, message)


def _symbol_users(root: ir.Operation, name: str) -> Iterator[ir.Operation]:
    """Operations below `root` with a reference to symbol `name` in an attribute."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if any(_mentions(op.attributes[index].attr, name) for index in range(len(op.attributes))):
            found.append(op)
        return ir.WalkResult.ADVANCE

    root.walk(visit)
    return iter(found)


def _mentions(attribute: ir.Attribute, name: str) -> bool:
    if isinstance(attribute, ir.FlatSymbolRefAttr):
        return bool(attribute.value == name)
    if isinstance(attribute, ir.SymbolRefAttr):
        return name in attribute.value
    if isinstance(attribute, ir.ArrayAttr):
        return any(_mentions(item, name) for item in attribute)
    if isinstance(attribute, ir.DictAttr):
        return any(_mentions(attribute[index].attr, name) for index in range(len(attribute)))
    return False
