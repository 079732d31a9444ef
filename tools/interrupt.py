"""Ctrl-C as a question: whether it came, for work that can end with the best so far."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["noting_interrupts"]


@contextmanager
def noting_interrupts() -> Iterator[Callable[[], bool]]:
    """Yields what tells whether Ctrl-C came; until the end it does nothing else. Only in the main thread."""
    came = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGINT, before)
