// RUN: l2opt-opt %s -split-input-file --l2-form-kernels=fuse=elementwise | FileCheck %s

// A softmax may be written over its operand: maximum and sum are complete before the last pass.
// CHECK-LABEL: @softmax_0_reduce_max
// CHECK-SAME:  l2.in_place = [array<i64: 0, 0>]
func.func @softmax(%p: tensor<1x8x64xf32>) -> tensor<1x8x64xf32> {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %m = tosa.reduce_max %p {axis = 2 : i32} : (tensor<1x8x64xf32>) -> tensor<1x8x1xf32>
  %d = tosa.sub %p, %m : (tensor<1x8x64xf32>, tensor<1x8x1xf32>) -> tensor<1x8x64xf32>
  %e = tosa.exp %d : (tensor<1x8x64xf32>) -> tensor<1x8x64xf32>
  %s = tosa.reduce_sum %e {axis = 2 : i32} : (tensor<1x8x64xf32>) -> tensor<1x8x1xf32>
  %i = tosa.reciprocal %s : (tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
  %r = tosa.mul %e, %i, %shift : (tensor<1x8x64xf32>, tensor<1x8x1xf32>, tensor<1xi8>) -> tensor<1x8x64xf32>
  return %r : tensor<1x8x64xf32>
}

// -----

// A maximum with its place, which two results come from: 16 rows of 64 leave 16 x (32 + 64) bits, under 1/8 of the
// operand's 16 x 64 x 32.
// CHECK-LABEL: @largest_0_generic
// CHECK-SAME:  l2.in_place = [array<i64: 0, 0>]
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @largest(%x: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %low = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0 : i64
  %e0 = tensor.empty() : tensor<16xf32>
  %e1 = tensor.empty() : tensor<16xi64>
  %e2 = tensor.empty() : tensor<16x64xf32>
  %f0 = linalg.fill ins(%low : f32) outs(%e0 : tensor<16xf32>) -> tensor<16xf32>
  %f1 = linalg.fill ins(%zero : i64) outs(%e1 : tensor<16xi64>) -> tensor<16xi64>
  %m:2 = linalg.generic {indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<16x64xf32>) outs(%f0, %f1 : tensor<16xf32>, tensor<16xi64>) {
  ^bb0(%in: f32, %most: f32, %at: i64):
    %k = linalg.index 1 : index
    %n = arith.index_cast %k : index to i64
    %larger = arith.maximumf %in, %most : f32
    %is = arith.cmpf ogt, %in, %most : f32
    %place = arith.select %is, %n, %at : i64
    linalg.yield %larger, %place : f32, i64
  } -> (tensor<16xf32>, tensor<16xi64>)
  %r = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %m#0 : tensor<16x64xf32>, tensor<16xf32>) outs(%e2 : tensor<16x64xf32>) {
  ^bb0(%in: f32, %most: f32, %out: f32):
    %d = arith.subf %in, %most : f32
    linalg.yield %d : f32
  } -> tensor<16x64xf32>
  return %r : tensor<16x64xf32>
}

// -----

// Not over what another place reads later: a column that is added to every column.
// CHECK-LABEL: @column_0_add
// CHECK-NOT:   l2.in_place
func.func @column(%x: tensor<4x1xf32>) -> tensor<4x4xf32> {
  %t = tosa.transpose %x {perms = array<i32: 1, 0>} : (tensor<4x1xf32>) -> tensor<1x4xf32>
  %r = tosa.add %x, %t : (tensor<4x1xf32>, tensor<1x4xf32>) -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

// Not over what a window reads: a pool as large as its operand is more than the engine holds.
// CHECK-LABEL: @window_0_max_pool2d
// CHECK-NOT:   l2.in_place
func.func @window(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
  %p = tosa.max_pool2d %x {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>} : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %r = tosa.add %p, %x : (tensor<1x8x8x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  return %r : tensor<1x8x8x4xf32>
}
