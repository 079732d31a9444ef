"""A packed function, read for the checker: its arenas, root views and nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_arenas import Arena, RootView, arenas_of, root_view
from l2opt.passes.check_ir_calls import Calls
from l2opt.passes.check_ir_dma import Transfers
from l2opt.passes.check_ir_effects import Write
from l2opt.passes.check_ir_flow import Access, Event, Flow, Node, events
from l2opt.passes.check_ir_views import Target
from l2opt.passes.diagnostics import LocatedError

__all__ = ["PackedFunction", "kept_between_runs", "read_function"]


@dataclass
class PackedFunction:
    """What the IR of one function says."""

    fn: func.FuncOp
    arenas: list[Arena]
    roots: list[RootView] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    steps: int = 0
    transfers: int = 0  # asynchronous; each has a root of its own while it is in flight

    def events(self) -> Iterator[Event]:
        return events(self.nodes)

    def used(self, arena: Arena) -> int:
        """The highest byte of `arena` that a root view covers, plus 1."""
        return max((root.target.extent[1] - arena.start for root in self.roots if root.arena is arena), default=0)


def read_function(fn: func.FuncOp, calls: Calls) -> PackedFunction:
    """LocatedError for what is wrong in itself, or not understood."""
    if fn.is_external:
        raise LocatedError(fn, f"'@{fn.sym_name.value}' has arenas, and no body")
    packed = PackedFunction(fn, arenas_of(fn))
    transfers = Transfers(lambda target: _hold(packed, target))
    flow = Flow({}, _root_maker(packed), calls.effects, transfers, calls.transfer_kind)
    packed.nodes = flow.function(fn)
    transfers.end()
    packed.steps = flow.step
    _check_inside(packed)
    return packed


def kept_between_runs(packed: PackedFunction, calls: Calls) -> tuple[Target, ...]:
    """The roots that the function named by `l2.init` writes first: state, which each run hands to the next."""
    if "l2.init" not in packed.fn.attributes:
        return ()
    reference = packed.fn.attributes["l2.init"]
    name = reference.value if isinstance(reference, ir.FlatSymbolRefAttr) else str(reference)
    init = calls.functions.get(name)
    if init is None or "l2.arenas" not in init.attributes:
        raise LocatedError(packed.fn, f"'l2.init': want a packed function of this module, got {reference}")
    first = read_function(init, calls)
    if [arena.bytes for arena in first.arenas] != [arena.bytes for arena in packed.arenas]:
        raise LocatedError(init, f"the arenas of '@{name}' differ from those of '@{packed.fn.sym_name.value}'")
    written = {
        (target.base + target.offset, target.shape, target.strides, target.element)
        for event in first.events()
        for access in event.accesses
        for target in access.targets
        if access.write == Write.WHOLE
    }
    found: dict[int, RootView] = {}
    written_first = _written_first(packed)
    for root in packed.roots:
        each = root.target
        at_state = 0 not in each.shape and (each.base, each.shape, each.strides, each.element) in written
        if at_state and each.root not in written_first:
            if each.base in found:
                note = (found[each.base].op, "one lies here")
                raise LocatedError(root.op, f"two buffers lie where '@{name}' writes state", [note])
            found[each.base] = root
    return tuple(root.target for root in found.values())


def _written_first(packed: PackedFunction) -> set[int]:
    """Roots whose first use writes all of them, which finds nothing that an earlier run left."""
    first: dict[int, bool] = {}
    for event in packed.events():
        for access in event.accesses:
            for target in access.targets:
                whole = access.write == Write.WHOLE and target == packed.roots[target.root].target
                first.setdefault(target.root, whole and not any(_reads(event, target.root)))
    return {root for root, whole in first.items() if whole}


def _reads(event: Event, root: int) -> Iterator[Access]:
    for access in event.accesses:
        if access.read and any(target.root == root for target in access.targets):
            yield access


def _root_maker(packed: PackedFunction) -> Callable[[ir.Operation], Target | None]:
    """What names the root that an operation makes, the same each time it is asked; None for other operations."""
    arenas = {arena.value: arena for arena in packed.arenas}
    known: dict[ir.Value, Target] = {}

    def make_root(op: ir.Operation) -> Target | None:
        arena = arenas.get(op.operands[0]) if op.name == "memref.view" else None
        if arena is None:
            return None
        result = op.results[0]
        if result not in known:
            packed.roots.append(root_view(op, arena, len(packed.roots)))
            known[result] = packed.roots[-1].target
        return known[result]

    return make_root


def _hold(packed: PackedFunction, target: Target) -> Target:
    """A root of the same bytes, for the time of a transfer."""
    made = replace(target, root=len(packed.roots))
    packed.roots.append(replace(packed.roots[target.root], target=made))
    packed.transfers += 1
    return made


def _check_inside(packed: PackedFunction) -> None:
    """LocatedError where a derived view reaches beyond its root."""
    for event in packed.events():
        for access in event.accesses:
            for target in access.targets:
                root = packed.roots[target.root]
                (low, high), (first, last) = target.extent, root.target.extent
                if low < first or high > last:
                    at = f"bytes [{low - first}, {high - first}) of '{root.op.results[0].get_name()}'"
                    raise LocatedError(event.op, f"'{access.value.get_name()}' is {at}, which has {last - first} B")
