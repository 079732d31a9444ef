"""Every error that a user can cause, and the exit code each one becomes.

    L2OptError            exit 1  the input is at fault
     +- UsageError        exit 2  the command line is at fault
     +- Infeasible        exit 3  the problem has no answer as asked
     +- DeadlinePassed    exit 4  the deadline passed without an answer

A bug of ours is an assertion or any other exception; those are never caught to be turned into one of these.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = ["DeadlinePassed", "Infeasible", "L2OptError", "UsageError"]


class L2OptError(Exception):
    """The user's input is at fault. The message says which thing, what was wanted and what was got."""

    exit_code: ClassVar[int] = 1


class UsageError(L2OptError):
    """The command line, or a pass option, is at fault."""

    exit_code: ClassVar[int] = 2


class Infeasible(L2OptError):
    """No answer exists as asked; `buffers` are ids of a set that shows it."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, buffers: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.buffers = buffers


class DeadlinePassed(L2OptError):
    """The deadline passed before any answer was found. Says nothing about feasibility."""

    exit_code: ClassVar[int] = 4
