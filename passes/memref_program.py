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

from l2opt.mlir import func, ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.memref_effects import PLAIN, VIEWS, is_memref
from l2opt.passes.memref_objects import FOLLOWED, LOOPS, TRANSPARENT, Home, Object, find_storage, operations

__all__ = ["Program", "carried", "read_program"]

_ENDS = (".yield", ".condition", ".return")
_HIDES = (
    "bufferization.clone",
    "memref.extract_aligned_pointer_as_index",
    "memref.memory_space_cast",
    "memref.realloc",
)


@dataclass
class Program:
    """The analysis of one function; valid as long as its IR does not change."""

    fn: func.FuncOp
    objects: list[Object] = field(default_factory=list)
    every: list[ir.Operation] = field(default_factory=list)  # all operations of the function
    points_to: dict[ir.Value, tuple[int, ...]] = field(default_factory=dict)  # indices into objects, sorted

    def of(self, value: ir.Value) -> list[Object]:
        return [self.objects[index] for index in self.points_to.get(value, ())]

    def planned(self) -> list[Object]:
        return [each for each in self.objects if each.home is Home.PLANNED]


def read_program(fn: func.FuncOp) -> Program:
    """Finds the storage of `fn` and follows it. LocatedError for what cannot be planned at all."""
    storage = find_storage(fn)
    program = Program(fn, storage.objects, list(operations(fn.operation)))
    _follow(program, storage.named)
    _keep_on_heap(program)
    return program


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
    elif name in TRANSPARENT:
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


def _follow(program: Program, named: dict[ir.Value, int]) -> None:
    """Fills `points_to`: the least solution of what views and carried values pass on. O(edges x objects)."""
    successors: dict[ir.Value, list[ir.Value]] = {}
    for op in program.every:
        for user, index, target in carried(op):
            if is_memref(target):
                successors.setdefault(user.operands[index], []).append(target)
    found: dict[ir.Value, set[int]] = {}
    work = list(named.items())
    while work:
        value, index = work.pop()
        known = found.setdefault(value, set())
        if index not in known:
            known.add(index)
            work += [(target, index) for target in successors.get(value, ())]
    program.points_to = {value: tuple(sorted(known)) for value, known in found.items()}


def _keep_on_heap(program: Program) -> None:
    callees = _Callees(program.fn)
    for op in program.every:
        if op.name == "func.return":
            for value in op.operands:
                for each in program.of(value):
                    each.returned = True
        for value, why in _hidden(op, callees):
            _leave(program, value, why)
        if op.name in LOOPS:
            for value in _next_iteration(op):
                for each in program.of(value):
                    if op in each.loops:
                        _leave_one(each, "it is carried into the next iteration of the loop that makes it")
    _settle_frees(program)


def _hidden(op: ir.Operation, callees: _Callees) -> Iterator[tuple[ir.Value, str]]:
    """Memrefs whose address `op` takes where it cannot be followed."""
    name = op.name
    memrefs = [value for value in op.operands if is_memref(value)]
    if not memrefs or name in VIEWS or name in FOLLOWED or name.endswith(_ENDS):
        return
    inside = (argument for region in op.regions for block in region for argument in block.arguments)
    if name == "bufferization.dealloc":
        raise LocatedError(op, f"'{name}': want it lowered to 'memref.dealloc' before (lower-deallocations)")
    if name == "memref.store":
        hidden = memrefs[:-1]
    elif (
        name in _HIDES
        or not all(isinstance(result.type, PLAIN) for result in op.results)
        or any(map(is_memref, inside))
    ):
        hidden = memrefs
    elif name == "func.call" and callees.may_free(op):
        hidden = memrefs
    else:
        return
    yield from ((value, f"'{name}' takes its address") for value in hidden)


class _Callees:
    """Whether the functions of a module free what they are given."""

    def __init__(self, fn: func.FuncOp) -> None:
        above = fn.operation.parent
        blocks = above.regions[0].blocks if above is not None else ()
        found = [op for block in blocks for op in block if isinstance(op, func.FuncOp)]
        self._functions = {op.sym_name.value: op for op in found if not op.is_external}
        self._frees: dict[str, bool] = {}

    def may_free(self, call: ir.Operation) -> bool:
        """Whether the callee, if it has a body, frees what it did not allocate itself. Recursion counts as yes."""
        name = ir.FlatSymbolRefAttr(call.attributes["callee"]).value
        if name in self._functions and name not in self._frees:
            self._frees[name] = True
            self._frees[name] = any(map(self._frees_foreign, operations(self._functions[name].operation)))
        return self._frees.get(name, False)

    def _frees_foreign(self, op: ir.Operation) -> bool:
        if op.name == "func.call":
            return self.may_free(op)
        return bool(op.name.endswith(".dealloc")) and not _is_own(op.operands[0])


def _is_own(value: ir.Value) -> bool:
    return not isinstance(value.owner, ir.Block) and value.owner.operation.name == "memref.alloc"


def _next_iteration(loop: ir.Operation) -> Sequence[ir.Value]:
    """Values that an iteration hands to the next one."""
    block = loop.regions[0].blocks[0]
    return list(block.arguments)


def _settle_frees(program: Program) -> None:
    """A `memref.dealloc` must be of planned storage alone, to be dropped, or of none, to be kept."""
    frees = [op for op in program.every if op.name == "memref.dealloc"]
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
        each.why = each.why or why
        return False
    each.home, each.why = Home.HEAP, why
    return True
