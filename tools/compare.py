"""Running a packed program beside its reference, kernel by kernel.

The packed program runs with poison in every operand that a kernel is about to overwrite, in arenas that start as
garbage; what each kernel wrote is compared bit for bit with the same value of the reference, then the results. A
network with state runs several times, each time from the state that the last run left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from l2opt.mlir import ir
from l2opt.passes.dma_binding import bind_transfers
from l2opt.passes.execution import (
    copies_between_arenas,
    fill_with_poison,
    kernel_calls,
    poison_outputs,
    tap_kernels,
)
from l2opt.passes.functions import target_function
from l2opt.passes.overlap_poison import poison_beside
from l2opt.tools.engine import array_for, compile_module
from l2opt.tools.recording import Array, MakeInputs, Recording, record, tapped_arrays

__all__ = ["Comparison", "PackedProgram", "clone", "compare", "compare_recorded"]

GARBAGE = 0x5A


@dataclass(frozen=True)
class Comparison:
    """What was compared, and the first thing that differs."""

    kernels: int
    copies: int  # between the arenas, a run each
    transfers: int  # asynchronous ones
    poisoned: int  # operands filled with poison before a step
    values: int  # arrays compared
    elements: int
    constant: int  # arrays of several elements that are all equal
    distinct: int  # the largest number of distinct values that one array held
    results_distinct: tuple[int, ...]  # distinct values of each result, in the first run
    difference: str | None  # None: equal, bit for bit


class PackedProgram:
    """A packed function, compiled."""

    def __init__(
        self, module: ir.Module, function: str, opt_level: int, *, checked: bool, at_start: bool = True
    ) -> None:
        """`at_start`: asynchronous transfers copy when they start; else when they are waited for."""
        fn = target_function(module, function)
        spoil = fill_with_poison if checked else None
        self.transfers = bind_transfers(module, fn, at_start=at_start, spoil=spoil)
        self.copies = len(copies_between_arenas(fn))
        name = fn.sym_name.value
        self.kernels = len(kernel_calls(fn))
        arenas = fn.attributes["l2.arenas"]
        first = len(fn.type.inputs) - sum("argument" in arenas[memory] for memory in ("L2", "DDR"))
        self.inputs = first
        self.poisoned = poison_outputs(fn) + poison_beside(fn) if checked else 0
        self.taps = tap_kernels(fn) if checked else []
        init = [ir.FlatSymbolRefAttr(fn.attributes["l2.init"]).value] if "l2.init" in fn.attributes else []
        fixed = len(fn.entry_block.arguments)
        made = compile_module(module, [name, *init], opt_level)
        self.main = made[name]
        self.fixed = [array_for(*each, GARBAGE) for each in self.main.signature[first:fixed]]
        for each in init:
            made[each](self.fixed[: len(made[each].signature)])

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """Results of one run."""
        results = [array_for(*each) for each in self.main.signature[self.inputs + len(self.fixed) :]]
        self.main([*inputs, *self.fixed, *results])
        return results

    @property
    def tap_bytes(self) -> Array:
        """What the last run tapped."""
        return self.fixed[-1]


def compare(
    packed: ir.Module,
    reference: ir.Module,
    function: str,
    make_inputs: MakeInputs,
    opt_level: int = 0,
    runs: int = 1,
    at_start: bool = True,
) -> Comparison:
    """Run both modules, which are lowered in place. `make_inputs` gives the inputs (program, how many, which run).

    `at_start`: as of PackedProgram.
    """
    program = PackedProgram(packed, function, opt_level, checked=True, at_start=at_start)
    return compare_recorded(program, record(reference, function, program.taps, make_inputs, opt_level, runs))


def compare_recorded(program: PackedProgram, wanted: Recording) -> Comparison:
    """Run a checked `program` as often as was recorded. Every value that it taps must have been asked for there."""
    names = [f"{tap.value} of kernel {tap.kernel}" for tap in program.taps]
    values = elements = constant = distinct = 0
    results_distinct: tuple[int, ...] = ()
    difference = None
    for run, (inputs, left, known) in enumerate(zip(wanted.inputs, wanted.left, wanted.values, strict=True)):
        given = [each.copy() for each in inputs]
        got = [*given, *program(given)]
        names = names[: len(program.taps)] + [f"argument {k}" for k in range(len(inputs))]
        names += [f"result {k}" for k in range(len(got) - len(inputs))]
        tapped = zip(
            tapped_arrays(program.tap_bytes, program.taps), (known[tap.value] for tap in program.taps), strict=True
        )
        pairs = [*tapped, *zip(got, left, strict=True)]
        values += len(pairs)
        elements += sum(each.size for each, _ in pairs)
        counts = [len(np.unique(_bits(each))) for _, each in pairs]
        constant += sum(count < 2 and each.size > 1 for count, (_, each) in zip(counts, pairs, strict=True))
        distinct = max([distinct, *counts])
        results_distinct = results_distinct or tuple(counts[len(program.taps) + len(inputs) :])
        difference = difference or _first_difference(names, pairs, run)
    return Comparison(
        kernels=program.kernels,
        copies=program.copies,
        transfers=program.transfers,
        poisoned=program.poisoned,
        values=values,
        elements=elements,
        constant=constant,
        distinct=distinct,
        results_distinct=results_distinct,
        difference=difference,
    )


def clone(module: ir.Module) -> ir.Module:
    """A copy of a module."""
    with module.operation.location:
        copy = ir.Module.create()
    for op in module.body.operations:
        copy.body.append(op.operation.clone())
    return copy


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
