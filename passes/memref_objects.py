"""The storage that a function on memrefs makes, is given, or otherwise comes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from l2opt.mlir import func, ir
from l2opt.passes.arena import memref_bytes
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.memref_effects import VIEWS, is_memref

__all__ = ["FOLLOWED", "LOOPS", "TRANSPARENT", "Home", "Object", "Storage", "find_storage", "operations"]

LOOPS = ("scf.for", "scf.while", "affine.for")
TRANSPARENT = (*LOOPS, "scf.if", "affine.if", "scf.index_switch", "scf.execute_region", "memref.alloca_scope")
FOLLOWED = (*TRANSPARENT, "arith.select", "memref.distinct_objects")  # what hands memrefs on as they are


class Home(Enum):
    """Where storage comes from."""

    PLANNED = "planned"
    HEAP = "heap"  # or the stack
    ARGUMENT = "argument"
    GLOBAL = "global"
    UNKNOWN = "unknown"  # it may be any other storage


@dataclass
class Object:
    """One piece of storage."""

    value: ir.Value
    home: Home
    bytes: int  # 0 if not known
    shared: bool = False  # it may be the same memory as any other that is shared
    loops: tuple[ir.Operation, ...] = ()  # loops around its allocation
    why: str = ""  # why it is not planned, or why an argument or global has no copies
    returned: bool = False


@dataclass
class Storage:
    """All of a function's objects, and the values that name them first."""

    objects: list[Object] = field(default_factory=list)
    named: dict[ir.Value, int] = field(default_factory=dict)  # value -> index of its object
    constants: frozenset[str] = frozenset()  # names of globals that are declared constant
    _globals: dict[str, int] = field(default_factory=dict)

    def add(self, each: Object) -> None:
        self.named[each.value] = len(self.objects)
        self.objects.append(each)

    def add_global(self, op: ir.Operation) -> None:
        """One object a symbol, however often it is asked for."""
        name = str(op.attributes["name"].value)
        if name in self._globals:
            self.named[op.results[0]] = self._globals[name]
            return
        self._globals[name] = len(self.objects)
        shared = name not in self.constants
        self.add(Object(op.results[0], Home.GLOBAL, memref_bytes(op.results[0].type), shared))


def find_storage(fn: func.FuncOp) -> Storage:
    """In the order of the program. LocatedError for storage that cannot be planned at all."""
    storage = Storage(constants=_constants(fn))
    for argument in fn.arguments:
        if is_memref(argument):
            storage.add(Object(argument, Home.ARGUMENT, _argument_bytes(argument), not _is_alone(fn, argument)))
    _find(storage, fn.operation, (), "")
    return storage


def operations(root: ir.Operation) -> Iterator[ir.Operation]:
    """Every operation below `root`, before its regions."""
    for region in root.regions:
        for block in region:
            for view in block:
                op = view.operation
                yield op
                if len(op.regions):
                    yield from operations(op)


def _find(storage: Storage, root: ir.Operation, loops: tuple[ir.Operation, ...], opaque: str) -> None:
    """Adds what is made below `root`; `opaque` names an operation around it whose body may run in parallel."""
    for region in root.regions:
        if len(region.blocks) > 1:
            raise LocatedError(root, f"'{root.name}' has branches between blocks: want structured control flow")
        for block in region:
            for view in block:
                op = view.operation
                _add_made(storage, op, loops, opaque)
                if len(op.regions):
                    inner = (*loops, op) if op.name in LOOPS else loops
                    _find(storage, op, inner, opaque or ("" if op.name in TRANSPARENT else op.name))


def _add_made(storage: Storage, op: ir.Operation, loops: tuple[ir.Operation, ...], opaque: str) -> None:
    name = op.name
    if name == "memref.alloc":
        storage.add(_allocation(op, loops, opaque))
    elif name == "memref.alloca":
        type_ = op.results[0].type
        size = memref_bytes(type_) if type_.has_static_shape and not _is_nested(type_) else 0
        storage.add(Object(op.results[0], Home.HEAP, size, loops=loops, why="it is on the stack"))
    elif name == "memref.get_global":
        storage.add_global(op)
    elif name not in VIEWS and name not in FOLLOWED:
        inside = [argument for region in op.regions for block in region for argument in block.arguments]
        for value in filter(is_memref, [*op.results, *inside]):
            storage.add(Object(value, Home.UNKNOWN, 0, loops=loops, why=f"'{name}' makes it"))


def _is_nested(type_: ir.MemRefType) -> bool:
    """Whether its elements are memrefs."""
    return isinstance(type_.element_type, (ir.MemRefType, ir.UnrankedMemRefType))


def _allocation(op: ir.Operation, loops: tuple[ir.Operation, ...], opaque: str) -> Object:
    result = op.results[0]
    type_ = result.type
    if not type_.has_static_shape:
        raise LocatedError(op, f"allocation of {type_}: want a static shape; give the dynamic dimensions a size first")
    try:
        size = memref_bytes(type_)
    except ValueError as error:
        raise LocatedError(op, f"allocation of {type_}: {error}") from error
    if not _is_contiguous(type_):
        raise LocatedError(op, f"allocation of {type_}: want the identity layout")
    if type_.memory_space is not None:
        return Object(result, Home.HEAP, size, loops=loops, why=f"it is in memory space {type_.memory_space}")
    if opaque:
        return Object(result, Home.HEAP, size, loops=loops, why=f"it is made in the body of '{opaque}'")
    return Object(result, Home.PLANNED, size, loops=loops)


def _is_contiguous(type_: ir.MemRefType) -> bool:
    if type_.affine_map == ir.AffineMap.get_identity(type_.rank, type_.context):
        return True
    try:
        strides, offset = type_.get_strides_and_offset()
    except RuntimeError:
        return False
    wanted = 1
    for size, stride in zip(reversed(type_.shape), reversed(strides), strict=True):
        if size != 1 and stride != wanted:
            return False
        wanted *= size
    return bool(offset == 0)


def _constants(fn: func.FuncOp) -> frozenset[str]:
    above = fn.operation.parent
    blocks = above.regions[0].blocks if above is not None else ()
    found = [view.operation for block in blocks for view in block if view.operation.name == "memref.global"]
    return frozenset(str(op.attributes["sym_name"].value) for op in found if "constant" in op.attributes)


def _is_alone(fn: func.FuncOp, argument: ir.BlockArgument) -> bool:
    """Whether the caller promises that what it writes or is written is reached under no other name."""
    attributes = fn.attributes["arg_attrs"] if "arg_attrs" in fn.attributes else None
    return attributes is not None and "llvm.noalias" in attributes[argument.arg_number]


def _argument_bytes(argument: ir.Value) -> int:
    """Bytes that an argument spans; a LocatedError for what has no static size."""
    type_ = argument.type
    if not isinstance(type_, ir.MemRefType) or not type_.has_static_shape:
        raise LocatedError(argument, f"argument of type {type_}: want a memref of static shape")
    return memref_bytes(type_)
