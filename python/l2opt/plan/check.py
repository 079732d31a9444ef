"""The independent checker of plans: everything a plan says is derived again from the problem.

It shares no code with the planner but the data model. It does not look for a better plan, so that an order is proven to
have the least load of all is not derived again (see `check_order`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from l2opt.plan.check_content import check_content
from l2opt.plan.check_facts import Facts, derive, interval
from l2opt.plan.check_figures import check_figures
from l2opt.plan.check_merges import merges_of
from l2opt.plan.check_order import check_order_figures
from l2opt.plan.check_places import check_overlaps, check_places
from l2opt.plan.model import InPlace, Kernel, Overlap, Plan, Problem

__all__ = ["check_plan"]


def check_plan(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """What is wrong with `plan`, each with the thing, what is wanted and what is there; () if it is sound.

    An order is sound when every read sees what the same writers left in program order, and so does what is needed at
    the end. O(n log n) in accesses and cells, but for the lower bound: O(n) a step that may reach it.
    """
    wrong = tuple(_check_order(problem, plan))
    if wrong:
        return wrong
    by_id = {kernel.id: kernel for kernel in problem.kernels}
    merges = merges_of(problem, plan)
    if merges.wrong:
        return tuple(merges.wrong)
    facts = derive(problem, [by_id[name] for name in plan.order], merges)
    wrong = (*_check_lifetimes(facts, plan), *_check_aliases(facts, plan))
    wrong = wrong or tuple(check_places(facts, plan))
    wrong = wrong or tuple(check_content(facts, plan))
    return wrong or (*check_overlaps(facts, plan), *check_figures(facts, plan), *check_order_figures(facts, plan))


def _check_order(problem: Problem, plan: Plan) -> Iterator[str]:
    by_id = {kernel.id: kernel for kernel in problem.kernels}
    if sorted(plan.order) != sorted(by_id):
        yield f"order: want each of the {len(by_id)} kernels once, got {len(plan.order)} names"
        return
    position = {name: step for step, name in enumerate(plan.order)}
    for kernel in problem.kernels:
        for name in kernel.after:
            if position[name] > position[kernel.id]:
                yield f"order: want {kernel.id!r} after {name!r}, got steps {position[kernel.id]}, {position[name]}"
    if plan.order == tuple(by_id):
        return
    wanted = _seen(problem, problem.kernels)
    got = _seen(problem, [by_id[name] for name in plan.order])
    for key, writers in wanted.items():
        if got[key] != writers:
            kernel_id, buffer = key
            reader = f"kernel {kernel_id!r} reads" if kernel_id else "the caller gets"
            yield f"order: {reader} {buffer!r}: want what {_named(writers)} wrote, got {_named(got[key])}"


def _named(writers: tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in dict.fromkeys(writers)) or "nobody"


def _seen(problem: Problem, kernels: Sequence[Kernel]) -> dict[tuple[str, str], tuple[str, ...]]:
    """(kernel, buffer read) -> the last writers of its cells; the kernel '' is the end."""
    facts = derive(problem, kernels)
    writer = {name: [""] * max(1, len(root.live)) for name, root in facts.roots.items()}
    seen: dict[tuple[str, str], tuple[str, ...]] = {}

    def cells(buffer: str) -> tuple[list[str], range]:
        name, offset = facts.root_of[buffer]
        size = facts.buffers[buffer].size
        return writer[name], facts.roots[name].cells(offset, offset + size) if facts.buffers[name].size else range(1)

    for kernel in kernels:
        for buffer in kernel.reads:
            last, covered = cells(buffer)
            seen[kernel.id, buffer] = tuple(last[cell] for cell in covered)
        for buffer in kernel.writes:
            last, covered = cells(buffer)
            for cell in covered:
                last[cell] = kernel.id
    for buffer in facts.buffers:
        if facts.roots[facts.root_of[buffer][0]].kept:
            last, covered = cells(buffer)
            seen["", buffer] = tuple(last[cell] for cell in covered)
    return seen


def _check_lifetimes(facts: Facts, plan: Plan) -> Iterator[str]:
    if set(plan.lifetimes) != set(facts.buffers):
        yield "lifetimes: want one for each buffer, and no other"
        return
    for name, wanted in facts.lifetimes.items():
        if plan.lifetimes[name] != wanted:
            yield f"buffer {name!r}: want lifetime {interval(*wanted)}, got {interval(*plan.lifetimes[name])}"


def _check_aliases(facts: Facts, plan: Plan) -> Iterator[str]:
    """Of what shares bytes where one dies and the other is born."""
    step_of = {name: step for step, name in enumerate(plan.order)}
    alignment = facts.problem.l2.alignment
    taken: dict[str, str] = {}
    choices: list[InPlace | Overlap] = [*facts.merges.in_place.values(), *facts.merges.overlaps.values()]
    for choice in choices:
        yield from _check_share(facts, choice, step_of[choice.kernel])
        root = facts.root_of[choice.source][0]
        for name in (f"what is under {root!r}", f"what {choice.target!r} shares"):
            if name in taken:
                yield f"{name}: both {taken[name]!r} and {choice.kernel!r} take it; want at most one"
            taken[name] = choice.kernel
    for source, overlap in facts.merges.overlaps.items():
        distance = plan.aliases[source].offset
        if distance % alignment:
            yield f"buffer {source!r}: want it a multiple of {alignment} B above {overlap.target!r}, got {distance} B"
        if source not in facts.roots:
            yield f"buffer {source!r}: overlaps {overlap.target!r}, want it to be no part of another"


def _check_share(facts: Facts, choice: InPlace | Overlap, step: int) -> Iterator[str]:
    source, target = facts.buffers[choice.source], facts.buffers[choice.target]
    under, over = (facts.roots[facts.root_of[name][0]] for name in (source.id, target.id))
    what = f"kernel {choice.kernel!r}: writes {target.id!r} over {source.id!r}"
    if isinstance(choice, InPlace) and target.size > source.size:
        yield f"{what}: want at most {source.size} B, got {target.size} B"
    if source.id in facts.merges.strided or over.buffer is not target:
        yield f"{what}: want a source in one run of bytes, and a target that lies in no other buffer"
    if under.buffer.external or over.buffer.external or facts.constant(source.id):
        yield f"{what}: want storage that may be written, got an external or a constant one"
    later = [at for at in under.touched if at > step]
    if later or under.kept:
        yield f"{what}: want nobody to need it later, got {f'step {min(later)}' if later else 'the caller'}"
    earlier = [at for at in over.touched if at < step]
    if earlier or any(begin < step for begin, _ in over.live):
        yield f"{what}: want the target unused before step {step}"
    if set(under.touched.get(step, ())) != {("read", source.id)} or set(over.touched.get(step, ())) != {
        ("write", target.id)
    }:
        yield f"{what}: want the kernel to touch both in no other way"
