// A squeeze-and-excite block: the large tensor is a buffer, since it is reduced and then scaled; the scaling follows the
// small branch, and may run over the large tensor.
// RUN: l2opt-opt %s --l2-form-kernels=fuse=activation | FileCheck %s --check-prefixes=CHECK,ACT
// RUN: l2opt-opt %s --l2-form-kernels=fuse=elementwise | FileCheck %s --check-prefixes=CHECK,ALL

// ACT: func.func private @main_3_mul(%{{.*}}: tensor<1x8x8x16xf32>, %{{.*}}: tensor<1x1x1x16xf32>)
// ACT-SAME: l2.in_place = [array<i64: 0, 0>]
// CHECK-LABEL: func.func @main(
// CHECK: %[[X:.*]] = call @main_0_conv2d(
// CHECK-NEXT: %[[P:.*]] = call @main_1_avg_pool2d(%[[X]])
// ACT: %[[G:.*]] = call @main_2_conv2d(%[[P]]
// ACT-NEXT: %[[R:.*]] = call @main_3_mul(%[[X]], %[[G]])
// ALL: %[[R:.*]] = call @main_2_conv2d(%[[P]], %{{.*}}, %{{.*}}, %[[X]])
// CHECK-NEXT: return %[[R]]
func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x3x3x16xf32>} : () -> tensor<16x3x3x16xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %w1 = "tosa.const"() {values = dense<1.0> : tensor<16x1x1x16xf32>} : () -> tensor<16x1x1x16xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %c = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x8x8x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  %a = tosa.clamp %c {max_val = 6.0 : f32, min_val = 0.0 : f32} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
  %p = tosa.avg_pool2d %a, %z, %z {acc_type = f32, kernel = array<i64: 8, 8>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x8x8x16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x16xf32>
  %g = tosa.conv2d %p, %w1, %b, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x1x1x16xf32>, tensor<16x1x1x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x16xf32>
  %h = tosa.sigmoid %g : (tensor<1x1x1x16xf32>) -> tensor<1x1x1x16xf32>
  %r = tosa.mul %a, %h, %shift : (tensor<1x8x8x16xf32>, tensor<1x1x1x16xf32>, tensor<1xi8>) -> tensor<1x8x8x16xf32>
  return %r : tensor<1x8x8x16xf32>
}
