"""Any small network that MLIR has bufferized, packed into an L2 of any size, is sound by the checker of final IR and
runs bit for bit like the unpacked one; allocations leave L2 and come back."""

from __future__ import annotations

import os
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import networks

from l2opt import dialect
from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.execution import copies_between_arenas
from l2opt.passes.form_kernels import prepare
from l2opt.passes.functions import target_function
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs
from l2opt.tools.reference import make_reference

EXAMPLES = int(os.environ.get("L2OPT_EXAMPLES", "25"))
M = "memref<64xf32>"
BINARY = f"{M}, {M}"

options = st.fixed_dictionaries(
    {"l2": st.sampled_from(["0", "64", "200", "500", "1KB", "2KB", "4KB"])},
    optional={
        "order": st.just("program"),
        "io": st.just("ddr"),
        "weights": st.just("auto"),
        "alignment": st.just("128"),
        "arena": st.just("alloc"),
        "dma": st.just("async"),
        "l2-space": st.just('"L2"'),
    },
)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=networks(), values=options, at_start=st.booleans())
def test_bufferized_networks_are_sound_and_equal_the_unpacked(
    text: str, values: dict[str, str], at_start: bool
) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        prepare(module, "")
        make_reference(module, "main", (), 0)
        reference = clone(module)
        for stage in pipeline(PACK, values):
            stage.run(module)
        assert module.operation.verify()
        assert [str(fault) for each in check_module(module) for fault in each.faults] == []
        made = compare(module, reference, "", partial(_inputs), at_start=at_start)
    assert made.difference is None


# %a is read at once and twice at the end; between are three more, of which two may stay: it leaves, and comes back.
SKIP = f"""func.func @main(%x: {M}, %o: {M}) {{
  %a = memref.alloc() : {M}
  linalg.exp ins(%x : {M}) outs(%a : {M})
  %v = memref.expand_shape %a [[0, 1]] output_shape [8, 8] : {M} into memref<8x8xf32>
  %b = memref.alloc() : {M}
  linalg.tanh ins(%a : {M}) outs(%b : {M})
  %c = memref.alloc() : {M}
  linalg.add ins(%a, %b : {BINARY}) outs(%c : {M})
  %d = memref.alloc() : {M}
  linalg.sub ins(%b, %c : {BINARY}) outs(%d : {M})
  memref.dealloc %b : {M}
  %e = memref.alloc() : {M}
  linalg.mul ins(%c, %d : {BINARY}) outs(%e : {M})
  %f = memref.alloc() : {M}
  linalg.mul ins(%e, %d : {BINARY}) outs(%f : {M})
  %g = memref.collapse_shape %v [[0, 1]] : memref<8x8xf32> into {M}
  %h = memref.alloc() : {M}
  linalg.add ins(%g, %f : {BINARY}) outs(%h : {M})
  linalg.add ins(%g, %h : {BINARY}) outs(%o : {M})
  return
}}
"""


@pytest.mark.parametrize(("dma", "at_start"), [("sync", True), ("async", True), ("async", False)])
def test_an_allocation_leaves_l2_and_comes_back(dma: str, at_start: bool) -> None:
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(SKIP)
        reference = clone(module)
        for stage in pipeline(PACK, {"l2": "768", "dma": dma, "merge": "none"}):
            stage.run(module)
        traffic = target_function(module).attributes["l2.plan"]["traffic"].value
        copies = len(copies_between_arenas(target_function(module)))
        assert not any(each.faults for each in check_module(module))
        made = compare(module, reference, "", _inputs, at_start=at_start)
    assert traffic == 2 * 256 + 2 * 256  # the arguments; out and back
    assert copies == (2 if dma == "sync" else 0)
    assert (made.copies, made.difference) == (2, None)
    assert made.poisoned >= 7


def test_an_operation_writes_one_allocation_over_another() -> None:
    """Two at a time, with one for what is read again, are enough; without a choice it takes one more."""
    for merge, peak in (("alias", 768), ("none", 1024)):
        with ir.Context() as context, ir.Location.unknown():
            dialect.load(context)
            module = ir.Module.parse(SKIP)
            reference = clone(module)
            for stage in pipeline(PACK, {"l2": "2MB", "merge": merge}):
                stage.run(module)
            fn = target_function(module)
            assert fn.attributes["l2.plan"]["peak"].value == peak
            assert ("l2.in_place" in str(fn)) == (merge == "alias")
            assert not any(each.faults for each in check_module(module))
            made = compare(module, reference, "", _inputs)
        assert made.difference is None


NOT_OVER = {
    "read again": ("linalg.exp ins(%a : {m}) outs(%b : {m})", "linalg.add ins(%a, %b : {m}, {m}) outs(%o : {m})"),
    "read in another order": (
        "linalg.generic {{indexing_maps = [affine_map<(i) -> (63 - i)>, affine_map<(i) -> (i)>],"
        ' iterator_types = ["parallel"]}} ins(%a : {m}) outs(%b : {m}) {{\n^bb0(%p: f32, %q: f32):\n'
        "linalg.yield %p : f32\n}}",
        "linalg.exp ins(%b : {m}) outs(%o : {m})",
    ),
    "read twice, once in another order": (
        "linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (63 - i)>, "
        "affine_map<(i) -> (i)>], "
        'iterator_types = ["parallel"]}} ins(%a, %a : {m}, {m}) outs(%b : {m}) {{\n^bb0(%p: f32, %r: f32, %q: f32):\n'
        "%s = arith.addf %p, %r : f32\nlinalg.yield %s : f32\n}}",
        "linalg.exp ins(%b : {m}) outs(%o : {m})",
    ),
    "read in the body": (
        "linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],"
        ' iterator_types = ["parallel"]}} ins(%a : {m}) outs(%b : {m}) {{\n^bb0(%p: f32, %q: f32):\n'
        "%s = memref.load %a[%zero] : {m}\n%t = arith.addf %p, %s : f32\nlinalg.yield %t : f32\n}}",
        "linalg.exp ins(%b : {m}) outs(%o : {m})",
    ),
    "added to": (
        "linalg.copy ins(%x : {m}) outs(%b : {m})",
        "linalg.dot ins(%a, %b : {m}, {m}) outs(%d : memref<f32>)",
    ),
}


@pytest.mark.parametrize("lines", NOT_OVER.values(), ids=NOT_OVER)
def test_what_is_needed_later_or_elsewhere_is_not_written_over(lines: tuple[str, ...]) -> None:
    body = "\n".join(line.format(m=M) for line in lines)
    text = f"""func.func @main(%x: {M}, %o: {M}, %d: memref<f32>) {{
      %zero = arith.constant 0 : index
      %a = memref.alloc() : {M}
      %b = memref.alloc() : {M}
      linalg.exp ins(%x : {M}) outs(%a : {M})
      {body}
      return
    }}"""
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(text)
        reference = clone(module)
        for stage in pipeline(PACK, {"l2": "2MB"}):
            stage.run(module)
        assert "l2.in_place" not in str(module)
        assert not any(each.faults for each in check_module(module))
        assert compare(module, reference, "", _inputs).difference is None


def _inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)
