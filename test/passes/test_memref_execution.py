"""Programs on memrefs give the same results packed and unpacked, whatever fits L2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from l2opt.mlir import PassManager, func, ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.materialize import Materialize
from l2opt.passes.pack import Pack
from l2opt.tools.engine import Executable, array_for, compile_module
from l2opt.tools.source import new_context

BUFFERIZE = (
    "func.func(linalg-fuse-elementwise-ops),canonicalize,eliminate-empty-tensors,one-shot-bufferize{"
    "bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map buffer-alignment=64},"
)
OUTPUTS = "buffer-results-to-out-params{hoist-static-allocs=true modify-public-functions=true},"
CLEAN = "canonicalize,cse,canonicalize"

# A padded convolution, two branches joined by a concatenation, a skip connection.
NETWORK = """
#id = affine_map<(a, b, c, d) -> (a, b, c, d)>
func.func @main(%x: tensor<1x8x8x4xi32>, %w0: tensor<3x3x4x8xi32>, %w1: tensor<1x1x8x4xi32>) -> tensor<1x8x8x16xi32> {
  %zero = arith.constant 0 : i32
  %p = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : i32
  } : tensor<1x8x8x4xi32> to tensor<1x10x10x4xi32>
  %e8 = tensor.empty() : tensor<1x8x8x8xi32>
  %f8 = linalg.fill ins(%zero : i32) outs(%e8 : tensor<1x8x8x8xi32>) -> tensor<1x8x8x8xi32>
  %conv = linalg.conv_2d_nhwc_hwcf ins(%p, %w0 : tensor<1x10x10x4xi32>, tensor<3x3x4x8xi32>)
      outs(%f8 : tensor<1x8x8x8xi32>) -> tensor<1x8x8x8xi32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%conv : tensor<1x8x8x8xi32>) outs(%e8 : tensor<1x8x8x8xi32>) {
  ^bb0(%in: i32, %out: i32):
    %r = arith.maxsi %in, %zero : i32
    linalg.yield %r : i32
  } -> tensor<1x8x8x8xi32>
  %e4 = tensor.empty() : tensor<1x8x8x4xi32>
  %f4 = linalg.fill ins(%zero : i32) outs(%e4 : tensor<1x8x8x4xi32>) -> tensor<1x8x8x4xi32>
  %b = linalg.conv_2d_nhwc_hwcf ins(%a, %w1 : tensor<1x8x8x8xi32>, tensor<1x1x8x4xi32>)
      outs(%f4 : tensor<1x8x8x4xi32>) -> tensor<1x8x8x4xi32>
  %c = linalg.add ins(%b, %x : tensor<1x8x8x4xi32>, tensor<1x8x8x4xi32>) outs(%e4 : tensor<1x8x8x4xi32>)
      -> tensor<1x8x8x4xi32>
  %e16 = tensor.empty() : tensor<1x8x8x16xi32>
  %j0 = tensor.insert_slice %a into %e16[0, 0, 0, 0] [1, 8, 8, 8] [1, 1, 1, 1]
      : tensor<1x8x8x8xi32> into tensor<1x8x8x16xi32>
  %j1 = tensor.insert_slice %b into %j0[0, 0, 0, 8] [1, 8, 8, 4] [1, 1, 1, 1]
      : tensor<1x8x8x4xi32> into tensor<1x8x8x16xi32>
  %j2 = tensor.insert_slice %c into %j1[0, 0, 0, 12] [1, 8, 8, 4] [1, 1, 1, 1]
      : tensor<1x8x8x4xi32> into tensor<1x8x8x16xi32>
  %joined = linalg.mul ins(%j2, %j2 : tensor<1x8x8x16xi32>, tensor<1x8x8x16xi32>) outs(%e16 : tensor<1x8x8x16xi32>)
      -> tensor<1x8x8x16xi32>
  return %joined : tensor<1x8x8x16xi32>
}
"""

# Allocations in loops and branches, carried and swapped memrefs, views of views, scalars that steer later steps.
CONTROL = """
func.func @main(%x: memref<4x16xi32>, %steps: memref<2xindex>, %out: memref<4x16xi32>, %sum: memref<64xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i32
  %a = memref.alloc() : memref<4x16xi32>
  %b = memref.alloc() : memref<4x16xi32>
  linalg.copy ins(%x : memref<4x16xi32>) outs(%a : memref<4x16xi32>)
  linalg.fill ins(%zero : i32) outs(%b : memref<4x16xi32>)
  %n = memref.load %steps[%c0] : memref<2xindex>
  %m = memref.load %steps[%c1] : memref<2xindex>
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a, %q = %b) -> (memref<4x16xi32>, memref<4x16xi32>) {
    %t = memref.alloc() : memref<4x16xi32>
    linalg.add ins(%p, %q : memref<4x16xi32>, memref<4x16xi32>) outs(%t : memref<4x16xi32>)
    memref.copy %t, %q : memref<4x16xi32> to memref<4x16xi32>
    memref.dealloc %t : memref<4x16xi32>
    scf.yield %q, %p : memref<4x16xi32>, memref<4x16xi32>
  }
  %odd = arith.cmpi ugt, %m, %n : index
  %chosen = scf.if %odd -> memref<4x16xi32> {
    %u = memref.alloc() : memref<4x16xi32>
    linalg.mul ins(%r#0, %x : memref<4x16xi32>, memref<4x16xi32>) outs(%u : memref<4x16xi32>)
    scf.yield %u : memref<4x16xi32>
  } else {
    scf.yield %x : memref<4x16xi32>
  }
  %left = memref.subview %chosen[0, 0] [4, 8] [1, 1] : memref<4x16xi32> to memref<4x8xi32, strided<[16, 1]>>
  %right = memref.subview %r#1[0, 8] [4, 8] [1, 1] : memref<4x16xi32> to memref<4x8xi32, strided<[16, 1], offset: 8>>
  %h = memref.alloc() : memref<4x8xi32>
  linalg.sub ins(%left, %right : memref<4x8xi32, strided<[16, 1]>>, memref<4x8xi32, strided<[16, 1], offset: 8>>)
      outs(%h : memref<4x8xi32>)
  %w = memref.alloc() : memref<4x16xi32>
  %w0 = memref.subview %w[0, 0] [4, 8] [1, 1] : memref<4x16xi32> to memref<4x8xi32, strided<[16, 1]>>
  %w1 = memref.subview %w[0, 8] [4, 8] [1, 1] : memref<4x16xi32> to memref<4x8xi32, strided<[16, 1], offset: 8>>
  linalg.copy ins(%h : memref<4x8xi32>) outs(%w0 : memref<4x8xi32, strided<[16, 1]>>)
  memref.copy %right, %w1 : memref<4x8xi32, strided<[16, 1], offset: 8>> to memref<4x8xi32, strided<[16, 1], offset: 8>>
  %k = memref.alloc() : memref<1xindex>
  memref.store %c0, %k[%c0] : memref<1xindex>
  %flat = memref.collapse_shape %w [[0, 1]] : memref<4x16xi32> into memref<64xi32>
  scf.while : () -> () {
    %v = memref.load %k[%c0] : memref<1xindex>
    %go = arith.cmpi ult, %v, %m : index
    scf.condition(%go)
  } do {
    %v = memref.load %k[%c0] : memref<1xindex>
    %v1 = arith.addi %v, %c1 : index
    memref.store %v1, %k[%c0] : memref<1xindex>
    linalg.add ins(%flat, %flat : memref<64xi32>, memref<64xi32>) outs(%flat : memref<64xi32>)
    scf.yield
  }
  memref.copy %flat, %sum : memref<64xi32> to memref<64xi32>
  memref.copy %chosen, %out : memref<4x16xi32> to memref<4x16xi32>
  memref.dealloc %a : memref<4x16xi32>
  memref.dealloc %b : memref<4x16xi32>
  return
}
"""

# What an iteration allocates, the next one reads; storage chosen at run time; a call that takes the default space only.
CARRIED = """
func.func @main(%x: memref<64xi32>, %steps: memref<2xindex>, %out: memref<64xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1 : i32
  %first = memref.alloc() : memref<64xi32>
  memref.copy %x, %first : memref<64xi32> to memref<64xi32>
  %n = memref.load %steps[%c0] : memref<2xindex>
  %m = memref.load %steps[%c1] : memref<2xindex>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %first) -> memref<64xi32> {
    %next = memref.alloc() : memref<64xi32>
    linalg.add ins(%p, %x : memref<64xi32>, memref<64xi32>) outs(%next : memref<64xi32>)
    scf.yield %next : memref<64xi32>
  }
  %y = memref.alloc() : memref<64xi32>
  %z = memref.alloc() : memref<64xi32>
  linalg.copy ins(%x : memref<64xi32>) outs(%y : memref<64xi32>)
  linalg.add ins(%r, %y : memref<64xi32>, memref<64xi32>) outs(%z : memref<64xi32>)
  %less = arith.cmpi ult, %n, %m : index
  %chosen = arith.select %less, %y, %z : memref<64xi32>
  %w:2 = scf.while (%s = %chosen, %t = %m) : (memref<64xi32>, index) -> (memref<64xi32>, index) {
    %more = arith.cmpi ugt, %t, %c0 : index
    scf.condition(%more) %s, %t : memref<64xi32>, index
  } do {
  ^bb0(%s: memref<64xi32>, %t: index):
    %d = memref.alloc() : memref<64xi32>
    func.call @double(%s, %d) : (memref<64xi32>, memref<64xi32>) -> ()
    memref.copy %d, %s : memref<64xi32> to memref<64xi32>
    memref.dealloc %d : memref<64xi32>
    %u = arith.subi %t, %c1 : index
    scf.yield %s, %u : memref<64xi32>, index
  }
  affine.for %i = 0 to 64 {
    %v = affine.load %w#0[%i] : memref<64xi32>
    %q = memref.alloc() : memref<1xi32>
    affine.store %v, %q[0] : memref<1xi32>
    %v1 = affine.load %q[0] : memref<1xi32>
    %v2 = arith.addi %v1, %one : i32
    affine.store %v2, %out[%i] : memref<64xi32>
  }
  return
}
func.func private @double(%a: memref<64xi32>, %b: memref<64xi32>) {
  linalg.add ins(%a, %a : memref<64xi32>, memref<64xi32>) outs(%b : memref<64xi32>)
  return
}
"""

PROGRAMS = {
    "network": (NETWORK, BUFFERIZE + OUTPUTS + CLEAN),
    "network-results": (NETWORK, BUFFERIZE + CLEAN),
    "network-deallocs": (NETWORK, BUFFERIZE + OUTPUTS + CLEAN + ",buffer-deallocation-pipeline"),
    "network-loops": (NETWORK, BUFFERIZE + OUTPUTS + CLEAN + ",func.func(convert-linalg-to-loops)"),
    "carried": (CARRIED, "cse"),
    "control": (CONTROL, "canonicalize"),
    "control-loops": (CONTROL, "func.func(convert-linalg-to-affine-loops)"),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("l2", [1 << 20, 5000, 600, 0])
def test_packed_equals_unpacked(name: str, l2: int) -> None:
    for order in ("program", "memory"):
        expected, packed = run(name, None), run(name, Pack(l2=l2, order=order))
        assert len(np.unique(expected[-1])) > 4, "the outputs vary"
        for one, other in zip(expected, packed, strict=True):
            np.testing.assert_array_equal(one, other)


def run(name: str, pack: Pack | None) -> list[np.ndarray[Any, Any]]:
    """What the program leaves in every argument and result but its arenas."""
    source, pipeline = PROGRAMS[name]
    with new_context(allow_unregistered=False), ir.Location.unknown():
        module = ir.Module.parse(source)
        PassManager.parse(f"builtin.module({pipeline})").run(module.operation)
        arenas: set[int] = set()
        if pack is not None:
            pack.run(module)
            Materialize().run(module)
            assert module.operation.verify()
            assert not [str(fault) for checked in check_module(module) for fault in checked.faults]
            arenas = arena_arguments(module)
        main = compile_module(module, ["main"], 0)["main"]
        return [array for seed in range(3) for array in _run_on(main, arenas, np.random.default_rng(seed))]


def _run_on(main: Executable, arenas: set[int], random: np.random.Generator) -> list[np.ndarray[Any, Any]]:
    arrays = [array_for(shape, dtype, 0x5A) for shape, dtype in main.signature]
    others = [array for position, array in enumerate(arrays) if position not in arenas]
    for array in others:
        array[...] = random.integers(1, 6, array.shape)
    main(arrays)
    return others


def arena_arguments(module: ir.Module) -> set[int]:
    [fn] = [op for op in module.body if isinstance(op, func.FuncOp) and "l2.arenas" in op.attributes]
    return {fn.attributes["l2.arenas"][name]["argument"].value for name in ("L2", "DDR")}
