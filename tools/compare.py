"""Running a packed program beside its reference, kernel by kernel.

The packed program runs with poison in every operand that a kernel is about to overwrite, in arenas that start as
garbage; what each kernel wrote is compared bit for bit with the same value of the reference, then the results. A network
with state runs several times, each time from the state that the last run left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.execution import kernel_calls, poison_outputs, tap_kernels
from l2opt.passes.functions import target_function
from l2opt.tools.engine import Executable, array_for, compile_module
from l2opt.tools.reference import make_reference

__all__ = ["Comparison", "PackedProgram", "ReferenceProgram", "clone", "compare"]

Array = np.ndarray[Any, Any]
GARBAGE = 0x5A


@dataclass(frozen=True)
class Comparison:
    """What was compared, and the first thing that differs."""

    kernels: int
    poisoned: int  # operands filled with poison before a step
    values: int  # arrays compared
    elements: int
    distinct: int  # the largest number of distinct values that one array held
    results_distinct: tuple[int, ...]  # distinct values of each result, in the first run
    difference: str | None  # None: equal, bit for bit


class PackedProgram:
    """A packed function, compiled. `taps` are pairs (kernel, value's name) of what it copies out."""

    def __init__(self, module: ir.Module, function: str, opt_level: int, *, checked: bool) -> None:
        fn = target_function(module, function)
        name = fn.sym_name.value
        self.kernels = len(kernel_calls(fn))
        self.results = len(fn.type.results)
        arenas = fn.attributes["l2.arenas"]
        self.arenas = sum("argument" in arenas[memory] for memory in ("L2", "DDR"))
        self.inputs = len(fn.type.inputs) - self.arenas
        self.poisoned = poison_outputs(fn) if checked else 0
        self.taps = tap_kernels(fn) if checked else []
        init = [ir.FlatSymbolRefAttr(fn.attributes["l2.init"]).value] if "l2.init" in fn.attributes else []
        made = compile_module(module, [name, *init], opt_level)
        self.main = made[name]
        memories = list(zip(self.main.shapes, self.main.dtypes, strict=True))[self.inputs :][: self.arenas]
        self.memory = [array_for(shape, dtype, GARBAGE) for shape, dtype in memories]
        for name_ in init:
            made[name_](self.memory)

    def __call__(self, inputs: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Results and taps of one run."""
        rest = _outputs(self.main, self.inputs + self.arenas)
        self.main([*inputs, *self.memory, *rest])
        return rest[len(self.taps) :], rest[: len(self.taps)]


class ReferenceProgram:
    """The unpacked function, compiled; keeps the state between runs."""

    def __init__(self, module: ir.Module, function: str, taps: Sequence[str], opt_level: int) -> None:
        name = target_function(module, function).sym_name.value
        made = make_reference(module, name, taps)
        self.results = made.results
        self.initial = [np.array(attribute) for attribute in made.initial]
        self.main = compile_module(module, [name], opt_level)[name]
        self.inputs = len(self.main.shapes) - self.results - 2 * len(self.initial) - len(taps)
        self.state = [self._state(k, value) for k, value in enumerate(self.initial)]

    def __call__(self, inputs: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Results and taps of one run."""
        rest = _outputs(self.main, self.inputs + len(self.state))
        self.main([*inputs, *self.state, *rest])
        self.state = rest[self.results :][: len(self.state)]
        return rest[: self.results], rest[self.results + len(self.state) :]

    def _state(self, k: int, value: Array) -> Array:
        array = array_for(self.main.shapes[self.inputs + k], self.main.dtypes[self.inputs + k])
        array[...] = value.reshape(array.shape)
        return array


def compare(
    packed: ir.Module,
    reference: ir.Module,
    function: str,
    make_inputs: Callable[[Executable, int, int], list[Array]],
    opt_level: int = 0,
    runs: int = 1,
) -> Comparison:
    """Run both modules, which are lowered in place. `make_inputs` gives the inputs (program, how many, which run)."""
    program = PackedProgram(packed, function, opt_level, checked=True)
    other = ReferenceProgram(reference, function, [name for _, name in program.taps], opt_level)
    names = [f"{name} of kernel {kernel}" for kernel, name in program.taps]
    names += [f"result {k}" for k in range(program.results)]
    values = elements = distinct = 0
    results_distinct: tuple[int, ...] = ()
    difference = None
    for run in range(max(runs, 2 if other.initial else 1)):
        inputs = make_inputs(program.main, program.inputs, run)
        expected_results, expected_taps = other([each.copy() for each in inputs])
        got_results, got_taps = program([each.copy() for each in inputs])
        pairs = list(zip([*got_taps, *got_results], [*expected_taps, *expected_results], strict=True))
        values += len(pairs)
        elements += sum(each.size for each, _ in pairs)
        counts = [len(np.unique(_bits(each))) for _, each in pairs]
        distinct = max(counts, default=distinct)
        results_distinct = results_distinct or tuple(counts[len(got_taps) :])
        difference = difference or _first_difference(names, pairs, run)
    return Comparison(program.kernels, program.poisoned, values, elements, distinct, results_distinct, difference)


def clone(module: ir.Module) -> ir.Module:
    """A copy of a module."""
    with module.operation.location:
        copy = ir.Module.create()
    for op in module.body.operations:
        copy.body.append(op.operation.clone())
    return copy


def _outputs(program: Executable, first: int) -> list[Array]:
    wanted = zip(program.shapes[first:], program.dtypes[first:], strict=True)
    return [array_for(shape, dtype) for shape, dtype in wanted]


def _bits(array: Array) -> Array:
    """The array's elements as integers of their size, so that NaNs compare by their bits."""
    return array.reshape(-1).view(np.dtype(f"u{array.itemsize}"))


def _first_difference(names: Sequence[str], pairs: Sequence[tuple[Array, Array]], run: int) -> str | None:
    for name, (got, expected) in zip(names, pairs, strict=True):
        places = np.flatnonzero(_bits(got) != _bits(expected))
        if len(places):
            at = ", ".join(str(each) for each in np.unravel_index(places[0], got.shape)) if got.ndim else ""
            want, have = expected.reshape(-1)[places[0]], got.reshape(-1)[places[0]]
            return f"{name}, run {run}: want {want} at [{at}], got {have}; {len(places)} of {got.size} elements differ"
    return None
