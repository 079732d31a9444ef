// linalg on tensors: the bias that fills a convolution's outputs, the pad and the activation are part of its kernel; a
// residual add joins it with fuse=elementwise; what only widens elements is computed anew in each kernel.
// RUN: l2opt-opt %s --split-input-file --l2-form-kernels=fuse=none | FileCheck %s --check-prefixes=CHECK,NONE
// RUN: l2opt-opt %s --split-input-file --l2-form-kernels=fuse=activation | FileCheck %s --check-prefixes=CHECK,ACT
// RUN: l2opt-opt %s --split-input-file --l2-form-kernels=fuse=elementwise | FileCheck %s --check-prefixes=CHECK,ALL

#id = affine_map<(a, b, c, d) -> (a, b, c, d)>

// CHECK-LABEL: func.func @residual(
// NONE: call @residual_{{.*}}conv_2d_nchw_fchw(%arg0
// NONE: call @residual_{{.*}}generic(
// NONE-NEXT: call @residual_{{.*}}generic(
// ACT: call @residual_0_conv_2d_nchw_fchw(%arg0
// ACT-NEXT: call @residual_1_generic(
// ALL: call @residual_0_conv_2d_nchw_fchw(%arg0
// CHECK-NEXT: return
func.func @residual(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<16x16x3x3xf32>
  %b = arith.constant dense<1.0> : tensor<16xf32>
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x16x8x8xf32> to tensor<1x16x10x10xf32>
  %e = tensor.empty() : tensor<1x16x8x8xf32>
  %o = linalg.broadcast ins(%b : tensor<16xf32>) outs(%e : tensor<1x16x8x8xf32>) dimensions = [0, 2, 3]
  %c = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%p, %w : tensor<1x16x10x10xf32>, tensor<16x16x3x3xf32>) outs(%o : tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%c : tensor<1x16x8x8xf32>) outs(%e : tensor<1x16x8x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %in, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x16x8x8xf32>
  %s = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%r, %x : tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) outs(%e : tensor<1x16x8x8xf32>) {
  ^bb0(%in: f32, %other: f32, %out: f32):
    %m = arith.addf %in, %other : f32
    linalg.yield %m : f32
  } -> tensor<1x16x8x8xf32>
  return %s : tensor<1x16x8x8xf32>
}

// -----

#id = affine_map<(a) -> (a)>
#none = affine_map<(a) -> ()>

// CHECK-LABEL: func.func @widening(
// CHECK-NOT: tensor<64xf64>
// CHECK: return
func.func @widening(%x: tensor<64xf32>) -> (tensor<f64>, tensor<64xf32>) {
  %zero = arith.constant 0.0 : f64
  %e = tensor.empty() : tensor<64xf64>
  %n = tensor.empty() : tensor<64xf32>
  %s = tensor.empty() : tensor<f64>
  %wide = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<64xf32>) outs(%e : tensor<64xf64>) {
  ^bb0(%in: f32, %out: f64):
    %m = arith.extf %in : f32 to f64
    linalg.yield %m : f64
  } -> tensor<64xf64>
  %f = linalg.fill ins(%zero : f64) outs(%s : tensor<f64>) -> tensor<f64>
  %sum = linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction"]} ins(%wide : tensor<64xf64>) outs(%f : tensor<f64>) {
  ^bb0(%in: f64, %out: f64):
    %m = arith.addf %in, %out : f64
    linalg.yield %m : f64
  } -> tensor<f64>
  %d = linalg.generic {indexing_maps = [#id, #none, #id], iterator_types = ["parallel"]} ins(%wide, %sum : tensor<64xf64>, tensor<f64>) outs(%n : tensor<64xf32>) {
  ^bb0(%in: f64, %total: f64, %out: f32):
    %m = arith.divf %in, %total : f64
    %t = arith.truncf %m : f64 to f32
    linalg.yield %t : f32
  } -> tensor<64xf32>
  return %sum, %d : tensor<f64>, tensor<64xf32>
}
