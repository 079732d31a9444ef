"""Any program on memrefs, packed into an L2 of any size, leaves what the unpacked one leaves: in its arguments, also
where the caller gives one memory twice, in globals, and in its results."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memref_programs import M, differences, packed_and_unpacked, program, programs

from l2opt import dialect
from l2opt.errors import DeadlinePassed
from l2opt.mlir import ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.functions import target_function

EXAMPLES = int(os.environ.get("L2OPT_EXAMPLES", "40"))
DISTINCT = (0, 1, 2)

options = st.fixed_dictionaries(
    {"l2": st.sampled_from(["0", "256", "512", "768", "1KB", "2KB", "64KB"])},
    optional={
        "order": st.sampled_from(["program", "traffic"]),
        "io": st.just("ddr"),
        "weights": st.just("auto"),
        "dma": st.just("async"),
        "arena": st.just("alloc"),
    },
)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    text=programs(),
    values=options,
    same=st.sampled_from([DISTINCT, (0, 0, 1), (0, 1, 1), (0, 1, 0), (0, 0, 0)]),
    at_start=st.booleans(),
)
def test_packed_leaves_what_unpacked_leaves(
    text: str, values: dict[str, str], same: tuple[int, ...], at_start: bool
) -> None:
    assert run(text, values, same, at_start).differences == []


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=programs(alone=True), values=options, at_start=st.booleans())
def test_also_with_arguments_that_are_no_other_memory(text: str, values: dict[str, str], at_start: bool) -> None:
    assert run(text, values, DISTINCT, at_start).differences == []


SIZE = 256  # bytes of each memref
TWO = f"{M}, {M}"
READS = "\n".join(
    f"%r{k} = memref.alloc() : {M}\nlinalg.add ins({{0}}, %w : {TWO}) outs(%r{k} : {M})" for k in range(3)
)
UPDATES = f"""
  linalg.add ins(%w, %w : {TWO}) outs(%o : {M})
  linalg.add ins(%o, %w : {TWO}) outs(%o : {M})
  %half = memref.subview %o[0] [32] [1] : {M} to memref<32xi32, strided<[1]>>
  linalg.fill ins(%number : i32) outs(%half : memref<32xi32, strided<[1]>>)
  linalg.mul ins(%o, %w : {TWO}) outs(%o : {M})
"""


@pytest.mark.parametrize("dma", ["sync", "async"])
@pytest.mark.parametrize(("first", "brought"), [("%w", 0), ("%o", 1)])
def test_an_argument_that_is_written_comes_home_once(first: str, brought: int, dma: str) -> None:
    """It is brought in if it is read before."""
    made = run(program(UPDATES.replace("ins(%w", f"ins({first}")), {"l2": "64KB", "dma": dma})
    assert made.differences == []
    assert (made.traffic, made.transfers) == ((brought + 1) * SIZE, brought + 1)


def test_what_a_loop_writes_in_part_is_brought_in_first() -> None:
    loop = f"""scf.for %i = %one to %end step %one {{
      %a = memref.load %g[%i] : {M}
      %b = arith.addi %a, %number : i32
      memref.store %b, %g[%i] : {M}
    }}"""
    made = run(program(f"{loop}\nlinalg.add ins(%g, %w : {TWO}) outs(%g : {M})\n{loop}"), {"l2": "64KB"})
    assert made.differences == []
    assert (made.traffic, made.transfers) == (2 * SIZE, 2)


SHARED = {
    "it is written in L2 and read under another name": UPDATES + READS.format("%x"),
    "it is written under another name": READS.format("%x") + UPDATES + READS.format("%x").replace("%r", "%q"),
    "a call changes it": READS.format("%g") + "call @unknown() : () -> ()\n" + READS.format("%g").replace("%r", "%q"),
    "a call changes it first": f"%q0 = memref.alloc() : {M}\nlinalg.fill ins(%number : i32) outs(%q0 : {M})\n"
    "call @unknown() : () -> ()\n" + READS.format("%g") + UPDATES.replace("%o", "%g"),
    "a loop writes it under another name": f"""
      linalg.add ins(%w, %w : {TWO}) outs(%o : {M})
      scf.for %i = %zero to %end step %one {{
        %j = arith.subi %last, %i : index
        %a = memref.load %x[%j] : {M}
        %b = memref.load %o[%i] : {M}
        %c = arith.muli %a, %b : i32
        memref.store %c, %o[%i] : {M}
      }}""",
}


@pytest.mark.parametrize("at_start", [True, False, None])
@pytest.mark.parametrize("same", [DISTINCT, (0, 0, 1)])
@pytest.mark.parametrize("body", SHARED.values(), ids=SHARED)
def test_one_memory_under_two_names(body: str, same: tuple[int, ...], at_start: bool | None) -> None:
    values = {"l2": "64KB", "dma": "sync" if at_start is None else "async"}
    names = [f"%{letter}{k}" for letter in "rq" for k in range(3) if f"%{letter}{k} =" in body]
    made = run(program(body, names), values, same, at_start is not False)
    assert made.differences == []


def test_an_argument_that_is_no_other_memory_stays_in_l2_beside_others() -> None:
    body = READS.format("%x") + UPDATES + READS.format("%x").replace("%r", "%q")
    for alone, traffic in ((False, 3 * SIZE), (True, 2 * SIZE)):
        made = run(program(body, alone=alone), {"l2": "64KB"})
        assert (made.differences, made.traffic) == ([], traffic)


def test_an_argument_is_returned_and_written() -> None:
    made = run(program(UPDATES, ["%o", "%x"]), {"l2": "64KB"})
    assert (made.differences, made.traffic) == ([], SIZE)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    text=st.booleans().flatmap(lambda alone: programs(alone=alone)),
    l2=st.sampled_from(["512", "768", "1KB", "64KB"]),
    operands=st.sampled_from(["true", '"tensors"']),
    dma=st.sampled_from(["sync", "async"]),
    io=st.sampled_from(["l2", "ddr"]),
    at_start=st.booleans(),
)
def test_steps_find_every_operand_in_l2(
    tmp_path_factory: pytest.TempPathFactory, text: str, operands: str, at_start: bool, **values: str
) -> None:
    values["target"] = target(tmp_path_factory.getbasetemp(), operands)
    possible = "llvm.noalias" in text and "call @" not in text and values["l2"] != "512"
    try:
        made = run(text, values, DISTINCT, at_start)
    except (LocatedError, DeadlinePassed):
        if possible:
            raise
        return
    assert made.differences == []


def target(folder: Path, operands: str = "true") -> str:
    file = folder / f"{operands.strip(chr(34))}.toml"
    file.write_text(f"operands_in_l2 = {operands}\n")
    return str(file)


OUTSIDE = {
    "a call": (
        f"linalg.add ins(%w, %w : {TWO}) outs(%o : {M})\ncall @twice(%o) : ({M}) -> ()",
        "step k1 ('func.call') needs its operands in L2, and one cannot be there: 'func.call' may reach",
    ),
    "a loop": (
        SHARED["a loop writes it under another name"],
        "step k1 ('scf.for') needs its operands in L2, and one cannot be there: 'scf.for' may reach it under another",
    ),
    "the stack": (
        f"%a = memref.alloca() : {M}\nlinalg.fill ins(%number : i32) outs(%a : {M})",
        "step k0 ('linalg.fill') needs its operands in L2, and one cannot be there: it is on the stack",
    ),
    "too large": (
        "%a = memref.alloc() : memref<4097xi32>\nlinalg.fill ins(%number : i32) outs(%a : memref<4097xi32>)",
        "kernel k0 (linalg.fill) needs its operands in L2, 16388 B together, 4 B more than its capacity of 16384 B",
    ),
}


@pytest.mark.parametrize(("body", "message"), OUTSIDE.values(), ids=OUTSIDE)
def test_an_operand_that_cannot_be_in_l2_is_an_error_at_its_step(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(LocatedError, match=re.escape(message)):
        run(program(body), {"l2": "16KB", "target": target(tmp_path)})


def test_with_operands_in_l2_each_step_that_reaches_another_argument_brings_it_in_anew(tmp_path: Path) -> None:
    """%x is used by two steps, the second of which writes %o; %o is written twice."""
    body = f"""
      linalg.add ins(%x, %w : {TWO}) outs(%o : {M})
      linalg.add ins(%x, %o : {TWO}) outs(%p : {M})"""
    for alone, traffic in ((False, 5 * SIZE), (True, 3 * SIZE)):
        made = run(program(body, alone=alone), {"l2": "64KB", "target": target(tmp_path)})
        assert (made.differences, made.traffic) == ([], traffic)


@dataclass(frozen=True)
class Ran:
    differences: list[str]
    traffic: int
    transfers: int  # copies of whole arguments and globals between the arena and where they are, or transfers


def run(text: str, values: dict[str, str], same: tuple[int, ...] = DISTINCT, at_start: bool = True) -> Ran:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module, reference = packed_and_unpacked(text, values)
        fn = target_function(module)
        calls = [op.operation.name for op in fn.entry_block.operations]
        started = str(fn).count("call @l2_dma_start")
        transfers = started or calls.count("memref.copy")
        traffic = int(fn.attributes["l2.plan"]["traffic"].value)
        return Ran(differences(module, reference, same, at_start), traffic, transfers)
