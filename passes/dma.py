"""Copies of packed IR made asynchronous: a start as early as legal and a wait as late as legal, as calls to bind.

A start is `call @l2_dma_start_<element>_<from>_to_<to>(source, target, tag)`, on unranked memrefs, so that a backend
has few to write; a wait is `call @l2_dma_wait(tag)`. Both are declared with the attribute `l2.dma`. A tag is taken
again once it was waited for: there are as many as transfers in flight at once.

An operation is passed by a start or a wait if it writes nothing that the transfer reads, and touches nothing that it
writes. Bytes are taken by the extent of root views; all that is outside of the arenas counts as one, which what is not
known writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from l2opt.mlir import arith, func, ir, memref
from l2opt.passes.arena import Arenas, memref_bytes
from l2opt.passes.memref_effects import VIEWS, has_known_effects, is_memref

__all__ = ["DMA", "make_asynchronous"]

DMA = "l2.dma"  # attribute of the declared functions: "start" or "wait"
_WAIT = "l2_dma_wait"
_NAMES = {*VIEWS, "memref.memory_space_cast"}  # result 0 is bytes of operand 0


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes [low, high) of a memory's arena; the memory `` is all that lies in none."""

    memory: str
    low: int = 0
    high: int = 1

    def meets(self, other: _Span) -> bool:
        return self.memory == other.memory and self.low < other.high and other.low < self.high


@dataclass(slots=True)
class _Event:
    """What an operation, or an end of a transfer, touches."""

    op: ir.Operation
    reads: tuple[_Span, ...] = ()
    writes: tuple[_Span, ...] = ()
    transfer: int | None = None  # of a start or wait
    starts: bool = False

    def bars(self, copy: _Event) -> bool:
        """Whether the copy may not run at the same time, or on the other side."""
        return _meet(self.writes, copy.reads) or _meet((*self.reads, *self.writes), copy.writes)


_Spans = dict[ir.Value, tuple[_Span, ...]]  # what may be named


def make_asynchronous(fn: func.FuncOp, arenas: Arenas) -> None:
    """Replaces every memref.copy of `fn` from or to an arena by a start and a wait."""
    events = list(_events(fn, arenas))
    copies = [event for event in events if _is_transfer(event)]
    for number, copy in enumerate(copies):
        at = next(k for k, event in enumerate(events) if event is copy)
        first = last = at
        while first and not events[first - 1].bars(copy):
            first -= 1
        while not events[last + 1].bars(copy) and events[last + 1].op.name != "func.return":
            last += 1
        ends = [_Event(copy.op, copy.reads, copy.writes, number, starts) for starts in (True, False)]
        events[first : last + 1] = [ends[0], *events[first:at], *events[at + 1 : last + 1], ends[1]]
    _Writer(fn, arenas).write(events)


def _is_transfer(event: _Event) -> bool:
    return event.op.name == "memref.copy" and any(span.memory for span in (*event.reads, *event.writes))


def _meet(ones: Iterable[_Span], others: Iterable[_Span]) -> bool:
    others = tuple(others)
    return any(one.meets(other) for one in ones for other in others)


def _events(fn: func.FuncOp, arenas: Arenas) -> Iterator[_Event]:
    """The operations of `fn` that touch memory, in order."""
    spans: _Spans = {}
    names = {value: name for name, value in arenas.values.items()}
    for op in [view.operation for view in fn.entry_block]:
        inside = list(_inside(op))
        for each in inside:
            if each.name == "memref.view" and each.operands[0] in names:
                offset = int(ir.IntegerAttr(each.operands[1].owner.attributes["value"]).value)
                end = offset + memref_bytes(each.results[0].type)
                spans[each.results[0]] = (_Span(names[each.operands[0]], offset, end),)
            elif each.name in _NAMES:
                spans[each.results[0]] = _of(spans, each.operands[:1])
        if op.name not in _NAMES:
            memrefs = [value for each in inside for value in each.operands if is_memref(value) and value not in names]
            named = (*_of(spans, memrefs), _Span(""))
            spans.update({result: named for result in op.results if is_memref(result)})
            yield from _event(op, spans, memrefs, all(map(has_known_effects, inside)))


def _of(spans: _Spans, values: Iterable[ir.Value]) -> tuple[_Span, ...]:
    return tuple(dict.fromkeys(span for value in values for span in spans.get(value, (_Span(""),))))


def _event(op: ir.Operation, spans: _Spans, memrefs: list[ir.Value], known: bool) -> Iterator[_Event]:
    """`memrefs`: all that it has, and what is in it."""
    operands = list(op.operands)
    if op.name == "memref.copy":
        yield _Event(op, _of(spans, operands[:1]), _of(spans, operands[1:]))
    elif "l2.writes" in op.attributes:
        written = set(ir.DenseI64ArrayAttr(op.attributes["l2.writes"]))
        writes = _of(spans, (value for k, value in enumerate(operands) if k in written))
        reads = _of(spans, (value for k, value in enumerate(operands) if k not in written))
        yield _Event(op, reads, (*writes, *_scratch(op)))
    elif op.name == "func.return":
        yield _Event(op, _of(spans, operands))
    elif memrefs or not known:
        yield _Event(op, (), (*_of(spans, memrefs), *(() if known else (_Span(""),))))


def _scratch(op: ir.Operation) -> Iterator[_Span]:
    if "l2.scratch" in op.attributes:
        scratch = op.attributes["l2.scratch"]
        low = int(scratch["offset"].value)
        yield _Span(scratch["memory"].value, low, low + int(scratch["bytes"].value))


def _inside(op: ir.Operation) -> Iterator[ir.Operation]:
    """It and what is in it."""
    yield op
    for region in op.regions:
        for block in region:
            for view in block:
                yield from _inside(view.operation)


@dataclass
class _Writer:
    """The rewrite, once the order of events is known."""

    fn: func.FuncOp
    arenas: Arenas
    tags: dict[int, ir.Value] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)

    @property
    def l2(self) -> ir.Attribute | None:
        return self.arenas.specs["L2"].type().memory_space

    def write(self, events: list[_Event]) -> None:
        position = {view.operation: k for k, view in enumerate(self.fn.entry_block)}
        taken: dict[int, int] = {}
        for k, event in enumerate(events):
            if event.transfer is None:
                continue
            before = next(each.op for each in events[k + 1 :] if each.transfer is None)
            if event.starts:
                tag = next(tag for tag in range(len(taken) + 1) if tag not in taken.values())
                taken[event.transfer] = tag
                for value in event.op.operands:
                    self._bring_before(value, before, position)
                self._start(event.op, before, tag)
            else:
                self._wait(event.op, before, taken.pop(event.transfer))
        for op in {event.op for event in events if event.transfer is not None}:
            op.erase()

    def _bring_before(self, value: ir.Value, before: ir.Operation, position: dict[ir.Operation, int]) -> None:
        """Moves the views that make `value` up, if they come later."""
        if isinstance(value.owner, ir.Block):
            return
        op = value.owner.operation
        if position[op] > position[before]:
            for operand in op.operands:
                self._bring_before(operand, before, position)
            op.move_before(before)
            position[op] = position[before]

    def _start(self, copy: ir.Operation, before: ir.Operation, tag: int) -> None:
        with ir.InsertionPoint(before), copy.location:
            ends = [memref.CastOp(_unranked(value.type), value).result for value in copy.operands]
            source, target = map(self._memory, copy.operands)
            name = f"l2_dma_start_{_element(copy.operands[0])}_{source}_to_{target}"
            self._call(name, [*ends, self._tag(tag)], "start")

    def _wait(self, copy: ir.Operation, before: ir.Operation, tag: int) -> None:
        with ir.InsertionPoint(before), copy.location:
            self._call(_WAIT, [self._tag(tag)], "wait")

    def _memory(self, value: ir.Value) -> str:
        """L2 for what lies in its memory space; all else is DDR."""
        return "L2" if value.type.memory_space is not None and value.type.memory_space == self.l2 else "DDR"

    def _call(self, name: str, operands: list[ir.Value], kind: str) -> None:
        if name not in self.declared:
            self.declared.add(name)
            with ir.InsertionPoint(self.fn.operation), self.fn.location:
                signature = ir.FunctionType.get([value.type for value in operands], [])
                made = func.FuncOp(name, signature, visibility="private")
                made.attributes[DMA] = ir.StringAttr.get(kind)
        func.CallOp([], ir.FlatSymbolRefAttr.get(name), operands)

    def _tag(self, tag: int) -> ir.Value:
        if tag not in self.tags:
            i64 = ir.IntegerType.get_signless(64)
            with ir.InsertionPoint.at_block_begin(self.fn.entry_block), self.fn.location:
                self.tags[tag] = arith.ConstantOp(i64, ir.IntegerAttr.get(i64, tag)).result
        return self.tags[tag]


def _unranked(type_: ir.MemRefType) -> ir.UnrankedMemRefType:
    return ir.UnrankedMemRefType.get(type_.element_type, type_.memory_space)


def _element(value: ir.Value) -> str:
    return re.sub(r"\W+", "_", str(value.type.element_type)).strip("_")
