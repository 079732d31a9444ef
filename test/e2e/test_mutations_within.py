"""Zero-copy that is wrong by one element, or lacks one copy, is caught: by the checker of final IR or by running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from forced import pack_forced

from l2opt import dialect
from l2opt.dialect.l2 import KernelOp, ViewOp
from l2opt.mlir import func, ir
from l2opt.passes.bufferize import Bufferize
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.form_kernels import FormKernels, prepare
from l2opt.passes.functions import target_function
from l2opt.passes.lower_kernels import LowerKernels
from l2opt.passes.materialize import Materialize
from l2opt.tools.compare import clone, compare
from l2opt.tools.inputs import make_inputs

NETWORK = """
func.func @main(%x: tensor<1x4x5x3xi8>, %y: tensor<1x4x5x3xi8>) -> (tensor<1x6x5x8xi8>, tensor<1x3x5x8xi8>) {
  %a = tosa.abs %x : (tensor<1x4x5x3xi8>) -> tensor<1x4x5x3xi8>
  %b = tosa.maximum %x, %y : (tensor<1x4x5x3xi8>, tensor<1x4x5x3xi8>) -> tensor<1x4x5x3xi8>
  %c = tosa.concat %a, %y, %b {axis = 3 : i32} : (tensor<1x4x5x3xi8>, tensor<1x4x5x3xi8>, tensor<1x4x5x3xi8>)
      -> tensor<1x4x5x9xi8>
  %widths = tosa.const_shape {values = dense<[0, 0, 1, 1, 0, 0, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %value = "tosa.const"() {values = dense<9> : tensor<1xi8>} : () -> tensor<1xi8>
  %d = tosa.pad %c, %widths, %value : (tensor<1x4x5x9xi8>, !tosa.shape<8>, tensor<1xi8>) -> tensor<1x6x5x9xi8>
  %start = tosa.const_shape {values = dense<[0, 0, 0, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %size = tosa.const_shape {values = dense<[1, 6, 5, 8]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %e = tosa.slice %d, %start, %size : (tensor<1x6x5x9xi8>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x6x5x8xi8>
  %first = tosa.const_shape {values = dense<[0, 2, 0, 0]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %rows = tosa.const_shape {values = dense<[1, 3, 5, 8]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %f = tosa.slice %e, %first, %rows : (tensor<1x6x5x8xi8>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x3x5x8xi8>
  %g = tosa.abs %e : (tensor<1x6x5x8xi8>) -> tensor<1x6x5x8xi8>
  %h = tosa.bitwise_not %f : (tensor<1x3x5x8xi8>) -> tensor<1x3x5x8xi8>
  return %g, %h : tensor<1x6x5x8xi8>, tensor<1x3x5x8xi8>
}
"""
Planned = tuple[ir.Module, ir.Module]


@pytest.fixture(scope="module")
def planned() -> Iterator[Planned]:
    """The network with every zero-copy choice taken, before its buffers become memrefs; and its reference."""
    with ir.Context() as context, ir.Location.unknown():
        dialect.load(context)
        module = ir.Module.parse(NETWORK)
        prepare(module, "")
        reference = clone(module)
        FormKernels().run(module)
        Bufferize().run(module)
        assert len(pack_forced(module)) == 5  # a and b in c, c in d, e in d, f in e
        yield module, reference


def caught(module: ir.Module, reference: ir.Module) -> tuple[bool, bool]:
    """Whether the checker and whether running it finds a fault in materialized IR."""
    LowerKernels().run(module)
    faults = any(each.faults for each in check_module(module))
    made = compare(module, clone(reference), "", partial(_inputs))
    assert made.distinct > 20
    return faults, made.difference is not None


def materialized(planned: Planned, change: Callable[[func.FuncOp], None]) -> ir.Module:
    """The network after `change` of its planned form."""
    module = clone(planned[0])
    change(target_function(module))
    Materialize().run(module)
    return module


def parts(fn: func.FuncOp) -> list[ViewOp]:
    return [op for op in fn.entry_block.operations if isinstance(op, ViewOp) and "starts" in op.attributes]


def test_the_sound_plan_passes(planned: Planned) -> None:
    assert caught(materialized(planned, lambda fn: None), planned[1]) == (False, False)


def test_every_part_shifted_by_an_element_is_caught(planned: Planned) -> None:
    found = []
    for number, part in enumerate(parts(target_function(planned[0]))):
        whole = part.operands[0].owner.type_of("holds").shape
        starts, sizes = list(part.dimensions("starts")), part.dimensions("sizes")
        for axis, extent in enumerate(whole):
            for step in (-1, 1):
                if 0 <= starts[axis] + step <= extent - sizes[axis]:
                    shifted = [*starts[:axis], starts[axis] + step, *starts[axis + 1 :]]
                    found.append(caught(materialized(planned, partial(_shift, number, shifted)), planned[1]))
    assert len(found) >= 7
    assert all(checked or ran for checked, ran in found)
    assert any(checked for checked, _ in found)
    assert any(ran for _, ran in found)


def _shift(number: int, starts: list[int], fn: func.FuncOp) -> None:
    parts(fn)[number].attributes["starts"] = ir.DenseI64ArrayAttr.get(starts)


@pytest.mark.parametrize("kernel", ["concat", "pad"])
def test_what_is_left_of_a_kernel_and_dropped_is_caught(planned: Planned, kernel: str) -> None:
    """The copy of y, and the border of the pad."""
    module = materialized(planned, lambda fn: None)
    calls = [op.operation for op in target_function(module).entry_block.operations if op.operation.name == "func.call"]
    rest = [op for op in calls if f"{kernel}_rest" in str(op.attributes["callee"])]
    assert len(rest) == 1
    rest[0].erase()
    assert caught(module, planned[1]) != (False, False)


def test_a_move_that_is_left_out_though_its_operand_lies_elsewhere_is_caught(planned: Planned) -> None:
    """The concatenation's own input y is no part: the kernel must copy it, and is told that all is in place."""

    def leave_out(fn: func.FuncOp) -> None:
        concat = next(op for op in fn.entry_block.operations if isinstance(op, KernelOp) and "concat" in op.callee)
        assert list(concat.attributes["within"]) == [0, 2]
        concat.attributes["within"] = ir.DenseI64ArrayAttr.get([0, 1, 2])

    assert caught(materialized(planned, leave_out), planned[1]) != (False, False)


def _inputs(program, count: int, run: int) -> list:
    return make_inputs(program, count, {}, run)
