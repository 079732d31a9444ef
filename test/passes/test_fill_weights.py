"""Values made up for a network let it run: what picks elements of a tensor is in range."""

from __future__ import annotations

import numpy as np
import pytest

from l2opt.mlir import ir
from l2opt.passes.elided import elided_constants
from l2opt.passes.fill_weights import FillWeights

THROUGH_A_TILE = """
func.func @main(%x: tensor<4x32x1xf32>) -> (tensor<4x16x1xf32>, tensor<64xi32>) {
  %picks = "tosa.const"() <{values = dense_resource<__elided__> : tensor<1x16xi32>}> : () -> tensor<1x16xi32>
  %free = "tosa.const"() <{values = dense_resource<__elided__> : tensor<64xi32>}> : () -> tensor<64xi32>
  %times = tosa.const_shape {values = dense<[4, 1]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %tiled = tosa.tile %picks, %times : (tensor<1x16xi32>, !tosa.shape<2>) -> tensor<4x16xi32>
  %picked = tosa.gather %x, %tiled : (tensor<4x32x1xf32>, tensor<4x16xi32>) -> tensor<4x16x1xf32>
  return %picked, %free : tensor<4x16x1xf32>, tensor<64xi32>
}
"""
IN_A_BODY = """
#map = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<8xf32>) -> (tensor<16xf32>, tensor<64xi32>) {
  %picks = arith.constant dense_resource<__elided__> : tensor<16xi32>
  %free = arith.constant dense_resource<__elided__> : tensor<64xi32>
  %empty = tensor.empty() : tensor<16xf32>
  %picked = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]}
      ins(%picks : tensor<16xi32>) outs(%empty : tensor<16xf32>) {
  ^bb0(%at: i32, %out: f32):
    %index = arith.index_cast %at : i32 to index
    %value = tensor.extract %x[%index] : tensor<8xf32>
    linalg.yield %value : f32
  } -> tensor<16xf32>
  return %picked, %free : tensor<16xf32>, tensor<64xi32>
}
"""


@pytest.mark.parametrize("text", [THROUGH_A_TILE, IN_A_BODY])
def test_what_picks_elements_is_zero_and_nothing_else_is(text: str) -> None:
    with ir.Context():
        module = ir.Module.parse(text)
        elided = [op for op, _ in elided_constants(module)]
        assert len(elided) == 2
        FillWeights(1).run(module)
        values = {}
        for op in module.body.operations[0].regions[0].blocks[0].operations:
            for named in ("values", "value"):
                if named in op.attributes and isinstance(op.attributes[named], ir.DenseElementsAttr):
                    filled = np.array(op.attributes[named])
                    values[filled.size] = filled
        assert not values[16].any()
        assert len(set(values[64].tolist())) > 10
