// An integer network: accumulators stay inside kernels in every mode, weights come in, parameters stay inside.
// RUN: l2opt-opt %s --l2-form-kernels=fuse=none | FileCheck %s --check-prefixes=CHECK,NONE
// RUN: l2opt-opt %s --l2-form-kernels=fuse=activation | FileCheck %s --check-prefixes=CHECK,ACT
// RUN: l2opt-opt %s --l2-form-kernels=fuse=elementwise | FileCheck %s --check-prefixes=CHECK,ALL

// The convolution: bias and weights are arguments; zero points, multiplier and shift are constants inside.
// CHECK-LABEL: func.func private @main_0_conv2d(
// CHECK-SAME: tensor<1x8x8x16xi8>, %{{.*}}: tensor<16x3x3x16xi8>, %{{.*}}: tensor<16xi32>) -> tensor<1x8x8x16xi8>
// CHECK-NOT: return
// CHECK: tosa.conv2d
// CHECK-COUNT-3: tosa.const
// CHECK: tosa.rescale
// NONE-NEXT: return
// ACT-NEXT: tosa.clamp
// ACT-NEXT: return
// ALL: tosa.clamp
// ALL: tosa.add
// ALL: return

// The residual add: two rescales, the sum and a rescale, which reads two narrow tensors and may run over either.
// NONE-LABEL: func.func private @main_1_clamp(
// NONE-LABEL: func.func private @main_2_rescale(
// ACT-LABEL: func.func private @main_1_rescale(
// NONE-SAME: l2.in_place = [array<i64: 0, 0>, array<i64: 0, 1>]
// ACT-SAME: l2.in_place = [array<i64: 0, 0>, array<i64: 0, 1>]
// NONE-COUNT-2: -> tensor<1x8x8x16xi32>
// ACT-COUNT-2: -> tensor<1x8x8x16xi32>

// CHECK-LABEL: func.func @main(
// CHECK-DAG: tosa.const{{.*}} tensor<16x3x3x16xi8>
// CHECK-DAG: tosa.const{{.*}} tensor<16xi32>
// CHECK: call @main_0_conv2d(
// NONE-NEXT: call @main_1_clamp(
// NONE-NEXT: call @main_2_rescale(
// ACT-NEXT: call @main_1_rescale(
// CHECK-NEXT: return
func.func @main(%x: tensor<1x8x8x16xi8>) -> tensor<1x8x8x16xi8> {
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %m = "tosa.const"() {values = dense<1073741824> : tensor<1xi32>} : () -> tensor<1xi32>
  %s = "tosa.const"() {values = dense<36> : tensor<1xi8>} : () -> tensor<1xi8>
  %w = "tosa.const"() {values = dense<1> : tensor<16x3x3x16xi8>} : () -> tensor<16x3x3x16xi8>
  %b = "tosa.const"() {values = dense<1> : tensor<16xi32>} : () -> tensor<16xi32>
  %c = tosa.conv2d %x, %w, %b, %z, %z {acc_type = i32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x8x8x16xi8>, tensor<16x3x3x16xi8>, tensor<16xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x8x8x16xi32>
  %r = tosa.rescale %c, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x8x8x16xi8>
  %a = tosa.clamp %r {max_val = 127 : i8, min_val = 0 : i8} : (tensor<1x8x8x16xi8>) -> tensor<1x8x8x16xi8>
  %r1 = tosa.rescale %a, %m, %s, %z, %z32 {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) -> tensor<1x8x8x16xi32>
  %r2 = tosa.rescale %x, %m, %s, %z, %z32 {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) -> tensor<1x8x8x16xi32>
  %sum = tosa.add %r1, %r2 : (tensor<1x8x8x16xi32>, tensor<1x8x8x16xi32>) -> tensor<1x8x8x16xi32>
  %r3 = tosa.rescale %sum, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x8x8x16xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x8x8x16xi8>
  return %r3 : tensor<1x8x8x16xi8>
}
