"""Orders of kernels to plan with, the most promising first."""

from __future__ import annotations

from collections.abc import Sequence

from l2opt.plan.options import Options
from l2opt.plan.storage import Storage

__all__ = ["orders"]


def orders(storage: Storage, before: Sequence[Sequence[int]], options: Options) -> tuple[tuple[int, ...], ...]:
    """Indices of kernels; each is legal. `before`: as `dependencies` gives it."""
    del before, options
    return (tuple(range(len(storage.problem.kernels))),)
