"""What the unpacked network gives, run once, to compare any number of packed programs with.

Next to its results it is asked for values by name, as taps of packed programs name them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.execution import Tap
from l2opt.passes.functions import target_function
from l2opt.tools.engine import Executable, array_for, compile_module, dtype_of
from l2opt.tools.reference import make_reference

__all__ = ["Array", "MakeInputs", "Recording", "ReferenceProgram", "record", "tapped_arrays"]

Array = np.ndarray[Any, Any]
MakeInputs = Callable[[Executable, int, int], list[Array]]  # program, how many, which run


class ReferenceProgram:
    """The unpacked function, compiled; keeps the state between runs."""

    def __init__(
        self, module: ir.Module, function: str, opt_level: int, taps: Sequence[Tap] = (), size: int = 0
    ) -> None:
        name = target_function(module, function).sym_name.value
        made = make_reference(module, name, taps, size)
        self.results = made.results
        initial = [np.array(attribute) for attribute in made.initial]
        self.main = compile_module(module, [name], opt_level)[name]
        self.tapped = [array_for((size,), np.dtype(np.int8))] if taps else []
        self.inputs = len(self.main.signature) - made.results - 2 * len(initial) - len(self.tapped)
        self.state = [array_for(*each) for each in self.main.signature[self.inputs :][: len(initial)]]
        for array, value in zip(self.state, initial, strict=True):
            array[...] = value.reshape(array.shape)

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """Results of one run."""
        first = self.inputs + len(self.state) + len(self.tapped)
        made = [array_for(*each) for each in self.main.signature[first:]]
        self.main([*inputs, *self.state, *self.tapped, *made])
        self.state = made[self.results :]
        return made[: self.results]


@dataclass(frozen=True)
class Recording:
    """A run each: the inputs, what is in them after it and the results, and the values asked for, by name."""

    inputs: list[list[Array]] = field(default_factory=list)
    left: list[list[Array]] = field(default_factory=list)
    values: list[dict[str, Array]] = field(default_factory=list)


def record(
    reference: ir.Module,
    function: str,
    taps: Sequence[Tap],
    make_inputs: MakeInputs,
    opt_level: int = 0,
    runs: int = 1,
) -> Recording:
    """Run `reference`, which is lowered in place; with state at least twice, each time from what the last run left."""
    size = max((tap.end for tap in taps), default=0)
    program = ReferenceProgram(reference, function, opt_level, taps, size)
    made = Recording()
    for run in range(max(runs, 2 if program.state else 1)):
        inputs = make_inputs(program.main, program.inputs, run)
        left = [each.copy() for each in inputs]
        results = program(left)  # a program on memrefs may write its arguments
        taken = tapped_arrays(program.tapped[0], taps) if taps else []
        made.inputs.append(inputs)
        made.left.append([*left, *results])
        made.values.append({tap.value: array.copy() for tap, array in zip(taps, taken, strict=True)})
    return made


def tapped_arrays(taken: Array, taps: Sequence[Tap]) -> list[Array]:
    """The tapped values, in the bytes that they were copied to."""
    arrays = []
    for tap in taps:
        dtype = dtype_of(ir.Type.parse(tap.element))
        arrays.append(taken[tap.offset : tap.offset + tap.bytes].view(dtype).reshape(tap.shape))
    return arrays
