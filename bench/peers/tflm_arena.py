"""Runs in TFLite Micro's environment: loads a network, and lets its recording allocator print the arena."""

from __future__ import annotations

import sys
import time

from tflite_micro import runtime

ARENA = 1 << 28  # bytes


def main() -> int:
    """The arena of the network named on the command line."""
    start = time.perf_counter()
    recording = runtime.InterpreterConfig.kAllocationRecording
    interpreter = runtime.Interpreter.from_file(sys.argv[1], arena_size=ARENA, intrepreter_config=recording)
    seconds = time.perf_counter() - start
    interpreter.print_allocations()
    print(f"\nseconds {seconds}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
