"""What a kernel's loops and branches allocate is freed in the block that allocates it, however it is handed on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from l2opt.mlir import ir
from l2opt.passes.functions import KERNEL, functions
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.source import new_context

T = "tensor<4xf32>"
LOOP = f"""
  %r:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %x, %b = %x) -> ({T}, {T}) {{
    %t = tosa.tanh %a : ({T}) -> {T}
    scf.yield %b, %t : {T}, {T}
  }}
  return %r#1 : {T}"""
WHILE = f"""
  %r:2 = scf.while (%a = %x, %i = %c0) : ({T}, index) -> ({T}, index) {{
    %e = tosa.exp %a : ({T}) -> {T}
    %more = arith.cmpi ult, %i, %c3 : index
    scf.condition(%more) %e, %i : {T}, index
  }} do {{
  ^bb0(%b: {T}, %i: index):
    %j = arith.addi %i, %c1 : index
    %t = tosa.tanh %b : ({T}) -> {T}
    scf.yield %t, %j : {T}, index
  }}
  return %r#0 : {T}"""
BRANCH = f"""
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %x) -> {T} {{
    %first = arith.cmpi eq, %i, %c0 : index
    %t = scf.if %first -> {T} {{
      %e = tosa.exp %a : ({T}) -> {T}
      scf.yield %e : {T}
    }} else {{
      scf.yield %x : {T}
    }}
    scf.yield %t : {T}
  }}
  return %r : {T}"""


@pytest.mark.parametrize("body", [LOOP, WHILE, BRANCH], ids=["for", "while", "if"])
def test_every_block_frees_what_it_allocates(body: str) -> None:
    bounds = "".join(f"  %c{k} = arith.constant {k} : index\n" for k in (0, 1, 3))
    with new_context(allow_unregistered=False), ir.Location.unknown():
        module = ir.Module.parse(f"func.func @main(%x: {T}) -> {T} {{\n{bounds}{body}\n}}\n")
        for stage in pipeline(PACK, {"l2": "1KB"}):
            stage.run(module)
        allocated = 0
        for fn in functions(module):
            for block in blocks(fn.operation) if KERNEL in fn.attributes else ():
                made = {op.results[0] for op in block if op.operation.name == "memref.alloc"}
                freed = [op.operands[0] for op in block if op.operation.name == "memref.dealloc"]
                assert len(freed) == len(made)
                assert set(freed) == made
                allocated += len(made)
        assert allocated


def blocks(op: ir.Operation) -> Iterator[ir.Block]:
    for region in op.regions:
        for block in region:
            yield block
            for inner in block:
                yield from blocks(inner.operation)
