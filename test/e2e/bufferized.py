"""A network with its real weights as l2.kernels, for tests that change what is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from l2opt import dialect
from l2opt.mlir import ir
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.extract import extract
from l2opt.passes.form_kernels import FormKernels, prepare
from l2opt.passes.functions import target_function
from l2opt.passes.lower_kernels import LowerKernels
from l2opt.passes.materialize import Materialize
from l2opt.passes.pack import Pack
from l2opt.plan import Plan, Problem
from l2opt.tools.compare import clone

__all__ = ["Bufferized", "bufferized"]

MODEL = Path(__file__).parent.parent / "models" / "mlperf_ic_resnet8.mlirbc"


@dataclass
class Bufferized:
    """The network as l2.kernels, its reference and its problem."""

    module: ir.Module
    reference: ir.Module
    problem: Problem

    def packed(self, plan: Plan, dma: str = "sync") -> ir.Module:
        """The final IR of `plan`."""
        module = clone(self.module)
        Pack().write(module, target_function(module), self.problem, plan)
        Materialize(dma=dma).run(module)
        LowerKernels().run(module)
        return module


@contextmanager
def bufferized() -> Iterator[Bufferized]:
    """In a context of its own, which is current meanwhile."""
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parseFile(str(MODEL))
        prepare(module, "")
        reference = clone(module)
        FormKernels(fuse="none").run(module)
        Bufferize().run(module)
        yield Bufferized(module, reference, extract(module, target_function(module), *Pack().memories()))
