"""The independent checker: does packed IR keep every buffer's bytes until their last reader?

It knows nothing of a plan. It takes the final IR alone: arenas, root views, and what every operation reads and writes.
It runs through each packed function with a shadow of the arenas that holds, for every byte, the root view that wrote it
last. A read of bytes that another root has written since is a fault; so is, in straight-line code, a read of bytes
that only others or nobody wrote, and one operation that writes a root over another that it uses, unless that is
declared and sound. Branches are joined, loops run twice, so that what one iteration leaves to the next is seen. Inside
them a read of bytes that nobody wrote is let pass. Whatever is not understood is an error, never passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_arenas import Arena, RootView, arenas_of, root_view
from l2opt.passes.check_ir_calls import Calls
from l2opt.passes.check_ir_conflicts import Conflicts
from l2opt.passes.check_ir_flow import Event, Flow, events
from l2opt.passes.check_ir_places import Places
from l2opt.passes.check_ir_run import Run
from l2opt.passes.check_ir_shadow import Shadow, TooManyPieces
from l2opt.passes.check_ir_storage import check_arguments, check_contents
from l2opt.passes.check_ir_views import Target
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Checked", "check_module"]


@dataclass
class Checked:
    """One packed function: what was looked at, and the faults found."""

    function: str
    steps: int = 0
    arenas: list[Arena] = field(default_factory=list)
    roots: list[RootView] = field(default_factory=list)
    faults: list[LocatedError] = field(default_factory=list)

    def used(self, arena: Arena) -> int:
        """The highest byte of `arena` that a root view covers, plus 1."""
        return max((root.target.extent[1] - arena.start for root in self.roots if root.arena is arena), default=0)

    def line(self) -> str:
        """For people, such as `@main: sound; 70 steps, 71 buffers, L2 1505280 of 2097152 B, DDR 0 B`."""
        verdict = _count(len(self.faults), "fault") if self.faults else "sound"
        sizes = [
            f"{arena.name} {self.used(arena)}{'' if arena.capacity is None else f' of {arena.capacity}'} B"
            for arena in self.arenas
        ]
        counts = [_count(self.steps, "step"), _count(len(self.roots), "buffer")]
        return f"@{self.function}: {verdict}; " + ", ".join(counts + sizes)


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
    checked[0].faults[:0] = check_contents(module, [each.arenas for each in checked if each.arenas])
    return checked


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _check_function(fn: func.FuncOp, calls: Calls) -> Checked:
    checked = Checked(fn.sym_name.value)
    try:
        checked.faults += _faults(fn, calls, checked)
    except LocatedError as fault:
        checked.faults.append(fault)
    except TooManyPieces:
        checked.faults.append(LocatedError(fn, "its views fall into too many separate pieces of memory to check"))
    return checked


def _faults(fn: func.FuncOp, calls: Calls, checked: Checked) -> Iterator[LocatedError]:
    if fn.is_external:
        raise LocatedError(fn, f"'@{checked.function}' has arenas, and no body")
    checked.arenas = arenas_of(fn)
    check_arguments(fn, checked.arenas)
    flow = Flow({}, _root_maker(checked), calls.effects)
    nodes = flow.function(fn)
    checked.steps = flow.step
    roots = dict(enumerate(checked.roots))
    _check_inside(events(nodes), roots)
    targets = [target for event in events(nodes) for access in event.accesses for target in access.targets]
    shadow = Shadow.of({number: root.target for number, root in roots.items()}, targets)
    places = Places(fn, roots, shadow)
    run = Run(shadow, places, {event.number: event for event in events(nodes)})
    run.function(nodes)
    yield from run.faults.values()
    yield from Conflicts(shadow, places, calls).find(nodes)
    yield from _check_peak(fn, checked)


def _root_maker(checked: Checked) -> Callable[[ir.Operation], Target | None]:
    """What names the root that an operation makes, the same each time it is asked; None for other operations."""
    arenas = {arena.value: arena for arena in checked.arenas}
    known: dict[ir.Value, Target] = {}

    def make_root(op: ir.Operation) -> Target | None:
        arena = arenas.get(op.operands[0]) if op.name == "memref.view" else None
        if arena is None:
            return None
        result = op.results[0]
        if result not in known:
            checked.roots.append(root_view(op, arena, len(checked.roots)))
            known[result] = checked.roots[-1].target
        return known[result]

    return make_root


def _check_inside(found: Iterator[Event], roots: dict[int, RootView]) -> None:
    """Raises LocatedError where a derived view reaches beyond its root."""
    for event in found:
        for access in event.accesses:
            for target in access.targets:
                root = roots[target.root]
                (low, high), (first, last) = target.extent, root.target.extent
                if low < first or high > last:
                    at = f"bytes [{low - first}, {high - first}) of '{root.op.results[0].get_name()}'"
                    raise LocatedError(event.op, f"'{access.value.get_name()}' is {at}, which has {last - first} B")


def _check_peak(fn: func.FuncOp, checked: Checked) -> Iterator[LocatedError]:
    """A peak that the function claims must cover what it uses."""
    plan = fn.attributes["l2.plan"] if "l2.plan" in fn.attributes else None
    used = checked.used(checked.arenas[0])
    if isinstance(plan, ir.DictAttr) and "peak" in plan and ir.IntegerAttr(plan["peak"]).value < used:
        yield LocatedError(
            fn, f"'l2.plan' claims a peak of {ir.IntegerAttr(plan['peak']).value} B; the views use {used} B"
        )
