"""Buffers that share bytes while one operation uses them both, and when that is sound.

An operation may write one root over another that it reads only if it says so (`l2.in_place`: pairs of the operand
written and the operand read), if both start at the same byte, and if nothing is written there before the last read: in
the body of the kernel that is called, or because the operation takes each element to the same place of an all-parallel
`linalg.generic`; or if it says how many bytes below (`l2.overlap`) and its body bears that out (`check_ir_overlap`).
What a kernel without a body, or an operation that is not known, declares is taken as said. In a parallel loop, nothing
that is written may share bytes with another root.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_bytes import reads_before_it_writes
from l2opt.passes.check_ir_calls import Calls, Summary
from l2opt.passes.check_ir_flow import Access, Branch, Event, Loop, Node, events
from l2opt.passes.check_ir_overlap import declared_overlaps, is_followed, least_distance
from l2opt.passes.check_ir_places import Places
from l2opt.passes.check_ir_shadow import Indices, Shadow
from l2opt.passes.check_ir_views import Target
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Conflicts"]


@dataclass
class Conflicts:
    """Finds the conflicts of one function."""

    shadow: Shadow
    places: Places
    calls: Calls

    def find(self, nodes: Iterable[Node]) -> Iterator[LocatedError]:
        for node in nodes:
            if isinstance(node, Event):
                yield from self._event(node)
            elif isinstance(node, Branch):
                for body in node.bodies:
                    yield from self.find(body)
            else:
                yield from self._parallel(node) if node.parallel else ()
                yield from self.find(node.body)

    def _event(self, event: Event) -> Iterator[LocatedError]:
        for one in event.accesses:
            for other in event.accesses if one.write else ():
                if one is other or (other.write and other.operand > one.operand):
                    continue
                for target, source, shared in self._shared(one, other):
                    reason = self._unsound(event, one, other, target, source)
                    if reason:
                        yield self._fault(event, one, other, source, shared, reason)

    def _shared(self, one: Access, other: Access) -> Iterator[tuple[Target, Target, Indices]]:
        for target in one.targets:
            for source in other.targets:
                shared = self.shadow.overlap(target, source)
                if shared.size and (target.root != source.root or self._other_part(one, other, target, source)):
                    yield target, source, shared

    def _other_part(self, one: Access, other: Access, target: Target, source: Target) -> bool:
        """Whether two operands are known to be different bytes of one root."""
        known = target.exact and source.exact and one.operand >= 0 and other.operand >= 0
        return known and not self.shadow.same(target, source)

    def _unsound(self, event: Event, one: Access, other: Access, target: Target, source: Target) -> str:
        """Why `one` may not be written over `other` in this operation; empty if it may."""
        if other.write:
            return "which it writes too"
        distance = declared_overlaps(event.op).get((one.operand, other.operand))
        if distance is not None:
            return self._too_near(event.op, one, other, distance, source.start - target.start)
        declared = _declared(event.op).get(one.operand, ())
        sources = [each for access in event.accesses if access.operand in declared for each in access.targets]
        if other.operand not in declared and not any(source.same_bytes(each) for each in sources):
            return "which it reads, and does not declare this in 'l2.in_place'"
        if target.start != source.start:
            return "which it reads, and they do not start at the same byte"
        return self._early(event, one, other)

    def _too_near(self, op: ir.Operation, one: Access, other: Access, distance: int, above: int) -> str:
        """Why `one` may not be written so many bytes below `other`, which is read; empty if it may."""
        if above < distance:
            return f"which it reads, {above} B above; 'l2.overlap' wants {distance} B"
        if op.name != "func.call":
            return ""
        callee = self.calls.resolve(op)
        if not is_followed(callee):
            return _unbound(callee, distance, above)
        least = least_distance(callee, one.operand, other.operand)
        if least <= distance or reads_before_it_writes(callee, one.operand, other.operand, above):
            return ""
        return f"which it reads; its body wants {least} B between them, not {distance} B"

    def _early(self, event: Event, one: Access, other: Access) -> str:
        op = event.op
        if op.name == "func.call":
            summary = self.calls.summary(self.calls.resolve(op), op)
            early = _early_write(summary.nodes, summary, one.operand, other.operand)
            return f"which '{early.name}' in its body still needs" if early else ""
        if not op.name.startswith("linalg."):
            return ""
        if not _same_element(op, one.operand, other.operand):
            return "which it reads in another order"
        alone = len(one.targets) == len(other.targets) == 1
        return "" if alone and one.targets[0].same_bytes(other.targets[0]) else "which it reads with another layout"

    def _parallel(self, loop: Loop) -> Iterator[LocatedError]:
        inside = [(event, access) for event in events(loop.body) for access in event.accesses]
        for event, one in inside:
            for _, other in inside if one.write else ():
                for _, source, shared in self._shared(one, other):
                    yield self._fault(event, one, other, source, shared, "which another iteration may be using")
                    return

    def _fault(
        self, event: Event, one: Access, other: Access, source: Target, shared: Indices, reason: str
    ) -> LocatedError:
        written, used = self.places.name(one.value), self.places.name(other.value)
        where = self.places.bytes(shared, source.root)
        message = f"{written} written at step {event.step}: {where} belong to {used}, {reason}"
        return LocatedError(event.op, message, [(self.places.roots[source.root].op, f"{used} lies here")])


def _unbound(callee: func.FuncOp, distance: int, above: int) -> str:
    """Why the order in which a body on tensors is to be computed does not allow the distance; empty if it does."""
    if "l2.parts" not in callee.attributes:
        return "which it reads, in parts that no 'l2.parts' bind"
    inner = not isinstance(callee.attributes["l2.parts"], ir.IntegerAttr)
    return (
        f"which it reads, in parts that want {distance} B between them, not {above} B"
        if inner and above != distance
        else ""
    )


def _declared(op: ir.Operation) -> dict[int, tuple[int, ...]]:
    """Operand written -> operands that it may be written over."""
    if "l2.in_place" not in op.attributes:
        return {}
    attribute = op.attributes["l2.in_place"]
    pairs: dict[int, tuple[int, ...]] = {}
    for pair in attribute if isinstance(attribute, ir.ArrayAttr) else [attribute]:
        if not isinstance(pair, ir.DenseI64ArrayAttr) or len(pair) != 2:
            raise LocatedError(op, f"'l2.in_place': want pairs such as [array<i64: 1, 0>], got {attribute}")
        written, read = pair
        pairs[written] = (*pairs.get(written, ()), read)
    return pairs


def _early_write(nodes: Iterable[Node], summary: Summary, target: int, source: int) -> ir.Operation | None:
    """The operation that reads argument `source` when argument `target` may have been written, if there is one.

    What is made a tensor is read as late as a tensor is written back.
    """
    written = late = False
    for node in nodes:
        inside = list(events([node]))
        reads = [event for event in inside if _touching(event, source, write=False)]
        late = late or any(event.op.name == "bufferization.to_tensor" for event in reads)
        if late and written and inside and inside[0].op.name == "bufferization.materialize_in_destination":
            return inside[0].op
        writes = [event for event in inside if _touching(event, target, write=True)]
        if reads and written:
            return reads[0].op
        if reads and writes and isinstance(node, Branch):
            for body in node.bodies:
                if (early := _early_write(body, summary, target, source)) is not None:
                    return early
        elif reads and writes and not (isinstance(node, Event) and _in_step(node, summary, target, source)):
            return reads[0].op
        written = written or bool(writes)
    return None


def _touching(event: Event, root: int, write: bool) -> list[Access]:
    if event.op.name == "func.return":
        return []
    return [
        access
        for access in event.accesses
        if (access.write if write else access.read) and any(target.root == root for target in access.targets)
    ]


def _in_step(event: Event, summary: Summary, target: int, source: int) -> bool:
    """Whether the event takes each element of argument `source` to the same place of argument `target`."""
    for one in _touching(event, target, write=True):
        for other in _touching(event, source, write=False):
            if len(one.targets) != 1 or len(other.targets) != 1:
                return False
            to, at = (_from_start(access.targets[0], summary) for access in (one, other))
            if to is None or at is None or not to.same_bytes(at):
                return False
            if not _same_element(event.op, one.operand, other.operand):
                return False
    return True


def _from_start(target: Target, summary: Summary) -> Target | None:
    """The target as bytes from where its argument starts."""
    whole = summary.whole[target.root]
    if not target.exact:
        return None
    return replace(target, root=0, base=0, offset=target.base + target.offset - whole.base - whole.offset)


def _same_element(op: ir.Operation, one: int, other: int) -> bool:
    """Whether `op` is all-parallel and its operands `one` and `other` have the same access map."""
    if op.name != "linalg.generic" or one < 0 or other < 0:
        return op.name in _ELEMENTWISE and one >= 0 and other >= 0
    maps = list(op.attributes["indexing_maps"])
    kinds = [str(kind) for kind in op.attributes["iterator_types"]]
    parallel = all(kind == "#linalg.iterator_type<parallel>" for kind in kinds)
    return parallel and maps[one] == maps[other] and bool(maps[one].value.is_permutation)


_ELEMENTWISE = {
    f"linalg.{name}"
    for name in (
        "abs", "add", "ceil", "copy", "div", "div_unsigned", "erf", "exp", "floor", "log", "map", "max", "min", "mul",
        "negf", "powf", "reciprocal", "round", "rsqrt", "select", "sqrt", "square", "sub", "tanh",
    )
}  # fmt: skip
