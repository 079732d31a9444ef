"""What a sound plan is, by definition: bytes, one by one, step by step. Shares nothing with the package's code.

`run` executes a plan on a memory of single bytes. Every write leaves a name that no other write leaves, but for kernels
that move bytes between a part and its whole, which move names; every read must find what the same read finds when each
buffer has a memory to itself. Before a kernel reads, what it will write (unless that shares bytes with what it reads)
and its scratch are poisoned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from l2opt.plan import Alias, Buffer, Kernel, Kind, Plan, Problem, Within

__all__ = ["overlapping", "run"]

Address = tuple[str, int]
Memory = dict[Address, tuple[str, ...]]

HOME = -1  # instead of a step: where what is staged is after the last one
NOTHING = ("nothing",)  # a byte that nobody wrote may hold anything


def run(problem: Problem, plan: Plan) -> list[str]:
    """Reads that find something else than they should."""
    buffers = {b.id: b for b in problem.buffers}
    kernels = {k.id: k for k in problem.kernels}

    def alone(name: str, byte: int, step: int) -> Address:
        while (view := buffers[name].view_of) is not None:
            name, byte = view.buffer, byte + view.offset
        return name, byte

    nested = _nested(problem, plan)

    def packed(name: str, byte: int, step: int) -> Address:
        root, at = alone(name, byte, step)
        here = [p for p in plan.placements[name] if p.start <= step < p.end]
        if step == HOME:
            here = [p for p in plan.placements[name] if p.memory == "DDR"]
        if buffers[root].external and not here:
            return root, at
        place = next((p for p in here if p.memory == "L2"), here[0])  # kernels use what is in L2
        return place.memory, place.offset + _position(buffers, nested, name, byte) - _position(buffers, nested, name, 0)

    def shared(kernel: Kernel, step: int) -> set[Address]:
        used = {packed(name, i, step) for name in kernel.reads for i in range(buffers[name].size)}
        targets = {a.buffer if a.buffer in kernel.writes else t for t, a in plan.aliases.items()}
        return used if targets & set(kernel.writes) else set()

    stored = {b.id: b for b in _stored(problem, plan).buffers}

    def copies(step: int, memory: Memory) -> None:
        for copy in plan.copies:
            if copy.step == step:
                places, last = plan.placements[copy.buffer], min(step, len(plan.order) - 1)
                sources = [p for p in places if p.memory == copy.source and p.start < step <= p.end]
                targets = [p for p in places if p.memory == copy.target and p.start <= last < p.end]
                for i in range(stored[copy.buffer].size):
                    own = alone(copy.buffer, i, step)
                    assert (sources and targets) or buffers[own[0]].external
                    at = (copy.source, sources[0].offset + i) if sources else own
                    to = (copy.target, targets[0].offset + i) if targets else own
                    memory[to] = memory.get(at, NOTHING)

    wanted = _execute(
        problem, list(problem.kernels), alone, lambda kernel: [], lambda kernel, step: set(), lambda *_: None
    )
    got = _execute(
        problem,
        [kernels[name] for name in plan.order],
        packed,
        lambda kernel: _scratch(plan, kernel),
        shared,
        copies,
    )
    return [
        f"{key}: want {wanted[key]}, got {got[key]}"
        for key in wanted
        if any(w != g and w != NOTHING for w, g in zip(wanted[key], got[key], strict=True))
    ]


def _scratch(plan: Plan, kernel: Kernel) -> list[Address]:
    if not kernel.scratch:
        return []
    place = plan.scratch[kernel.id]
    return [(place.memory, place.offset + byte) for byte in range(kernel.scratch)]


def _execute(
    problem: Problem,
    kernels: list[Kernel],
    address: Callable[[str, int, int], Address],
    scratch: Callable[[Kernel], list[Address]],
    shared: Callable[[Kernel, int], set[Address]],
    copies: Callable[[int, Memory], None],
) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    buffers = {b.id: b for b in problem.buffers}
    memory: Memory = {}
    for b in problem.buffers:
        if b.external and b.staged:
            memory.update({(b.id, i): ("start", b.id, str(i)) for i in range(b.size)})
        elif b.kind in (Kind.INPUT, Kind.VARIABLE):
            memory.update({address(b.id, i, 0): ("start", *_source(buffers, b.id, i)) for i in range(b.size)})

    def read(name: str, step: int) -> list[tuple[str, ...]]:
        root = _root(buffers, name)
        if root.kind is Kind.CONSTANT and not (root.external and root.staged):
            return []
        return [memory.get(address(name, i, step), NOTHING) for i in range(buffers[name].size)]

    seen: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for step, kernel in enumerate(kernels):
        copies(step, memory)
        for name in (*kernel.sees, *kernel.changes):
            seen[kernel.id, name, "home"] = [memory[name, i] for i in range(buffers[name].size)]
        spared = shared(kernel, step)
        for name in kernel.writes:
            if name not in kernel.reads and not _touched(buffers, name, kernel.reads):
                for at in {address(name, i, step) for i in range(buffers[name].size)} - spared:
                    memory[at] = ("poison",)
        for at in scratch(kernel):
            memory[at] = ("scratch",)
        for name in kernel.reads:
            seen[kernel.id, name] = read(name, step)
        for name in kernel.writes:
            for i in range(buffers[name].size):
                memory[address(name, i, step)] = (kernel.id, name, str(i))
        for name in kernel.changes:
            memory.update({(name, i): (kernel.id, "changes", name, str(i)) for i in range(buffers[name].size)})
        for choice in problem.within:
            if choice.kernel == kernel.id:
                _move(buffers, choice, seen, memory, lambda name, i, step=step: address(name, i, step))
    if kernels:
        copies(len(kernels), memory)
    last = max(len(kernels), 1) - 1
    for b in problem.buffers:
        if b.live_out or b.kind in (Kind.OUTPUT, Kind.VARIABLE):
            root = _root(buffers, b.id)
            seen["end", b.id] = read(b.id, HOME if root.staged else last)
    return seen


def _move(
    buffers: dict[str, Buffer],
    choice: Within,
    seen: dict[tuple[str, ...], list[tuple[str, ...]]],
    memory: Memory,
    address: Callable[[str, int], Address],
) -> None:
    moved = seen.get((choice.kernel, choice.part), seen.get((choice.kernel, choice.whole)))
    for i in range(buffers[choice.part].size if moved else 0):
        j = _inside(buffers, choice, i)
        if (choice.kernel, choice.part) in seen:
            memory[address(choice.whole, j)] = seen[choice.kernel, choice.part][i]
        else:
            memory[address(choice.part, i)] = seen[choice.kernel, choice.whole][j]


def _inside(buffers: dict[str, Buffer], choice: Within, byte: int) -> int:
    """Byte of a part -> byte of its whole. What is drawn always has rows, whether they are told or not."""
    size, room = buffers[choice.part].size, buffers[choice.whole].size
    if choice.extent == size:
        return choice.offset + byte
    rows = (room - size) // (room - choice.extent)
    row, inside = divmod(byte, size // rows)
    return choice.offset + row * (room // rows) + inside


def _nested(problem: Problem, plan: Plan) -> dict[str, Within]:
    """Parts, or what they are views of -> the choice taken."""
    buffers = {b.id: b for b in problem.buffers}
    nested = {}
    for choice in problem.within:
        part = _root(buffers, choice.part).id
        if plan.aliases.get(part) == Alias(choice.whole, choice.offset):
            nested.setdefault(part, choice)
    return nested


def _position(buffers: dict[str, Buffer], nested: dict[str, Within], name: str, byte: int) -> int:
    """Bytes from the start of the storage that it lies in."""
    if (view := buffers[name].view_of) is not None:
        return _position(buffers, nested, view.buffer, view.offset + byte)
    if name in nested:
        return _position(buffers, nested, nested[name].whole, _inside(buffers, nested[name], byte))
    return byte


def _stored(problem: Problem, plan: Plan) -> Problem:
    """Parts as views of their wholes, from their first byte to their last."""
    buffers = {b.id: b for b in problem.buffers}
    nested = _nested(problem, plan)
    changed = []
    for b in problem.buffers:
        if b.id in nested:
            at = [_position(buffers, nested, b.id, i) for i in range(b.size)]
            view = Alias(nested[b.id].whole, min(at) - _position(buffers, nested, nested[b.id].whole, 0))
            b = replace(b, size=max(at) + 1 - min(at), view_of=view)
        changed.append(b)
    return replace(problem, buffers=tuple(changed))


def _root(buffers: dict[str, Buffer], name: str) -> Buffer:
    while (view := buffers[name].view_of) is not None:
        name = view.buffer
    return buffers[name]


def _source(buffers: dict[str, Buffer], name: str, byte: int) -> tuple[str, str]:
    while (view := buffers[name].view_of) is not None:
        name, byte = view.buffer, byte + view.offset
    return name, str(byte)


def _touched(buffers: dict[str, Buffer], name: str, others: tuple[str, ...]) -> bool:
    root = _root(buffers, name).id
    return any(_root(buffers, other).id == root for other in others)


def overlapping(problem: Problem, plan: Plan) -> bool:
    """Whether two roots that are no in-place pair, or scratch, have one byte at one step while both are live."""
    problem = _stored(problem, plan)
    for step in range(max(1, len(plan.order))):
        owner: dict[Address, str] = {}
        for name, at in _live_bytes(problem, plan, step):
            if at in owner and owner[at] != name:
                return True
            owner[at] = name
    return False


def _live_bytes(problem: Problem, plan: Plan, step: int) -> Iterator[tuple[str, Address]]:
    buffers = {b.id: b for b in problem.buffers}
    steps = max(1, len(plan.order))
    kernels = {k.id: k for k in problem.kernels}
    for root in problem.buffers:
        if root.view_of is not None or (root.external and not root.staged):
            continue
        for byte in range(root.size):
            live = []
            for b in problem.buffers:
                if _root(buffers, b.id) is not root:
                    continue
                first = int(_source(buffers, b.id, 0)[1])
                if not first <= byte < first + b.size:
                    continue
                live += [i for i, k in enumerate(plan.order) if b.id in kernels[k].reads + kernels[k].writes]
                entering = b.kind is Kind.CONSTANT and b.external and b.staged
                live += [0] if b.kind in (Kind.INPUT, Kind.VARIABLE) or entering else []
                if b.live_out or b.kind in (Kind.OUTPUT, Kind.VARIABLE):
                    live += [steps - 1]
            held = any(_holds(buffers, b, root, byte) for b in problem.buffers)
            if held and set(live) <= {steps - 1} and not _accessed(problem, buffers, root, byte):
                live.append(0)
            start, end = (min(live), max(live)) if live else (0, 0)
            if start <= step <= end and not (step == end and _given_up(problem, plan, buffers, root, byte, step)):
                for place in plan.placements[root.id]:
                    if place.start <= step < place.end:
                        yield root.id, (place.memory, place.offset + byte)
    if plan.order:
        kernel = kernels[plan.order[step]]
        for at in _scratch(plan, kernel):
            yield f"scratch {kernel.id}", at


def _holds(buffers: dict[str, Buffer], b: Buffer, root: Buffer, byte: int) -> bool:
    first = int(_source(buffers, b.id, 0)[1])
    keeps = b.live_out or b.kind in (Kind.OUTPUT, Kind.VARIABLE)
    return keeps and _root(buffers, b.id) is root and first <= byte < first + b.size


def _accessed(problem: Problem, buffers: dict[str, Buffer], root: Buffer, byte: int) -> bool:
    for kernel in problem.kernels:
        for name in kernel.reads + kernel.writes:
            first = int(_source(buffers, name, 0)[1])
            if _root(buffers, name) is root and first <= byte < first + buffers[name].size:
                return True
    return False


def _given_up(problem: Problem, plan: Plan, buffers: dict[str, Buffer], root: Buffer, byte: int, step: int) -> bool:
    for choice in problem.overlaps:
        alias = plan.aliases.get(root.id)
        if (choice.source, choice.target) == (root.id, alias.buffer if alias else ""):
            return byte + plan.aliases[root.id].offset < buffers[choice.target].size
    for target, alias in plan.aliases.items():
        if buffers[target].view_of is None and _root(buffers, alias.buffer) is root:
            if any((c.source, c.target) == (target, alias.buffer) for c in problem.overlaps):
                continue
            first = int(_source(buffers, alias.buffer, 0)[1])
            return first <= byte < first + buffers[target].size
    return False
