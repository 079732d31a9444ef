"""From IR to a problem: the only place where the l2 dialect becomes the core's data model.

Ids are positions: `b0`, `b1`, ... for buffers and views in the order of their declarations, `k0`, ... for kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from l2opt.dialect.l2 import BufferOp, KernelOp, ValueOp, ViewOp
from l2opt.mlir import func, ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.extract_within import Offer, offers_of
from l2opt.passes.functions import EFFECTS, functions
from l2opt.passes.iteration import Cut
from l2opt.passes.memref_form import extract_memref, is_memref_level, memref_steps
from l2opt.passes.move_kernels import PARTLY
from l2opt.passes.operands import Operands
from l2opt.passes.ops import Role, traits_of
from l2opt.passes.overlap import OVERLAP, PARTS, distances
from l2opt.passes.types import static_tensor, tensor_bytes
from l2opt.plan import Alias, Buffer, InPlace, Kernel, Kind, Memory, Overlap, Problem

__all__ = ["NO_ASSUMPTION", "extract", "kernel_operations", "l2_operations", "within_offers"]

NO_ASSUMPTION: Mapping[str, str] = {}


def extract(
    module: ir.Module,
    fn: func.FuncOp,
    l2: Memory,
    ddr: Memory,
    io: str = "l2",
    weights: str = "ddr",
    assume: Mapping[str, str] = NO_ASSUMPTION,
    model: str = "",
    operands: Operands = Operands.ANYWHERE,
) -> Problem:
    """The problem that `fn` states, on buffers of the l2 dialect or on memrefs.

    `io`: `l2` counts inputs and outputs in L2; `ddr` leaves inputs where the caller has them and outputs in DDR, with
    copies in L2 where these save traffic.
    `weights`: `ddr` leaves constants where the program stores them, and so does `auto`, for the choice to be made
    later; `l2` wants each in L2 while it is used.
    `assume`: element types counted as others, for tensors alone. `operands`: which of them kernels need in L2.
    """
    if "l2.plan" in fn.attributes:
        raise LocatedError(fn, f"'@{fn.sym_name.value}' is planned already")
    if is_memref_level(fn):
        return extract_memref(fn, l2, ddr, io, weights, operands)
    return _Extraction(module, fn, io, weights, assume, operands).problem(l2, ddr, model)


def within_offers(module: ir.Module, fn: func.FuncOp, problem: Problem) -> list[Offer]:
    """What `problem.within` was made of, for the problem extracted from `fn`."""
    callees = {each.sym_name.value: each for each in functions(module)}
    types = {}
    called = {}
    for id_, op in l2_operations(fn):
        if isinstance(op, KernelOp):
            called[id_] = callees[op.callee]
        else:
            types[id_] = op.type_of("holds")
    return offers_of(problem.buffers, problem.kernels, types, called)


def l2_operations(fn: func.FuncOp) -> Iterator[tuple[str, Any]]:
    """The function's buffers, views and kernels with their ids, in order."""
    buffers = kernels = 0
    for op in fn.entry_block.operations:
        if isinstance(op, (BufferOp, ViewOp)):
            yield f"b{buffers}", op
            buffers += 1
        elif isinstance(op, KernelOp):
            yield f"k{kernels}", op
            kernels += 1


def kernel_operations(fn: func.FuncOp) -> dict[str, ir.Operation]:
    """Of each kernel of the problem that `fn` states."""
    if is_memref_level(fn):
        return {f"k{index}": op for index, op in enumerate(memref_steps(fn))}
    return {id_: op.operation for id_, op in l2_operations(fn) if isinstance(op, KernelOp)}


class _Extraction:
    def __init__(
        self,
        module: ir.Module,
        fn: func.FuncOp,
        io: str,
        weights: str,
        assume: Mapping[str, str],
        operands: Operands,
    ) -> None:
        self.fn = fn
        self.io = io
        self.weights = weights
        self.assume = assume
        self.operands = operands
        self.callees = {each.sym_name.value: each for each in functions(module)}
        self.ids: dict[ir.Value, str] = {}
        self.types: dict[str, ir.RankedTensorType] = {}
        self.called: dict[str, func.FuncOp] = {}  # kernel -> its function
        self.in_place: list[InPlace] = []
        self.overlaps: list[Overlap] = []
        self.constants: set[str] = set()
        self.effects: list[str] = []  # kernels that keep their order

    def problem(self, l2: Memory, ddr: Memory, model: str) -> Problem:
        returned = {op.operands[0] for op in self.fn.entry_block.operations if isinstance(op, ValueOp)}
        buffers: list[Buffer] = []
        kernels: list[Kernel] = []
        for id_, op in l2_operations(self.fn):
            if isinstance(op, KernelOp):
                kernels.append(self._kernel(id_, op))
                continue
            self.ids[op.results[0]] = id_
            self.types[id_] = op.type_of("holds")
            live_out = op.results[0] in returned
            buffers.append(
                self._buffer(id_, op, live_out) if isinstance(op, BufferOp) else self._view(id_, op, live_out)
            )
        offers = offers_of(buffers, kernels, self.types, self.called)
        return Problem(
            tuple(kernels),
            tuple(buffers),
            l2,
            ddr,
            in_place=tuple(self.in_place),
            within=tuple(offer.within for offer in offers),
            overlaps=tuple(self.overlaps),
            model=model,
            function=self.fn.sym_name.value,
            operands_in_l2=self.operands is not Operands.ANYWHERE,
        )

    def _size(self, op: Any) -> int:
        return tensor_bytes(static_tensor(op.type_of("holds"), op), op, self.assume)

    def _buffer(self, id_: str, op: BufferOp, live_out: bool) -> Buffer:
        kind = Kind(op.string("kind"))
        name = op.string("name") if "name" in op.attributes else ""
        unused = not any(True for _ in op.result.uses)
        if kind is Kind.CONSTANT:
            self.constants.add(id_)
            external, pinned = self.weights != "l2", "L2" if self.weights == "l2" else None
            staged = external and self.operands is Operands.ALL
        else:
            external = kind is Kind.INPUT and (unused or self.io == "ddr")
            pinned = "DDR" if self.io == "ddr" and kind is Kind.OUTPUT else None
            staged = self.io == "ddr" and kind in (Kind.INPUT, Kind.OUTPUT)
        return Buffer(id_, self._size(op), kind, name, None, live_out, pinned, external, staged)

    def _view(self, id_: str, op: ViewOp, live_out: bool) -> Buffer:
        alias = Alias(self.ids[op.operands[0]], op.integer("offset"))
        return Buffer(id_, self._size(op), view_of=alias, live_out=live_out)

    def _kernel(self, id_: str, op: KernelOp) -> Kernel:
        callee = self.callees.get(op.callee)
        if callee is None or callee.is_external:
            raise LocatedError(op, f"'l2.kernel' calls '@{op.callee}': want a function of this module with a body")
        self.called[id_] = callee
        operands = tuple(self.ids[value] for value in op.operation.operands)
        reads, writes = operands[: op.split], operands[op.split :]
        attributes = callee.attributes
        if "l2.in_place" in attributes:
            for pair in attributes["l2.in_place"]:
                written, read = list(pair)
                self.in_place.append(InPlace(id_, reads[read], writes[written]))
        self.overlaps += self._overlaps(id_, callee, reads, writes)
        scratch = attributes["l2.scratch"].value if "l2.scratch" in attributes else 0
        after: tuple[str, ...] = ()
        if EFFECTS in attributes:
            after = tuple(self.effects[-1:])
            self.effects.append(id_)
        partly = tuple(self._partly(callee, reads))
        return Kernel(id_, callee.sym_name.value, reads, writes, self._names(callee), scratch, after, partly=partly)

    def _partly(self, callee: func.FuncOp, reads: Sequence[str]) -> Iterator[tuple[str, int]]:
        """What the kernel does not read whole, and how many bytes of it; not what it reads as another operand too."""
        for pair in callee.attributes[PARTLY] if PARTLY in callee.attributes else ():
            argument, elements = list(pair)
            if reads.count(reads[argument]) == 1:
                type_ = self.types[reads[argument]]
                yield reads[argument], tensor_bytes(type_, callee, self.assume) // prod(type_.shape) * elements

    def _overlaps(
        self, id_: str, callee: func.FuncOp, reads: Sequence[str], writes: Sequence[str]
    ) -> Iterator[Overlap]:
        """Results that may lie over an operand, with distances in bytes as they are counted."""
        if OVERLAP not in callee.attributes:
            return
        declared = [list(each) for each in callee.attributes[OVERLAP]]
        cut = Cut.read(callee.attributes[PARTS])
        if self.assume:
            skip = set(range(len(reads))) - {read for _, read, _ in declared}
            counted = distances(callee, skip, self.assume, cut)
            declared = [[0, read, least] for read, least in counted.bytes.items()] if counted else []
        for written, read, least in declared:
            if reads.count(reads[read]) == 1 and reads[read] not in self.constants:
                yield Overlap(id_, reads[read], writes[written], least, exact=cut.dim is not None)

    def _names(self, callee: func.FuncOp) -> tuple[str, ...]:
        """What the kernel computes with: its operations, without constants and the return."""
        inside = [op.operation for op in callee.entry_block.operations]
        return tuple(op.name for op in inside[:-1] if len(op.operands) or traits_of(op).role is not Role.CONSTANT)
