// With fuse=elementwise a sum is a kernel of its own, if every kernel that it could join would have to wait for the other,
// and hold more until then than what it makes: the pool's operand and the convolution's are larger than the sum.
// RUN: l2opt-opt %s --l2-form-kernels=fuse=elementwise | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK:      %[[A:.*]] = call @main_0_max_pool2d(%arg0)
// CHECK:      %[[B:.*]] = call @main_1_conv2d(%arg1, {{.*}})
// CHECK-NEXT: %[[C:.*]] = call @main_2_add(%[[A]], %[[B]])
// CHECK-NEXT: return %[[C]]
func.func @main(%x: tensor<1x8x8x16xf32>, %y: tensor<1x4x4x32xf32>) -> tensor<1x4x4x16xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x1x1x32xf32>} : () -> tensor<16x1x1x32xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %a = tosa.max_pool2d %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x4x4x16xf32>
  %c = tosa.conv2d %y, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x4x4x32xf32>, tensor<16x1x1x32xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x16xf32>
  %r = tosa.add %a, %c : (tensor<1x4x4x16xf32>, tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  return %r : tensor<1x4x4x16xf32>
}
