// Two residual adds that share a rescale to 32 bits are two kernels: each computes it anew.
// RUN: l2opt-opt %s --l2-form-kernels=fuse=activation | FileCheck %s

// CHECK-COUNT-3: tosa.rescale
// CHECK-LABEL: func.func private @main_1_rescale(
// CHECK-COUNT-3: tosa.rescale
// CHECK-LABEL: func.func @main(
// CHECK: %[[A:.*]] = call @main_0_rescale(%arg0, %arg1)
// CHECK-NEXT: %[[B:.*]] = call @main_1_rescale(%arg0, %[[A]])
// CHECK-NEXT: return %[[B]]
func.func @main(%x: tensor<1x8x8x16xi8>, %y: tensor<1x8x8x16xi8>) -> tensor<1x8x8x16xi8> {
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %m = "tosa.const"() {values = dense<1073741824> : tensor<1xi32>} : () -> tensor<1xi32>
  %s = "tosa.const"() {values = dense<36> : tensor<1xi8>} : () -> tensor<1xi8>
  %w = "tosa.const"() {values = dense<1> : tensor<16x3x3x16xi8>} : () -> tensor<16x3x3x16xi8>
  %b = "tosa.const"() {values = dense<1> : tensor<16xi32>} : () -> tensor<16xi32>
  %rx = tosa.rescale %x, %m, %s, %z, %z32 {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) -> tensor<1x8x8x16xi32>
  %ry = tosa.rescale %y, %m, %s, %z, %z32 {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) -> tensor<1x8x8x16xi32>
  %sum = tosa.add %rx, %ry : (tensor<1x8x8x16xi32>, tensor<1x8x8x16xi32>) -> tensor<1x8x8x16xi32>
  %a = tosa.rescale %sum, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x8x8x16xi8>
  %ra = tosa.rescale %a, %m, %s, %z, %z32 {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) -> tensor<1x8x8x16xi32>
  %sum2 = tosa.add %rx, %ra : (tensor<1x8x8x16xi32>, tensor<1x8x8x16xi32>) -> tensor<1x8x8x16xi32>
  %b2 = tosa.rescale %sum2, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x8x8x16xi8>
  return %b2 : tensor<1x8x8x16xi8>
}
