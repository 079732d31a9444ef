"""What a kernel as a whole allows: which results may be written over which operands, and the scratch it needs.

In place is legal where every operation on the way from the operand to the result reads elements only at their own
place, and element sizes agree, so that an element is read before anything is written over it. What is reduced from the
operand on the way (the maximum and the sum of a softmax, a normalization's mean), or is small enough for the engine to
hold, is complete before the pass that writes, in which each element is read at its own place once more. Our own
lowering checks this again on the bufferized kernel and goes through a temporary where it would not hold
(`lower_kernels`).
"""

from __future__ import annotations

from collections.abc import Sequence

from l2opt.mlir import ir
from l2opt.passes.fusion import Group
from l2opt.passes.graph import Graph, Node
from l2opt.passes.ops import Role
from l2opt.passes.types import tensor_bytes

__all__ = ["contiguous", "in_place_pairs", "only_moves", "scratch_bytes", "with_repeated"]

HELD = 8  # an engine can hold 1/8 of an operand


def in_place_pairs(graph: Graph, group: Group, nodes: Sequence[Node], reads: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs (result, argument) of positions: writing the result over the argument is safe if nothing reads it later.
    `nodes`: all that the kernel runs."""
    pairs = []
    for argument, value in enumerate(reads):
        if reads.count(value) > 1 or graph.values[value].shape is None:
            continue
        if not any(_same_layout(graph, value, written) for written in group.writes):
            continue
        reached = _aligned_closure(graph, nodes, len(group.writes), value)
        for result, written in enumerate(group.writes):
            if reached is not None and written in reached and _same_layout(graph, value, written):
                pairs.append((result, argument))
    return pairs


def _same_layout(graph: Graph, a: int, b: int) -> bool:
    return graph.values[a].width == graph.values[b].width and graph.values[a].bits == graph.values[b].bits


def _aligned_closure(graph: Graph, nodes: Sequence[Node], results: int, value: int) -> set[int] | None:
    """Values computed from `value` element by element by the nodes of a kernel with so many results; None if something
    in it reads it otherwise, but for what is complete before the kernel writes."""
    reached = {value}
    for node in nodes:
        taken = [k for k, each in enumerate(node.inputs) if each in reached]
        if not taken:
            continue
        if results == 1 and _is_held(graph, node, taken, value):
            continue
        if node.role is Role.ELEMENTWISE:
            aligned = node.traits.aligned(node.op)
            if not all(k in aligned for k in taken):
                return None
        elif node.role is not Role.VIEW or taken != [0]:
            return None
        reached.update(node.outputs)
    return reached


def _is_held(graph: Graph, node: Node, taken: Sequence[int], value: int) -> bool:
    """Whether `node`, which reads what is computed from `value`, ends before the kernel writes: it reduces it, or makes
    so little of it that the engine holds that."""
    if node.role is Role.REDUCE:
        return taken == [0]
    made = sum(graph.values[each].bits for each in node.outputs)
    return node.role in (Role.COMPUTE, Role.WINDOW) and made * HELD <= graph.values[value].bits


def with_repeated(graph: Graph, group: Group) -> list[Node]:
    """The group's operations and the repeated ones that it pulls in, in program order."""
    found = set(group.nodes)
    todo = list(group.nodes)
    while todo:
        for value in graph.nodes[todo.pop()].inputs:
            producer = graph.values[value].producer
            if producer >= 0 and producer not in found and graph.nodes[producer].repeated:
                if not graph.nodes[producer].free:
                    found.add(producer)
                    todo.append(producer)
    return [graph.nodes[k] for k in sorted(found)]


def only_moves(graph: Graph, group: Group) -> bool:
    """Whether the group's operations rearrange elements, and do nothing else."""
    return all(graph.nodes[k].role in (Role.MOVE, Role.PAD) for k in group.nodes)


def contiguous(group: Group, nodes: Sequence[Node], reads: Sequence[int]) -> list[int]:
    """Positions, arguments then results, of what an operation with a restriction reads or writes. `nodes`: all that the
    kernel runs."""
    nodes = [node for node in nodes if not node.free]
    if all(node.traits.strided_reads and node.traits.strided_writes for node in nodes):
        return []
    read = {value for node in nodes if not node.traits.strided_reads for value in node.inputs}
    written = {value for node in nodes if not node.traits.strided_writes for value in node.outputs}
    found = [k for k, value in enumerate(reads) if value in read]
    return found + [len(reads) + k for k, value in enumerate(group.writes) if value in written]


def scratch_bytes(node: Node) -> int:
    """The largest load of tensors made inside the operation's regions; 0 where these are no memory of their own."""
    if not node.traits.scratch:
        return 0
    return max((_block_load(block) for region in node.op.regions for block in region.blocks), default=0)


def _block_load(block: ir.Block) -> int:
    """Largest sum of live result bytes over the block's operations, nested regions included."""
    operations = [op.operation for op in block.operations]
    position = {op: k for k, op in enumerate(operations)}
    change = [0] * (len(operations) + 1)
    inner = [0] * (len(operations) + 1)
    for k, op in enumerate(operations):
        inner[k] = max((_block_load(b) for region in op.regions for b in region.blocks), default=0)
        for result in op.results:
            if isinstance(result.type, ir.RankedTensorType) and result.type.has_static_shape:
                size = tensor_bytes(result.type, op, {})
                last = max((_position_in(use.owner.operation, position) for use in result.uses), default=k)
                change[k] += size
                change[last + 1] -= size
    load = peak = 0
    for k in range(len(operations)):
        load += change[k]
        peak = max(peak, load + inner[k])
    return peak


def _position_in(op: ir.Operation, position: dict[ir.Operation, int]) -> int:
    while op not in position:
        op = op.parent.operation
    return position[op]
