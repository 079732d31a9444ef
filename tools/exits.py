"""How a command ends: errors to stderr and to exit codes, a closed pipe and an interrupt without noise.

Codes: 0 done, 1 the input is at fault, 2 usage, 3 infeasible as asked, 4 the deadline passed without an answer; as
shells count signals, 130 after an interrupt and 141 when the reader of our output went away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from l2opt.errors import L2OptError, UsageError
from l2opt.passes.diagnostics import Diagnosed, exit_code

__all__ = ["guarded"]


def guarded(program: str, body: Callable[[], int]) -> int:
    """What `body` returns, or the exit code of the error that it raised, which is printed. Our bugs pass through."""
    try:
        code = body()
        sys.stdout.flush()
    except L2OptError as error:
        print(error if isinstance(error, Diagnosed) else f"{program}: error: {error}", file=sys.stderr)
        if isinstance(error, UsageError):
            print(f"{program} --help says what is accepted", file=sys.stderr)
        return exit_code(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python's own flush at exit succeeds
        return 141
    return code
