"""Which allocations are planned, and what the steps of a function on memrefs are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from l2opt.mlir import func, ir
from l2opt.passes.memref_effects import copies_itself
from l2opt.passes.memref_form import extract_memref, is_memref_level
from l2opt.passes.memref_program import Home, read_program
from l2opt.passes.memref_steps import steps_of
from l2opt.plan import Kind, Memory, Problem

L2 = Memory("L2", 1 << 20)
DDR = Memory("DDR", None)


@pytest.fixture(autouse=True)
def context() -> Iterator[ir.Context]:
    with ir.Context() as made, ir.Location.unknown():
        made.allow_unregistered_dialects = True
        yield made


def function(body: str, arguments: str = "%x: memref<64xi8>", results: str = "", more: str = "") -> func.FuncOp:
    text = f"""
      memref.global @table : memref<64xi8> = dense<1>
      memref.global constant @weights : memref<64xi8> = dense<1>
      func.func @main({arguments}) {results} {{
        %c0 = arith.constant 0 : index
        %c1 = arith.constant 1 : index
        %c8 = arith.constant 8 : index
        {body}
      }}
      {more}
    """
    module = ir.Module.parse(text)
    fn = next(op for op in module.body if isinstance(op, func.FuncOp))
    FUNCTIONS.append(module)  # keeps what the function lies in
    return fn


FUNCTIONS: list[ir.Module] = []
A = "%a = memref.alloc() : memref<64xi8>\nmemref.copy %x, %a : memref<64xi8> to memref<64xi8>\n"
ON_HEAP = {
    "stored": (
        A + "%q = memref.alloca() : memref<1xmemref<64xi8>>\n"
        "memref.store %a, %q[%c0] : memref<1xmemref<64xi8>>\nreturn",
        "'memref.store' takes its address",
    ),
    "made a tensor": (
        A + "%t = bufferization.to_tensor %a : memref<64xi8> to tensor<64xi8>\nreturn",
        "'bufferization.to_tensor' takes its address",
    ),
    "in another space": (
        A + "%t = memref.memory_space_cast %a : memref<64xi8> to memref<64xi8, 3>\nreturn",
        "'memref.memory_space_cast' takes its address",
    ),
    "as an integer": (
        A + "%t = memref.extract_aligned_pointer_as_index %a : memref<64xi8> -> index\nreturn",
        "'memref.extract_aligned_pointer_as_index' takes its address",
    ),
    "through what is not known": (
        A + '%t = "vendor.view"(%a) : (memref<64xi8>) -> memref<64xi8>\nreturn',
        "'vendor.view' takes its address",
    ),
    "returned by a call": (
        A + "%t = call @same(%a) : (memref<64xi8>) -> memref<64xi8>\nreturn",
        "'func.call' takes its address",
    ),
    "freed by a call": (A + "call @free(%a) : (memref<64xi8>) -> ()\nreturn", "'func.call' takes its address"),
    "freed as one of two": (
        A + "%u = arith.select %p, %a, %x : memref<64xi8>\nmemref.dealloc %u : memref<64xi8>\nreturn",
        "it is freed through a value that may be other storage",
    ),
    "in a parallel body": (
        "scf.parallel (%i) = (%c0) to (%c8) step (%c1) {\n" + A + "}\nreturn",
        "it is made in the body of 'scf.parallel'",
    ),
    "in a space of its own": ("%a = memref.alloc() : memref<64xi8, 5>\nreturn", "it is in memory space 5 : i64"),
    "carried": (
        "%r = scf.for %i = %c0 to %c8 step %c1 iter_args(%s = %x) -> memref<64xi8> {\n"
        + A
        + "scf.yield %a : memref<64xi8>\n}\nreturn",
        "it is carried into the next iteration of the loop that makes it",
    ),
}
CALLEES = """
func.func private @same(%a: memref<64xi8>) -> memref<64xi8> { return %a : memref<64xi8> }
func.func private @free(%a: memref<64xi8>) { memref.dealloc %a : memref<64xi8> return }
func.func private @vendor(memref<64xi8>, memref<64xi8>)
"""


@pytest.mark.parametrize("case", ON_HEAP)
def test_what_cannot_be_followed_stays_on_the_heap_and_says_why(case: str) -> None:
    body, why = ON_HEAP[case]
    program = read_program(function(body, "%x: memref<64xi8>, %p: i1", more=CALLEES))
    assert (Home.HEAP, why) in [(each.home, each.why) for each in program.objects]
    assert not program.planned()


def test_storage_is_followed_through_views_regions_and_calls() -> None:
    fn = function(
        A + "%b = memref.alloc() : memref<64xi8>\n"
        "%v = memref.expand_shape %a [[0, 1]] output_shape [8, 8] : memref<64xi8> into memref<8x8xi8>\n"
        "%w = memref.collapse_shape %v [[0, 1]] : memref<8x8xi8> into memref<64xi8>\n"
        "%r:2 = scf.for %i = %c0 to %c8 step %c1 iter_args(%s = %w, %t = %b) -> (memref<64xi8>, memref<64xi8>) {\n"
        "  scf.yield %t, %s : memref<64xi8>, memref<64xi8>\n}\n"
        "call @vendor(%r#0, %x) : (memref<64xi8>, memref<64xi8>) -> ()\nreturn",
        more=CALLEES,
    )
    program = read_program(fn)
    assert [each.home for each in program.objects] == [Home.ARGUMENT, Home.PLANNED, Home.PLANNED]
    steps = steps_of(program)
    assert [step.op.name for step in steps] == ["memref.copy", "scf.for", "func.call"]
    assert list(steps[2].writes) == [1, 2, 0], "the result may be either, and the callee may write it"


def problem(fn: func.FuncOp, io: str = "l2") -> Problem:
    assert is_memref_level(fn)
    return extract_memref(fn, L2, DDR, io)


def test_kinds_of_buffers() -> None:
    fn = function(
        "%t = memref.get_global @table : memref<64xi8>\n%w = memref.get_global @weights : memref<64xi8>\n"
        + A
        + "linalg.add ins(%a, %w : memref<64xi8>, memref<64xi8>) outs(%y : memref<64xi8>)\n"
        "linalg.copy ins(%a : memref<64xi8>) outs(%t : memref<64xi8>)\nreturn %a : memref<64xi8>",
        "%x: memref<64xi8>, %y: memref<64xi8>",
        "-> memref<64xi8>",
    )
    made = problem(fn, io="ddr")
    assert [(b.kind, b.external, b.pinned, b.live_out) for b in made.buffers] == [
        (Kind.INPUT, True, None, False),
        (Kind.OUTPUT, True, None, False),
        (Kind.OUTPUT, True, None, False),
        (Kind.CONSTANT, True, None, False),
        (Kind.OUTPUT, False, "DDR", True),
    ]
    assert [b.value for b in made.buffers] == ["%arg0", "%arg1", "%0", "%1", "%alloc"]


def test_a_loop_is_one_step_with_all_that_it_touches() -> None:
    fn = function(
        A + "%b = memref.alloc() : memref<64xi8>\n"
        "scf.for %i = %c0 to %c8 step %c1 {\n"
        "  %v = memref.load %a[%i] : memref<64xi8>\n  memref.store %v, %b[%i] : memref<64xi8>\n}\n"
        "memref.copy %b, %x : memref<64xi8> to memref<64xi8>\nreturn"
    )
    made = problem(fn)
    assert [(k.name, k.reads, k.writes) for k in made.kernels] == [
        ("memref.copy", ("b0",), ("b1",)),
        ("scf.for", ("b1",), ("b2",)),
        ("memref.copy", ("b2",), ("b0",)),
    ]
    assert made.kernels[1].ops == ("memref.load", "memref.store")


def test_an_operand_that_the_body_ignores_is_not_read() -> None:
    fn = function(
        A + "%b = memref.alloc() : memref<64xi8>\n"
        "linalg.map { arith.addi } ins(%a, %a : memref<64xi8>, memref<64xi8>) outs(%b : memref<64xi8>)\nreturn"
    )
    assert problem(fn).kernels[1].reads == ("b1",)


def test_scalars_and_effects_keep_their_order() -> None:
    fn = function(
        "%v = memref.load %x[%c0] : memref<64xi8>\n"
        '"vendor.print"() : () -> ()\n'
        "%w = arith.addi %v, %v : i8\n"
        "%a = memref.alloc() : memref<64xi8>\n"
        "linalg.fill ins(%w : i8) outs(%a : memref<64xi8>)\n"
        "memref.copy %a, %y : memref<64xi8> to memref<64xi8>\nreturn",
        "%x: memref<64xi8>, %y: memref<64xi8>",
    )
    after = [kernel.after for kernel in problem(fn).kernels]
    assert after[1] == ("k0",), "nothing passes what has unknown effects"
    assert after[2] == ("k0", "k1"), "the value loaded, and the unknown effect"
    assert after[3] == ("k0", "k1"), "the arguments may be the same memory"


TWO = "memref<64xi8>, memref<64xi8>"
TABLE = "%t = memref.get_global @table : memref<64xi8>\n%w = memref.get_global @weights : memref<64xi8>\n"


def test_steps_reach_what_may_be_the_same_memory_under_other_names() -> None:
    fn = function(
        TABLE + f"linalg.add ins(%w, %w : {TWO}) outs(%y : memref<64xi8>)\n"
        f"%a = memref.alloc() : memref<64xi8>\nlinalg.add ins(%y, %w : {TWO}) outs(%a : memref<64xi8>)\n"
        f"linalg.add ins(%a, %w : {TWO}) outs(%a : memref<64xi8>)\n"
        f"linalg.add ins(%w, %w : {TWO}) outs(%t : memref<64xi8>)\nreturn",
        "%x: memref<64xi8>, %y: memref<64xi8>, %z: memref<64xi8> {llvm.noalias}",
    )
    kernels = problem(fn).kernels
    assert [(kernel.sees, kernel.changes) for kernel in kernels] == [
        ((), ("b0", "b3")),
        (("b0", "b3"), ()),  # what is read later must not be brought in before what is written here is at home
        ((), ()),
        ((), ("b0", "b1")),
    ]
    assert kernels[3].after == ("k0", "k1"), "the global may be the memory of an argument"


def test_what_a_loop_reaches_under_two_names_is_used_where_it_is() -> None:
    loop = (
        "scf.for %i = %c0 to %c8 step %c1 {{\n  %v = memref.load %{source}[%i] : memref<64xi8>\n"
        "  memref.store %v, %y[%i] : memref<64xi8>\n}}\nreturn"
    )
    arguments = "%x: memref<64xi8>, %y: memref<64xi8>, %z: memref<64xi8> {llvm.noalias}"
    for source, staged in (("x", [False, False, True]), ("y", [True, True, True]), ("z", [True, True, True])):
        made = problem(function(loop.format(source=source), arguments))
        assert [buffer.staged for buffer in made.buffers] == staged


def test_what_is_written_in_part_first_is_a_variable() -> None:
    part = "%s = memref.subview %x[0] [8] [1] : memref<64xi8> to memref<8xi8, strided<[1]>>\n"
    fill = "%v = arith.constant 1 : i8\nlinalg.fill ins(%v : i8) outs({} : {})\n"
    whole, some = (
        fill.format("%x", "memref<64xi8>"),
        fill.format("%s", "memref<8xi8, strided<[1]>>").replace("%v", "%u"),
    )
    for body, kind in ((part + some + whole, Kind.VARIABLE), (whole + part + some, Kind.OUTPUT)):
        assert [buffer.kind for buffer in problem(function(body + "return")).buffers] == [kind]


def test_a_copy_to_itself_is_no_step_and_one_to_another_place_is() -> None:
    part = "memref.subview %a[{row}, 0] [1, 4] [1, 1] : memref<3x4xi8> to memref<1x4xi8, strided<[4, 1], offset: ?>>"
    row = "memref<1x4xi8, strided<[4, 1], offset: ?>>"
    text = f"""func.func @main(%i: index, %j: index) {{
      %a = memref.alloc() : memref<3x4xi8>
      %p = {part.format(row="%i")}
      %q = {part.format(row="%i")}
      %r = {part.format(row="%j")}
      memref.copy %p, %q : {row} to {row}
      memref.copy %p, %r : {row} to {row}
      return
    }}"""
    module = ir.Module.parse(text)
    [fn] = module.body.operations
    copies = [op.operation for op in fn.entry_block.operations if op.operation.name == "memref.copy"]
    assert [copies_itself(op) for op in copies] == [True, False]
    assert [step.op for step in steps_of(read_program(fn))] == copies[1:]
