"""The independent checker: does packed IR keep every buffer's bytes until their last reader?

It knows nothing of a plan. It takes the final IR alone: arenas, root views, and what every operation reads and writes.
It runs through each packed function with a shadow of the arenas that holds, for every byte, the root view that wrote it
last. A read of bytes that another root has written since is a fault; so is, in straight-line code, a read of bytes
that only others or nobody wrote, and one operation that writes a root over another that it uses, unless that is
declared and sound. An asynchronous transfer holds what it writes from its start to its wait (`check_ir_dma`). Branches
are joined, loops run twice, so that what one iteration leaves to the next is seen. Inside them a read of bytes that
nobody wrote is let pass. State that `l2.init` sets is followed from one run into the next. Whatever is not understood
is an error, never passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_calls import Calls
from l2opt.passes.check_ir_conflicts import Conflicts
from l2opt.passes.check_ir_function import PackedFunction, kept_between_runs, read_function
from l2opt.passes.check_ir_moved import check_moved
from l2opt.passes.check_ir_places import Places
from l2opt.passes.check_ir_run import Run
from l2opt.passes.check_ir_shadow import Shadow, TooManyPieces
from l2opt.passes.check_ir_storage import check_arguments, check_contents
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Checked", "check_module"]


@dataclass
class Checked:
    """One packed function: what was looked at, as far as it could be read, and the faults found."""

    name: str
    packed: PackedFunction | None = None
    faults: list[LocatedError] = field(default_factory=list)

    def line(self) -> str:
        """For people, such as `@main: sound; 70 steps, 71 buffers, L2 1505280 of 2097152 B, DDR 0 B`."""
        verdict = _count(len(self.faults), "fault") if self.faults else "sound"
        return f"@{self.name}: {verdict}" + ("" if self.packed is None else "; " + ", ".join(_figures(self.packed)))


def check_module(module: ir.Module) -> list[Checked]:
    """Checks every packed function of `module`. LocatedError if there is none."""
    functions = {op.sym_name.value: op for op in module.body if isinstance(op, func.FuncOp)}
    packed = [fn for fn in functions.values() if "l2.arenas" in fn.attributes]
    for name, fn in functions.items():
        if fn not in packed and "arg_attrs" in fn.attributes and "l2.arena" in str(fn.attributes["arg_attrs"]):
            raise LocatedError(fn, f"'@{name}' has an arena, and no 'l2.arenas' that says so")
    if not packed:
        raise LocatedError(module.operation, "no function with 'l2.arenas': want packed IR")
    calls = Calls(functions)
    checked = [_check_function(fn, calls) for fn in packed]
    checked[0].faults[:0] = check_contents(module, [each.packed.arenas for each in checked if each.packed])
    return checked


def _check_function(fn: func.FuncOp, calls: Calls) -> Checked:
    checked = Checked(fn.sym_name.value)
    try:
        checked.packed = read_function(fn, calls)
        checked.faults += _faults(checked.packed, calls)
    except LocatedError as fault:
        checked.faults.append(fault)
    except TooManyPieces:
        checked.faults.append(LocatedError(fn, "its views fall into too many separate pieces of memory to check"))
    return checked


def _faults(packed: PackedFunction, calls: Calls) -> Iterator[LocatedError]:
    check_arguments(packed.fn, packed.arenas)
    targets = [target for event in packed.events() for access in event.accesses for target in access.targets]
    shadow = Shadow.of({root.target.root: root.target for root in packed.roots}, targets)
    places = Places(packed.fn, packed.roots, shadow)
    run = Run(shadow, places, {event.number: event for event in packed.events()})
    run.function(packed.nodes, kept_between_runs(packed, calls))
    yield from run.faults.values()
    yield from Conflicts(shadow, places, calls).find(packed.nodes)
    yield from _check_peak(packed)
    yield from check_moved(packed, calls)


def _check_peak(packed: PackedFunction) -> Iterator[LocatedError]:
    """A peak that the function claims must cover what it uses."""
    plan = packed.fn.attributes["l2.plan"] if "l2.plan" in packed.fn.attributes else None
    used = packed.used(packed.arenas[0])
    if isinstance(plan, ir.DictAttr) and "peak" in plan and ir.IntegerAttr(plan["peak"]).value < used:
        claimed = ir.IntegerAttr(plan["peak"]).value
        yield LocatedError(packed.fn, f"'l2.plan' claims a peak of {claimed} B; the views use {used} B")


def _figures(packed: PackedFunction) -> Iterator[str]:
    yield _count(packed.steps, "step")
    yield _count(len(packed.roots) - packed.transfers, "buffer")
    if packed.transfers:
        yield _count(packed.transfers, "asynchronous transfer")
    for arena in packed.arenas:
        yield f"{arena.name} {packed.used(arena)}{'' if arena.capacity is None else f' of {arena.capacity}'} B"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
