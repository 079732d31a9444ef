"""The checker on loops and branches, against brute force: every way through a random program, run byte by byte."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module

SLOTS = 2  # places of 16 bytes; a buffer is one
HEAD = (
    "func.func @main(%x: memref<16xi8>, %n: index, %p: i1, "
    '%l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 16 : i64}, '
    '%ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 16 : i64}) attributes {l2.arenas = {'
    "L2 = {argument = 3 : i64, bytes = 64 : i64, alignment = 16 : i64}, "
    "DDR = {argument = 4 : i64, bytes = 0 : i64, alignment = 16 : i64}}} {\n"
    "%c0 = arith.constant 0 : index\n%c1 = arith.constant 1 : index"
)
SPACED = "memref<16xi8, 1>"


@dataclass(frozen=True)
class Copy:
    """Buffer `source`, or fresh data for None, to buffer `target`."""

    source: int | None
    target: int


@dataclass(frozen=True)
class If:
    then: tuple[Node, ...]
    other: tuple[Node, ...]


@dataclass(frozen=True)
class For:
    body: tuple[Node, ...]


Node = Copy | If | For


def nodes(buffers: int, depth: int) -> st.SearchStrategy[tuple[Node, ...]]:
    leaf = st.builds(Copy, st.none() | st.integers(0, buffers - 1), st.integers(0, buffers - 1))
    if depth == 0:
        return st.lists(leaf, max_size=3).map(tuple)
    inner = nodes(buffers, depth - 1)
    return st.lists(leaf | st.builds(If, inner, inner) | st.builds(For, inner), max_size=4).map(tuple)


@st.composite
def programs(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[Node, ...]]:
    """Slots of the buffers, and what is done with them."""
    slots = draw(st.lists(st.integers(0, SLOTS - 1), min_size=2, max_size=3).map(tuple))
    return slots, (Copy(None, 0), *draw(nodes(len(slots), 2)))


def text_of(slots: Sequence[int], program: Sequence[Node]) -> str:
    lines = [HEAD]
    for buffer, slot in enumerate(slots):
        lines.append(f"%o{buffer} = arith.constant {16 * slot} : index")
        lines.append(f"%b{buffer} = memref.view %l2[%o{buffer}][] : memref<64xi8, 1> to {SPACED}")
    return "\n".join([*lines, *_lines(program), "return", "}"])


def _lines(program: Sequence[Node], depth: int = 0) -> Iterator[str]:
    for node in program:
        if isinstance(node, Copy):
            name, type_ = ("%x", "memref<16xi8>") if node.source is None else (f"%b{node.source}", SPACED)
            yield f"memref.copy {name}, %b{node.target} : {type_} to {SPACED}"
        elif isinstance(node, If):
            yield from ("scf.if %p {", *_lines(node.then, depth + 1), "} else {", *_lines(node.other, depth + 1), "}")
        else:
            yield from (f"scf.for %i{depth} = %c0 to %n step %c1 {{", *_lines(node.body, depth + 1), "}")


def ways(program: Sequence[Node]) -> Iterator[tuple[Copy, ...]]:
    """Every straight-line run, with up to three iterations a loop, each taken on its own."""
    choices = [list(_ways_of(node)) for node in program]
    for chosen in itertools.product(*choices):
        yield tuple(copy for part in chosen for copy in part)


def _ways_of(node: Node) -> Iterator[tuple[Copy, ...]]:
    if isinstance(node, Copy):
        yield (node,)
    elif isinstance(node, If):
        yield from itertools.islice(ways(node.then), 100)
        yield from itertools.islice(ways(node.other), 100)
    else:
        once = list(dict.fromkeys(itertools.islice(ways(node.body), 100)))
        yield ()
        yield from once
        for rounds, most in ((2, 4), (3, 3)):
            yield from (sum(chosen, ()) for chosen in itertools.product(once[:most], repeat=rounds))


def runs_alike(slots: Sequence[int], copies: Sequence[Copy]) -> bool:
    """Whether what each buffer holds is never taken by another while it is still read."""
    packed: dict[int, int] = {}
    apart: dict[int, int] = {}
    for step, copy in enumerate(copies):
        if copy.source is None:
            packed[slots[copy.target]] = apart[copy.target] = step
        elif copy.source in apart:
            if packed.get(slots[copy.source]) != apart[copy.source]:
                return False
            packed[slots[copy.target]] = apart[copy.target] = apart[copy.source]
        else:  # what nothing has written; nobody may rely on it
            packed.pop(slots[copy.target], None)
            apart.pop(copy.target, None)
    return True


@pytest.fixture(scope="module")
def context() -> Iterator[ir.Context]:
    with ir.Context() as made:
        yield made


@settings(max_examples=500, deadline=None)
@given(made=programs())
def test_what_passes_runs_as_if_all_buffers_lay_apart(
    made: tuple[tuple[int, ...], tuple[Node, ...]], context: ir.Context
) -> None:
    slots, program = made
    [checked] = check_module(ir.Module.parse(text_of(slots, program), context))
    if not checked.faults:
        for copies in itertools.islice(ways(program), 500):
            assert runs_alike(slots, copies), copies


@settings(max_examples=100, deadline=None)
@given(made=programs())
def test_buffers_that_lie_apart_are_never_overwritten(
    made: tuple[tuple[int, ...], tuple[Node, ...]], context: ir.Context
) -> None:
    slots, program = made
    [checked] = check_module(ir.Module.parse(text_of(range(len(slots)), program), context))
    assert all("nothing has written" in str(fault) for fault in checked.faults)
