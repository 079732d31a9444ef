"""`l2opt-opt`: runs passes on a module, as mlir-opt does, with ours among them.

Three ways to say which, of which one command takes one: `--pack-l2=SIZE` (the whole way from a network to a packed
program), `--pass-pipeline=TEXT`, or a flag a pass, run in the order given.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from l2opt.tools.exits import guarded

__all__ = ["main"]

PROGRAM = "l2opt-opt"


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    return guarded(PROGRAM, lambda: _main(sys.argv[1:] if argv is None else argv))


def _main(argv: Sequence[str]) -> int:
    from l2opt.tools import opt_driver, opt_options  # late: importing MLIR can fail, and takes most of the start-up

    request = opt_options.parse(PROGRAM, argv)
    return opt_driver.run(request)
