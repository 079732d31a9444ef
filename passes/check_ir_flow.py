"""A function as the checker walks it: events in program order, branches, loops, every memref followed to its bytes.

Values are followed through views, region arguments, yields, `arith.select` and calls. A value that may be one of
several has several targets; `None` among them stands for storage outside of what is followed. Loop-carried memrefs are
followed to a fixpoint. Not handled, each a LocatedError: branches between blocks, and operations that hide a followed
memref in a result or store it to memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_dma import Part, Transfers
from l2opt.passes.check_ir_effects import Effect, Read, Write, effects, is_memref
from l2opt.passes.check_ir_views import VIEW_OPS, Target, derive
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Access", "Branch", "Event", "Flow", "Loop", "Node", "Targets", "events"]

Targets = tuple["Target | None", ...]


@dataclass(frozen=True, slots=True)
class Access:
    """What an event does to one of its operands."""

    operand: int
    value: ir.Value
    targets: tuple[Target, ...]
    read: Read
    write: Write
    since: int | None = None  # number of the event after which nothing may have written what is read


@dataclass(slots=True)
class Event:
    """One operation that touches followed memrefs. Reads come before writes."""

    op: ir.Operation
    accesses: tuple[Access, ...]
    step: int  # position among the entry block's nodes
    number: int  # in the order met; unique in a flow


@dataclass(slots=True)
class Branch:
    """One of the bodies runs, nobody knows which."""

    op: ir.Operation
    bodies: tuple[list[Node], ...]


@dataclass(slots=True)
class Loop:
    """The body runs any number of times; if parallel, its runs may overlap in time."""

    op: ir.Operation
    body: list[Node]
    parallel: bool
    may_skip: bool


Node = Event | Branch | Loop

_LOOPS = {"scf.for", "affine.for"}
_PARALLEL = {"scf.parallel", "scf.forall", "affine.parallel", "gpu.launch"}
_BRANCHES = {"scf.if", "affine.if", "scf.index_switch"}
_INLINE = {"scf.execute_region", "memref.alloca_scope"}
_DEALLOCS = ("bufferization.dealloc", "memref.dealloc")
_ENDS = (".yield", ".condition", "alloca_scope.return")
_PLAIN = (ir.IntegerType, ir.FloatType, ir.IndexType, ir.VectorType)  # types that cannot hide a memref
_LIMIT = 8  # rounds over a loop, and targets of a value


@dataclass
class Flow:
    """Turns a block into nodes. `targets` says what each followed value names; those known before come in with it."""

    targets: dict[ir.Value, Targets]
    root_view: Callable[[ir.Operation], Target | None]  # of an operation that makes a new root
    call: Callable[[ir.Operation], tuple[list[Effect], list[tuple[int, ...]]]]  # effects; operands a result may be
    transfers: Transfers | None = None  # None: a call that starts or ends one is a call as any other
    transfer_kind: Callable[[ir.Operation], str] = lambda op: ""  # "start", "wait" or "", of a call
    tensors: bool = False  # whether `to_tensor` of a followed memref is a read, done at once
    returned: list[Targets] = field(default_factory=list)
    step: int = 0
    depth: int = 0
    _events: int = 0

    def function(self, fn: func.FuncOp) -> list[Node]:
        [body] = _only_blocks(fn.operation, fn.body)
        return self.block(body)

    def block(self, block: ir.Block) -> list[Node]:
        nodes: list[Node] = []
        for view in block:
            made = list(self._op(view.operation))
            nodes += made
            self.step += bool(made) and self.depth == 0
        return nodes

    def of(self, value: ir.Value) -> Targets:
        return self.targets.get(value, ())

    def _op(self, op: ir.Operation) -> Iterator[Node]:
        name = op.name
        root = self.root_view(op)
        if root is not None:
            self.targets[op.results[0]] = (root,)
        elif name in _LOOPS:
            yield from self._for(op)
        elif name == "scf.while":
            yield from self._while(op)
        elif name in _BRANCHES:
            yield from self._branch(op)
        elif name in _INLINE:
            yield from self._bodies(op)[0]
            self._results_from_yields(op)
        elif len(op.regions) and not name.startswith("linalg.") and name != "memref.generic_atomic_rmw":
            yield from self._parallel(op)
        else:
            yield from self._leaf(op)

    def _leaf(self, op: ir.Operation) -> Iterator[Node]:
        if not len(op.operands) and not len(op.regions):
            return
        name = op.name
        if name in VIEW_OPS:
            self._view(op)
        elif name == "arith.select":
            self._bind(op.results[0], [self.of(op.operands[1]), self.of(op.operands[2])])
        elif name == "func.call":
            yield from self._call(op)
        elif name == "func.return":
            self.returned = [self.of(operand) for operand in op.operands]
            yield from self._event(op, [Effect(i, v, Read.WHOLE, Write.NONE) for i, v in enumerate(op.operands)])
        elif not name.endswith(_ENDS):
            self._refuse_escape(op)
            yield from self._event(op, effects(op))

    def _event(self, op: ir.Operation, found: Iterable[Effect]) -> Iterator[Event]:
        accesses = []
        for effect in found:
            all_targets = self.of(effect.value)
            targets = tuple(target for target in all_targets if target is not None)
            if not targets or (effect.read, effect.write) == (Read.NONE, Write.NONE):
                continue
            read, write = effect.read, effect.write
            if len(all_targets) > 1:
                read, write = min(read, Read.MAYBE), min(write, Write.PART)
            elif not targets[0].exact:
                read, write = min(read, Read.PART), min(write, Write.PART)
            accesses.append(Access(effect.operand, effect.value, targets, read, write))
        if accesses:
            self._events += 1
            yield Event(op, tuple(accesses), self.step, self._events)

    def _call(self, op: ir.Operation) -> Iterator[Node]:
        kind = self.transfer_kind(op) if self.transfers else ""
        if kind:
            yield from self._transfer(op, kind)
            return
        if not any(self.of(operand) for operand in op.operands):
            return
        found, results = self.call(op)
        for result, operands in zip(op.results, results, strict=True):
            parts = [self.of(op.operands[index]) for index in operands]
            self._bind(result, [tuple(replace(each, exact=False) if each else None for each in part) for part in parts])
        yield from self._event(op, found)

    def _transfer(self, op: ir.Operation, kind: str) -> Iterator[Event]:
        assert self.transfers is not None
        if self.depth:
            raise LocatedError(op, f"{kind} of a transfer inside a region: when it runs is not understood")
        if kind == "start":
            source, target = (self._one(op, value) for value in op.operands[:2])
            groups: Iterable[list[Part]] = [self.transfers.start(op, source, target, self._events + 1)]
        else:
            groups = self.transfers.wait(op)
        for parts in groups:
            accesses = [
                Access(each.operand, each.value, (each.target,), each.read, each.write, each.since) for each in parts
            ]
            self._events += 1  # also where nothing is followed, so that the number of a start is its own
            if accesses:
                yield Event(op, tuple(accesses), self.step, self._events)

    def _one(self, op: ir.Operation, value: ir.Value) -> Target | None:
        """What `value` names; None outside of the arenas."""
        targets = self.of(value)
        if len(targets) > 1 or (targets and (targets[0] is None or not targets[0].exact)):
            raise LocatedError(op, "transfer of one of several parts of an arena, known at run time only")
        return targets[0] if targets else None

    def _view(self, op: ir.Operation) -> None:
        if op.name == "memref.distinct_objects":
            for operand, result in zip(op.operands, op.results, strict=True):
                self._bind(result, [self.of(operand)])
            return
        sources = self.of(op.operands[0])
        if sources:
            derived = tuple(derive(op, source) if source else None for source in sources)
            self._bind(op.results[0], [derived])

    def _for(self, op: ir.Operation) -> Iterator[Node]:
        """Carried values are the last operands, the last body arguments, the yielded values and the results."""
        block = op.regions[0].blocks[0]
        count = len(op.results)
        carried = list(block.arguments)[len(block.arguments) - count :]
        inits = list(op.operands)[len(op.operands) - count :]
        body = self._to_fixpoint(op, inits, carried, lambda: self._bodies(op)[0], block)
        for result, argument in zip(op.results, carried, strict=True):
            self._bind(result, [self.of(argument)])
        yield from self._loop(op, body, parallel=False)

    def _while(self, op: ir.Operation) -> Iterator[Node]:
        """`before` runs once, then `after` and `before` any number of times."""
        before, after = (region.blocks[0] for region in op.regions)

        def bodies() -> list[Node]:
            first = self._nested(before)
            passed = list(before.operations[len(before.operations) - 1].operation.operands)[1:]
            for value, argument, result in zip(passed, after.arguments, op.results, strict=True):
                self._bind(argument, [self.of(value)])
                self._bind(result, [self.of(value)])
            return [*first, Loop(op, [*self._nested(after), *first], parallel=False, may_skip=True)]

        yield from self._to_fixpoint(op, list(op.operands), list(before.arguments), bodies, after)

    def _branch(self, op: ir.Operation) -> Iterator[Node]:
        bodies = self._bodies(op)
        self._results_from_yields(op)
        if any(bodies):
            yield Branch(op, tuple(bodies) if len(bodies) > 1 else (bodies[0], []))

    def _parallel(self, op: ir.Operation) -> Iterator[Node]:
        """Bodies whose runs may overlap in time, and end with the operation; memrefs come from around them only."""
        nodes = [node for body in self._bodies(op) for node in body]
        if op.name in _PARALLEL:
            yield from self._loop(op, nodes, parallel=True)
        elif nodes or any(self.of(operand) for operand in op.operands):
            raise LocatedError(op, f"'{op.name}' uses a part of an arena, when and how often is not understood")

    def _loop(self, op: ir.Operation, body: list[Node], parallel: bool) -> Iterator[Loop]:
        if body:
            yield Loop(op, body, parallel, may_skip=True)

    def _bodies(self, op: ir.Operation) -> list[list[Node]]:
        return [self._nested(block) for region in op.regions for block in _only_blocks(op, region)]

    def _nested(self, block: ir.Block) -> list[Node]:
        self.depth += 1
        nodes = self.block(block)
        self.depth -= 1
        return nodes

    def _to_fixpoint(
        self,
        op: ir.Operation,
        inits: Sequence[ir.Value],
        carried: Sequence[ir.Value],
        walk: Callable[[], list[Node]],
        last: ir.Block,
    ) -> list[Node]:
        """The nodes of `walk` once `carried` names all that `inits` and the yields of `last` do."""
        for argument, init in zip(carried, inits, strict=True):
            self._bind(argument, [self.of(init)])
        for _ in range(_LIMIT):
            before = [self.of(argument) for argument in carried]
            nodes = walk()
            yielded = list(last.operations[len(last.operations) - 1].operation.operands)
            for argument, init, value in zip(carried, inits, yielded, strict=False):
                self._bind(argument, [self.of(init), self.of(argument), self.of(value)])
            if [self.of(argument) for argument in carried] == before:
                return nodes
        raise LocatedError(op, f"'{op.name}' carries a memref that changes in each of {_LIMIT} rounds")

    def _results_from_yields(self, op: ir.Operation) -> None:
        ends = [block.operations[len(block.operations) - 1].operation for region in op.regions for block in region]
        for index, result in enumerate(op.results):
            if is_memref(result):
                self._bind(result, [self.of(end.operands[index]) for end in ends])

    def _bind(self, result: ir.Value, sources: Sequence[Targets]) -> None:
        """`result` is one of `sources`; an empty one is storage that is not followed."""
        joined = dict.fromkeys(target for source in sources for target in source or (None,))
        if len(joined) > _LIMIT:
            raise LocatedError(result.location, f"a memref that may be one of more than {_LIMIT} parts of an arena")
        if any(target is not None for target in joined):
            self.targets[result] = tuple(joined)

    def _refuse_escape(self, op: ir.Operation) -> None:
        """Only operations that `_op` knows may make a memref, or anything that could hide one, from a followed one."""
        name = op.name
        if name == "bufferization.to_buffer":
            raise LocatedError(op, f"'{name}' makes a memref of a tensor, whose bytes cannot be followed")
        if not any(self.of(operand) for operand in op.operands):
            return
        if name == "memref.extract_aligned_pointer_as_index":
            raise LocatedError(op, f"'{name}' of a part of an arena: what is done with the address is not understood")
        inside = [argument for region in op.regions for block in region for argument in block.arguments]
        hidden = any(not isinstance(result.type, _PLAIN) for result in op.results)
        if (hidden and not (self.tensors and name == "bufferization.to_tensor")) or any(map(is_memref, inside)):
            raise LocatedError(
                op, f"'{name}' takes a part of an arena and makes what may share its bytes: not understood"
            )
        if name == "memref.dma_start":
            raise LocatedError(op, f"'{name}' of a part of an arena: when it is done is not understood")
        if name in _DEALLOCS:
            raise LocatedError(op, f"'{name}' frees a part of an arena")
        if name == "memref.store" and self.of(op.operands[0]):
            raise LocatedError(op, "'memref.store' of a part of an arena into memory: not understood")


def events(nodes: Iterable[Node]) -> Iterator[Event]:
    """Every event below `nodes`, in program order."""
    for node in nodes:
        if isinstance(node, Event):
            yield node
        else:
            for body in node.bodies if isinstance(node, Branch) else (node.body,):
                yield from events(body)


def _only_blocks(op: ir.Operation, region: ir.Region) -> list[ir.Block]:
    blocks = list(region.blocks)
    if len(blocks) > 1:
        raise LocatedError(op, f"'{op.name}' has branches between blocks: want structured control flow")
    return blocks
