"""The pass l2-pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from l2opt import dialect
from l2opt.dialect.l2 import MemoryOp
from l2opt.errors import L2OptError, UsageError
from l2opt.mlir import func, ir
from l2opt.passes.apply import apply
from l2opt.passes.base import Pass, option
from l2opt.passes.diagnostics import LocatedError, located, silence
from l2opt.passes.extract import NO_ASSUMPTION, extract, kernel_operations
from l2opt.passes.functions import target_function
from l2opt.passes.operands import check_operands
from l2opt.passes.target import Target, read_target
from l2opt.plan import Memory, Options, Plan, Problem, check_plan, make_plan
from l2opt.plan.options import CHOICES
from l2opt.plan.weights import choose_weights

__all__ = ["Pack"]

_DEFAULT = Options()
_WANTED_SPACE = 'want an attribute such as 1 or "L2"'


@dataclass(frozen=True)
class Pack(Pass):
    """Plan the memory of a function: an order of kernels, what shares storage, what leaves L2, and every offset.

    Pre: a function after l2-bufferize, or one on memrefs.
    Post: the module declares its memories (l2.memory); each l2.buffer has l2.placement operations after it (each
    memref.alloc the attribute `l2.placements`), kernels are in the planned order with the copies between them, and the
    function carries `l2.plan` = {peak, lower_bound, status, fits, ddr_peak, traffic}, in bytes, and for a target whose
    kernels need their operands in L2, `l2.operands_in_l2`. The plan has passed the independent checker.
    """

    name: ClassVar[str] = "l2-pack"
    target: str = option("", help="TOML file with memories and costs, which options given override")
    l2: int | None = option(None, help="capacity of L2 (default: the target's, or 2048 KiB)", size=True)
    alignment: int | None = option(
        None, help="bytes that every offset is a multiple of (default: the target's, or 64 B)", size=True
    )
    order: str = option(_DEFAULT.order, help="order of kernels", choices=CHOICES["order"])
    merge: str = option(_DEFAULT.merge, help="which buffers may share storage", choices=CHOICES["merge"])
    overlap: str = option(
        _DEFAULT.overlap, help="safe: a result may overlap an operand; binds orders inside", choices=CHOICES["overlap"]
    )
    pack: str = option(
        _DEFAULT.pack, help="whole buffers reused, or small ones inside large ones", choices=CHOICES["pack"]
    )
    slots: str = option(_DEFAULT.slots, help="assignment of pack=slots", choices=CHOICES["slots"])
    spill: str = option(_DEFAULT.spill, help="whether DDR may take what does not fit", choices=CHOICES["spill"])
    objective: str = option(_DEFAULT.objective, help="what is made least", choices=CHOICES["objective"])
    io: str = option("l2", help="where inputs and outputs live", choices=("l2", "ddr"))
    weights: str = option("ddr", help="where constants are while they are used", choices=("ddr", "l2", "auto"))
    l2_space: str = option("", help="memory-space attribute of L2 (default: the target's, or 1)")
    ddr_space: str = option("", help="memory-space attribute of DDR (default: the target's, or 0)")
    timeout: float | None = option(None, help="seconds to plan in")
    function: str = option("", help="the function to plan; default: the only public one, or main")

    def run(self, module: ir.Module) -> None:
        dialect.load(module.context)
        fn = target_function(module, self.function)
        if "l2.plan" in fn.attributes:
            raise LocatedError(fn, f"'@{fn.sym_name.value}' is planned already")
        self.spaces()
        with located(fn):
            problem = self.problem(module, fn)
            plan = make_plan(problem, self.plan_options())
        faults = check_plan(problem, plan)
        assert not faults, f"the plan is unsound: {faults}"
        self.write(module, fn, problem, plan)

    def __post_init__(self) -> None:
        self.machine()  # a wrong target is an error before any work

    def problem(self, module: ir.Module, fn: func.FuncOp, assume: Mapping[str, str] = NO_ASSUMPTION) -> Problem:
        """What `fn` states, with elements counted as `assume` says. Raises L2OptError."""
        operands = self.machine().operands
        problem = extract(module, fn, *self.memories(), self.io, self.weights, assume, operands=operands)
        if problem.operands_in_l2:
            check_operands(problem, kernel_operations(fn))
        return choose_weights(problem, self.plan_options()) if self.weights == "auto" else problem

    def write(self, module: ir.Module, fn: func.FuncOp, problem: Problem, plan: Plan) -> None:
        """Write a plan for the problem extracted from `fn` into the module."""
        self._declare_memories(module, problem.l2, problem.ddr)
        apply(module, fn, problem, plan)

    def machine(self) -> Target:
        """What is planned for: the target, with what options override. Raises L2OptError."""
        target = read_target(self.target) if self.target else Target()
        l2, ddr = target.l2, target.ddr
        if self.alignment is not None:
            if self.alignment < 1 or self.alignment & (self.alignment - 1):
                raise UsageError(f"option alignment: want a power of two, got {self.alignment}")
            l2, ddr = replace(l2, alignment=self.alignment), replace(ddr, alignment=self.alignment)
        if self.l2 is not None:
            l2 = replace(l2, capacity=self.l2)
        l2_space, ddr_space = self.l2_space or target.l2_space, self.ddr_space or target.ddr_space
        return replace(target, l2=l2, ddr=ddr, l2_space=l2_space, ddr_space=ddr_space)

    def memories(self) -> tuple[Memory, Memory]:
        """L2 and DDR as the options describe them. Raises L2OptError."""
        machine = self.machine()
        return machine.l2, machine.ddr

    def spaces(self) -> tuple[ir.Attribute, ir.Attribute]:
        """The memory-space attributes of L2 and DDR. Raises L2OptError."""
        machine = self.machine()
        return self._space("l2", self.l2_space, machine.l2_space), self._space("ddr", self.ddr_space, machine.ddr_space)

    def _space(self, memory: str, given: str, text: str) -> ir.Attribute:
        """`given`: the option, if there is one; else `text` is the target's."""
        space = _parsed_space(text)
        if space is None and self.target and not given:
            raise L2OptError(f"{self.target}: {memory}.space: {_WANTED_SPACE}, got {text!r}")
        if space is None:
            raise UsageError(f"option {memory}-space: {_WANTED_SPACE}, got {text!r}")
        return space

    def plan_options(self) -> Options:
        """The planner's share of the options."""
        machine = self.machine()
        return Options(
            order=self.order,
            merge=self.merge,
            overlap=self.overlap,
            pack=self.pack,
            slots=self.slots,
            spill=self.spill,
            timeout=self.timeout,
            objective=self.objective,
            costs=machine.costs[self.objective],
        )

    def _declare_memories(self, module: ir.Module, l2: Memory, ddr: Memory) -> None:
        with ir.InsertionPoint.at_block_begin(module.body), module.operation.location:
            for memory, space in zip((l2, ddr), self.spaces(), strict=True):
                more = {} if memory.capacity is None else {"capacity": memory.capacity}
                MemoryOp.make([], [], memory=memory.name, alignment=memory.alignment, space=space, **more)


def _parsed_space(text: str) -> ir.Attribute | None:
    """None if it is no memory space."""
    try:
        with silence(ir.Context.current), ir.Location.unknown():
            space = ir.Attribute.parse(text)
            ir.MemRefType.get([1], ir.IntegerType.get_signless(8), memory_space=space)  # not every attribute is a space
            return space
    except ir.MLIRError:
        return None
