"""What a sound plan is, by definition: bytes, one by one, step by step. Shares nothing with the package's code.

`run` executes a plan on a memory of single bytes. Every write leaves a name that no other write leaves; every read must
find what the same read finds when each buffer has a memory to itself. Before a kernel reads, what it will write (unless
in place) and its scratch are poisoned.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from l2opt.plan import Buffer, Kernel, Kind, Plan, Problem

__all__ = ["overlapping", "run"]

Address = tuple[str, int]
Memory = dict[Address, tuple[str, ...]]

NOTHING = ("nothing",)  # a byte that nobody wrote may hold anything


def run(problem: Problem, plan: Plan) -> list[str]:
    """Reads that find something else than they should."""
    buffers = {b.id: b for b in problem.buffers}
    kernels = {k.id: k for k in problem.kernels}

    def alone(name: str, byte: int, step: int) -> Address:
        while (view := buffers[name].view_of) is not None:
            name, byte = view.buffer, byte + view.offset
        return name, byte

    def packed(name: str, byte: int, step: int) -> Address:
        root, at = alone(name, byte, step)
        if buffers[root].external:
            return root, at
        here = [p for p in plan.placements[name] if p.start <= step < p.end]
        place = next((p for p in here if p.memory == "L2"), here[0])  # kernels use what is in L2
        return place.memory, place.offset + byte

    def copies(step: int, memory: Memory) -> None:
        for copy in plan.copies:
            if copy.step == step:
                places = plan.placements[copy.buffer]
                source = next(p for p in places if p.memory == copy.source and p.start < step <= p.end)
                target = next(p for p in places if p.memory == copy.target and p.start <= step < p.end)
                for i in range(copy.size):
                    memory[copy.target, target.offset + i] = memory.get((copy.source, source.offset + i), NOTHING)

    wanted = _execute(problem, list(problem.kernels), alone, lambda kernel: [], lambda kernel: [], lambda *_: None)
    got = _execute(
        problem,
        [kernels[name] for name in plan.order],
        packed,
        lambda kernel: _scratch(plan, kernel),
        lambda kernel: [t for t, a in plan.aliases.items() if buffers[t].view_of is None and a.buffer in kernel.reads],
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
    in_place: Callable[[Kernel], Collection[str]],
    copies: Callable[[int, Memory], None],
) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    buffers = {b.id: b for b in problem.buffers}
    memory: Memory = {}
    for b in problem.buffers:
        if b.kind in (Kind.INPUT, Kind.VARIABLE):
            memory.update({address(b.id, i, 0): ("start", *_source(buffers, b.id, i)) for i in range(b.size)})

    def read(name: str, step: int) -> list[tuple[str, ...]]:
        if _root(buffers, name).kind is Kind.CONSTANT:
            return []
        return [memory.get(address(name, i, step), NOTHING) for i in range(buffers[name].size)]

    seen: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for step, kernel in enumerate(kernels):
        copies(step, memory)
        shared = in_place(kernel)
        for name in kernel.writes:
            if name not in shared and name not in kernel.reads and not _touched(buffers, name, kernel.reads):
                for i in range(buffers[name].size):
                    memory[address(name, i, step)] = ("poison",)
        for at in scratch(kernel):
            memory[at] = ("scratch",)
        for name in kernel.reads:
            seen[kernel.id, name] = read(name, step)
        for name in kernel.writes:
            for i in range(buffers[name].size):
                memory[address(name, i, step)] = (kernel.id, name, str(i))
    last = max(len(kernels), 1) - 1
    for b in problem.buffers:
        if b.live_out or b.kind in (Kind.OUTPUT, Kind.VARIABLE):
            seen["end", b.id] = read(b.id, last)
    return seen


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
        if root.view_of is not None or root.external:
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
                live += [0] if b.kind in (Kind.INPUT, Kind.VARIABLE) else []
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
    for target, alias in plan.aliases.items():
        if buffers[target].view_of is None and _root(buffers, alias.buffer) is root:
            first = int(_source(buffers, alias.buffer, 0)[1])
            return first <= byte < first + buffers[target].size
    return False
