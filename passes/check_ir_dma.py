"""Asynchronous transfers of packed IR, for the checker: calls of declared functions with the attribute `l2.dma`.

From its start to its wait a transfer may move any byte at any time. So it holds its target as a buffer of its own,
which it writes at the start and reads at the wait: whoever writes there meanwhile, or reads the target, is found like
any other overlap. What it reads at the start it reads again at the wait, when it must still be as it was. The target
has its bytes after the wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from l2opt.mlir import ir
from l2opt.passes.check_ir_effects import Read, Write
from l2opt.passes.check_ir_views import Target, constant_index
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Part", "Transfers"]


@dataclass(frozen=True, slots=True)
class Part:
    """What an event of a transfer does to one of its operands."""

    operand: int
    value: ir.Value
    target: Target
    read: Read = Read.NONE
    write: Write = Write.NONE
    since: int | None = None  # number of the event after which nothing may have written what is read


@dataclass(frozen=True, slots=True)
class _Flight:
    """A transfer that was started: its call, the event that is its start, and what it holds."""

    op: ir.Operation
    started: int
    source: Target | None
    target: Target | None
    held: Target | None


@dataclass
class Transfers:
    """Those in flight, by tag. `hold` makes a buffer of the same bytes as another."""

    hold: Callable[[Target], Target]
    flights: dict[int, _Flight] = field(default_factory=dict)

    def start(self, op: ir.Operation, source: Target | None, target: Target | None, number: int) -> list[Part]:
        """The event of a start, which will have `number`. A target of None lies outside of the arenas."""
        tag = _tag(op, op.operands[2])
        if tag in self.flights:
            note = (self.flights[tag].op, "its transfer started here")
            raise LocatedError(op, f"transfer {tag} starts again before it was waited for", [note])
        held = None if target is None else self.hold(target)
        self.flights[tag] = _Flight(op, number, source, target, held)
        parts = [Part(0, op.operands[0], source, read=Read.WHOLE)] if source else []
        return parts + ([Part(1, op.operands[1], held, write=Write.WHOLE)] if held else [])

    def wait(self, op: ir.Operation) -> Iterator[list[Part]]:
        """The events of a wait, one after the other."""
        tag = _tag(op, op.operands[0])
        flight = self.flights.pop(tag, None)
        if flight is None:
            raise LocatedError(op, f"wait for transfer {tag}, which has not started")
        source, target = flight.op.operands[0], flight.op.operands[1]
        ends = [Part(1, target, flight.held, read=Read.WHOLE)] if flight.held else []
        if flight.source:
            ends.append(Part(0, source, flight.source, read=Read.WHOLE, since=flight.started))
        yield ends
        if flight.target:
            yield [Part(1, target, flight.target, write=Write.WHOLE)]

    def end(self) -> None:
        """LocatedError if a transfer is still in flight."""
        for tag, flight in self.flights.items():
            raise LocatedError(flight.op, f"transfer {tag} is never waited for")


def _tag(op: ir.Operation, value: ir.Value) -> int:
    tag = constant_index(value)
    if tag is None:
        raise LocatedError(op, "transfer with a computed tag: want a constant")
    return tag
