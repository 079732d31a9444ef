"""Errors at a place in the IR, and the collection of what MLIR and our own passes report.

A diagnostic's place is the first file position inside its location (fused, named and call-site locations are opened); a
location without one prints as the file alone. MLIR calls a module that was parsed from text `-`; the collector writes
the true name instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from l2opt.errors import L2OptError

if TYPE_CHECKING:
    from l2opt.mlir import ir

__all__ = ["Collector", "Diagnosed", "Diagnostic", "LocatedError", "exit_code", "located", "silence"]


class LocatedError(L2OptError):
    """The user's input is at fault at `where`: an operation, a value or a location. Becomes a diagnostic there.

    `notes` are pairs of a place (same kinds) and a text.
    """

    def __init__(self, where: Any, message: str, notes: Sequence[tuple[Any, str]] = ()) -> None:
        super().__init__(message)
        self.location = _location(where)
        self.notes = tuple((_location(place), text) for place, text in notes)


@contextmanager
def located(where: Any) -> Iterator[None]:
    """Gives every L2OptError raised inside the place `where`, unless it has one. The exit code stays the cause's."""
    try:
        yield
    except LocatedError:
        raise
    except L2OptError as error:
        raise LocatedError(where, str(error)) from error


@contextmanager
def silence(context: ir.Context) -> Iterator[list[tuple[ir.Location, str]]]:
    """Keeps what an attempt reports from those who listen to the context; gives places and messages."""
    kept: list[tuple[ir.Location, str]] = []

    def keep(diagnostic: Any) -> bool:
        kept.append((diagnostic.location, _message(diagnostic)))
        return True

    handler = context.attach_diagnostic_handler(keep)
    try:
        yield kept
    finally:
        handler.detach()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message at one place; line 0 when the place is not known."""

    severity: str  # error, warning, note or remark
    message: str
    file: str
    line: int
    column: int
    notes: tuple[Diagnostic, ...] = ()

    def lines(self) -> Iterator[str]:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        yield f"{place}: {self.severity}: {self.message}"
        for note in self.notes:
            yield from note.lines()


class Diagnosed(L2OptError):
    """The user's input is at fault, and `diagnostics` say where and why."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("\n".join(line for diagnostic in diagnostics for line in diagnostic.lines()))
        self.diagnostics = tuple(diagnostics)


def exit_code(error: L2OptError) -> int:
    """The exit code of `error`, or of the L2OptError that it stands for."""
    cause = error.__cause__
    return exit_code(cause) if isinstance(cause, L2OptError) else error.exit_code


@dataclass
class Collector:
    """Gathers a context's diagnostics, in order, under the name of the file that is being read."""

    file: str
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @contextmanager
    def attached(self, context: ir.Context) -> Iterator[None]:
        """Receives all that `context` reports inside the `with`."""
        context.emit_error_diagnostics = True
        handler = context.attach_diagnostic_handler(self._receive)
        try:
            yield
        finally:
            handler.detach()

    def add_error(self, error: L2OptError, default: ir.Location) -> None:
        """Adds `error` at its own place, or at `default` if it has none."""
        location = error.location if isinstance(error, LocatedError) else default
        notes = error.notes if isinstance(error, LocatedError) else ()
        made = [self._make("note", place, text) for place, text in notes]
        self.diagnostics.append(self._make("error", location, str(error), made))

    @contextmanager
    def reporting(self, default: ir.Location) -> Iterator[None]:
        """Turns an L2OptError raised inside into a diagnostic, as a failing pass does. Raises Diagnosed."""
        try:
            yield
        except L2OptError as error:
            self.add_error(error, default)
            raise Diagnosed(self.diagnostics) from error

    def failure(self, fallback: str) -> Diagnosed:
        """What to raise when MLIR failed: all that was collected, and `fallback` if no error is among it."""
        if not any(diagnostic.severity == "error" for diagnostic in self.diagnostics):
            self.diagnostics.append(Diagnostic("error", fallback, self.file, 0, 0))
        return Diagnosed(self.diagnostics)

    def _receive(self, diagnostic: Any) -> bool:
        notes = [self._make("note", note.location, _message(note)) for note in diagnostic.notes]
        severity = diagnostic.severity.name.lower()
        self.diagnostics.append(self._make(severity, diagnostic.location, _message(diagnostic), notes))
        return True

    def _make(self, severity: str, location: ir.Location, message: str, notes: Sequence[Diagnostic] = ()) -> Diagnostic:
        file, line, column = _position(location)
        return Diagnostic(severity, message, self.file if file in ("", "-") else file, line, column, tuple(notes))


def _location(where: Any) -> ir.Location:
    return getattr(where, "location", where)


def _message(diagnostic: Any) -> str:
    """The text of MLIR's `diagnostic`; an exception must not reach MLIR, which calls us."""
    try:
        return str(diagnostic.message)
    except RuntimeError:  # the bindings cannot convert it: it quotes bytes of the input that are not UTF-8
        return "the message quotes bytes that are not UTF-8"


def _position(location: ir.Location) -> tuple[str, int, int]:
    """File, line and column of the first file position inside `location`; ("", 0, 0) if it has none."""
    if _is(location, "file", "filename"):
        return location.filename, location.start_line, location.start_col
    for child in _children(location):
        position = _position(child)
        if position[0]:
            return position
    return "", 0, 0


def _children(location: ir.Location) -> Sequence[ir.Location]:
    if _is(location, "fused", "locations"):
        return list(location.locations)
    if _is(location, "name", "child_loc"):
        return [location.child_loc]
    if _is(location, "callsite", "callee"):
        return [location.callee, location.caller]
    return []


def _is(location: ir.Location, kind: str, attribute: str) -> bool:
    """Whether `location` is of a kind: LLVM 22 has predicates on one class, later ones a class a kind."""
    predicate = getattr(location, f"is_a_{kind}", None)
    return predicate() if predicate else hasattr(location, attribute)
