"""A user's own table: a Python file that says what a backend's operations can and cannot do.

    from l2opt.passes import ops
    from l2opt.passes.ops import reach

    ops.register("mydialect.gelu", ops.Traits(ops.Role.ELEMENTWISE))  # may be fused, and written over its operand
    ops.restrict("tosa.concat", moves=None)                           # concat is always a copy
    ops.restrict("tosa.conv2d", strided_writes=False)                 # never straight into a slice that has gaps
    reach.register("tosa.max_pool2d", None)                           # its result never overlaps its operand

The file is run once a process, before kernels are formed, and what it says holds until the process ends.
"""

from __future__ import annotations

import runpy
import traceback
from functools import cache
from pathlib import Path

from l2opt.errors import L2OptError

__all__ = ["load_tables"]


def load_tables(path: str) -> None:
    """Run the file at `path`, if it is not empty. Raises L2OptError for a file that cannot be run."""
    if path:
        _run(str(Path(path).resolve()))


@cache
def _run(path: str) -> None:
    try:
        runpy.run_path(path)
    except OSError as error:
        raise L2OptError(f"{path}: cannot read: {error.strerror}") from error
    except Exception as error:
        lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == path]
        at = f":{lines[-1]}" if lines else ""
        what = error if isinstance(error, L2OptError) else f"{type(error).__name__}: {error}"
        raise L2OptError(f"{path}{at}: error in a table of operations: {what}") from None  # its exit code is ours
