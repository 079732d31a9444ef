"""A function on memrefs as a planner sees it: the storage it uses, what every value may point to, and its steps.

A step is an operation of the entry block that touches memory, with all that its regions do; so a buffer's lifetime in a
loop is the whole loop, and an allocation there may be made once, before it. An allocation is planned if its size is
known and its identity can be followed: through views, region arguments and results. It stays on the heap if
  - its address is hidden: stored, returned by a call, made a tensor, cast to another memory space or to an integer;
  - it is made in a loop and carried into the next iteration, where its former self is still in use;
  - it lies in the body of an operation whose runs may overlap in time, or that is not known;
  - it is freed through a value that may also be other storage that is not planned; or it has a memory space of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from l2opt.mlir import func, ir
from l2opt.passes.arena import memref_bytes
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.memref_effects import PLAIN, VIEWS, is_memref

__all__ = ["Home", "Object", "Program", "carried", "operations", "read_program"]


class Home(Enum):
    """Where storage comes from."""

    PLANNED = "planned"
    HEAP = "heap"
    ARGUMENT = "argument"
    GLOBAL = "global"


@dataclass
class Object:
    """Storage that a function makes or is given."""

    value: ir.Value
    home: Home
    bytes: int
    loops: tuple[ir.Operation, ...] = ()  # loops around its allocation
    why: str = ""  # for HEAP: why it is not planned
    returned: bool = False


@dataclass
class Program:
    """The analysis of one function; valid as long as its IR does not change."""

    fn: func.FuncOp
    objects: list[Object] = field(default_factory=list)
    points_to: dict[ir.Value, tuple[int, ...]] = field(default_factory=dict)  # indices into objects, sorted

    def of(self, value: ir.Value) -> list[Object]:
        return [self.objects[index] for index in self.points_to.get(value, ())]

    def planned(self) -> list[Object]:
        return [each for each in self.objects if each.home is Home.PLANNED]


_LOOPS = ("scf.for", "scf.while", "affine.for")
_TRANSPARENT = (*_LOOPS, "scf.if", "affine.if", "scf.index_switch", "scf.execute_region", "memref.alloca_scope")
_FOLLOWED = (*_TRANSPARENT, "arith.select", "memref.distinct_objects")
_ENDS = (".yield", ".condition", ".return")
_HIDES = (
    "bufferization.clone",
    "memref.extract_aligned_pointer_as_index",
    "memref.memory_space_cast",
    "memref.realloc",
)


def read_program(fn: func.FuncOp) -> Program:
    """Finds the storage of `fn` and follows it. LocatedError for what cannot be planned at all."""
    program = Program(fn)
    if len(fn.body.blocks) > 1:
        raise LocatedError(fn, f"'@{fn.sym_name.value}' has branches between blocks: want structured control flow")
    for argument in fn.arguments:
        if is_memref(argument):
            program.objects.append(Object(argument, Home.ARGUMENT, _argument_bytes(argument)))
    _find_objects(program, fn.operation, (), "")
    _follow(program)
    _keep_on_heap(program)
    return program


def operations(root: ir.Operation) -> Iterator[ir.Operation]:
    """Every operation below `root`, before its regions."""
    for region in root.regions:
        for block in region:
            for view in block:
                op = view.operation
                yield op
                if len(op.regions):
                    yield from operations(op)


def carried(op: ir.Operation) -> Iterator[tuple[ir.Operation, int, ir.Value]]:
    """What `op` passes on as it is, into its regions, around loops and out: (user, operand's position, to what)."""
    name = op.name
    if name in ("scf.for", "affine.for"):
        count = len(op.results)
        block = op.regions[0].blocks[0]
        end = _end(block)
        first, skipped = len(op.operands) - count, len(block.arguments) - count
        for index in range(count):
            for target in (block.arguments[skipped + index], op.results[index]):
                yield op, first + index, target
                yield end, index, target
    elif name == "scf.while":
        before, after = (region.blocks[0] for region in op.regions)
        for index, target in enumerate(before.arguments):
            yield op, index, target
            yield _end(after), index, target
        for index, targets in enumerate(zip(after.arguments, op.results, strict=True)):
            yield from ((_end(before), index + 1, target) for target in targets)
    elif name in _TRANSPARENT:
        for region in op.regions if len(op.results) else ():
            yield from ((_end(region.blocks[0]), index, target) for index, target in enumerate(op.results))
    elif name == "arith.select":
        yield from ((op, index, op.results[0]) for index in (1, 2))
    elif name == "memref.distinct_objects":
        yield from ((op, index, target) for index, target in enumerate(op.results))
    elif name in VIEWS:
        yield op, 0, op.results[0]


def _end(block: ir.Block) -> ir.Operation:
    return block.operations[len(block.operations) - 1].operation


def _find_objects(program: Program, root: ir.Operation, loops: tuple[ir.Operation, ...], opaque: str) -> None:
    """Adds the storage made below `root`; `opaque` names an operation around it whose body may run in parallel."""
    for region in root.regions:
        if len(region.blocks) > 1:
            raise LocatedError(root, f"'{root.name}' has branches between blocks: want structured control flow")
        for block in region:
            for view in block:
                op = view.operation
                if op.name == "memref.alloc":
                    program.objects.append(_allocation(op, loops, opaque))
                elif op.name == "memref.get_global":
                    program.objects.append(Object(op.results[0], Home.GLOBAL, memref_bytes(op.results[0].type)))
                elif len(op.regions):
                    inner = (*loops, op) if op.name in _LOOPS else loops
                    _find_objects(program, op, inner, opaque or ("" if op.name in _TRANSPARENT else op.name))


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
        return Object(result, Home.HEAP, size, loops, f"it is in memory space {type_.memory_space}")
    if opaque:
        return Object(result, Home.HEAP, size, loops, f"it is made in the body of '{opaque}'")
    return Object(result, Home.PLANNED, size, loops)


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


def _argument_bytes(argument: ir.Value) -> int:
    """Bytes that an argument spans; a LocatedError for what has no static size."""
    type_ = argument.type
    if not isinstance(type_, ir.MemRefType) or not type_.has_static_shape:
        raise LocatedError(argument, f"argument of type {type_}: want a memref of static shape")
    return memref_bytes(type_)


def _follow(program: Program) -> None:
    """Fills `points_to`: the least solution of what views and carried values pass on. O(edges x objects)."""
    successors: dict[ir.Value, list[ir.Value]] = {}
    for op in operations(program.fn.operation):
        for user, index, target in carried(op):
            if is_memref(target):
                successors.setdefault(user.operands[index], []).append(target)
    found: dict[ir.Value, set[int]] = {}
    work = [(each.value, index) for index, each in enumerate(program.objects)]
    while work:
        value, index = work.pop()
        known = found.setdefault(value, set())
        if index not in known:
            known.add(index)
            work += [(target, index) for target in successors.get(value, ())]
    program.points_to = {value: tuple(sorted(known)) for value, known in found.items()}


def _keep_on_heap(program: Program) -> None:
    for op in operations(program.fn.operation):
        if op.name == "func.return":
            for value in op.operands:
                for each in program.of(value):
                    each.returned = True
        for value, why in _hidden(program, op):
            _leave(program, value, why)
        if op.name in _LOOPS:
            for value in _next_iteration(op):
                for each in program.of(value):
                    if op in each.loops:
                        _leave_one(each, "it is carried into the next iteration of the loop that makes it")
    _settle_frees(program)


def _hidden(program: Program, op: ir.Operation) -> Iterator[tuple[ir.Value, str]]:
    """Memrefs whose address `op` takes where it cannot be followed."""
    name = op.name
    memrefs = [value for value in op.operands if is_memref(value)]
    if not memrefs or name in VIEWS or name in _FOLLOWED or name.endswith(_ENDS):
        return
    inside = (argument for region in op.regions for block in region for argument in block.arguments)
    if name == "memref.store":
        hidden = memrefs[:-1]
    elif (
        name in _HIDES
        or not all(isinstance(result.type, PLAIN) for result in op.results)
        or any(map(is_memref, inside))
    ):
        hidden = memrefs
    elif name == "func.call" and _may_free(program.fn, op, ()):
        hidden = memrefs
    else:
        return
    yield from ((value, f"'{name}' takes its address") for value in hidden)


def _may_free(fn: func.FuncOp, call: ir.Operation, above: tuple[str, ...]) -> bool:
    """Whether the function called, if it has a body, frees what it did not allocate itself. Recursion counts as yes."""
    name = ir.FlatSymbolRefAttr(call.attributes["callee"]).value
    if name in above:
        return True
    callee = next((op for op in fn.operation.parent.regions[0].blocks[0] if _is_function(op, name)), None)
    if callee is None or callee.is_external:
        return False
    for op in operations(callee.operation):
        if op.name == "func.call" and _may_free(fn, op, (*above, name)):
            return True
        if op.name.endswith(".dealloc") and not _is_own(op.operands[0]):
            return True
    return False


def _is_function(op: ir.OpView, name: str) -> bool:
    return isinstance(op, func.FuncOp) and op.sym_name.value == name


def _is_own(value: ir.Value) -> bool:
    return not isinstance(value.owner, ir.Block) and value.owner.name == "memref.alloc"


def _next_iteration(loop: ir.Operation) -> Sequence[ir.Value]:
    """Values that an iteration hands to the next one."""
    block = loop.regions[0].blocks[0]
    return list(block.arguments)


def _settle_frees(program: Program) -> None:
    """A `memref.dealloc` must be of planned storage alone, to be dropped, or of none, to be kept."""
    frees = [op for op in operations(program.fn.operation) if op.name == "memref.dealloc"]
    changed = True
    while changed:
        changed = False
        for op in frees:
            freed = program.of(op.operands[0])
            if any(each.home is not Home.PLANNED for each in freed):
                for each in freed:
                    changed = _leave_one(each, "it is freed through a value that may be other storage") or changed


def _leave(program: Program, value: ir.Value, why: str) -> None:
    for each in program.of(value):
        _leave_one(each, why)


def _leave_one(each: Object, why: str) -> bool:
    if each.home is not Home.PLANNED:
        return False
    each.home, each.why = Home.HEAP, why
    return True
