// Branches that a convolution joins: with partial convolutions, one branch is gone before the other is made.
// RUN: l2opt-opt %s --l2-rewrite-partial=rewrite=partial | FileCheck %s
// RUN: l2opt-opt %s --l2-rewrite-partial | FileCheck %s --check-prefix=NONE
// RUN: l2opt plan %s --rewrite=none | FileCheck %s --check-prefix=WHOLE
// RUN: l2opt plan %s --rewrite=partial | FileCheck %s --check-prefix=PARTIAL
// RUN: l2opt run %s --fill-weights=1 --check --rewrite=partial | FileCheck %s --check-prefix=DONE

// NONE-NOT: l2.accumulator
// NONE: tosa.concat
// CHECK-NOT: tosa.concat
// CHECK: %[[A:.*]] = tosa.rescale
// CHECK: %[[B:.*]] = tosa.rescale
// CHECK: %[[SUM:.*]] = tosa.conv2d %[[A]], {{.*}}l2.accumulator{{.*}} -> tensor<1x32x32x8xi32>
// CHECK: %[[REST:.*]] = tosa.conv2d %[[B]],
// CHECK-NOT: l2.accumulator
// CHECK: %[[ALL:.*]] = tosa.add %[[SUM]], %[[REST]]
// CHECK: tosa.rescale %[[ALL]]

// One branch takes 64 KiB, the sum 32 KiB, the result 8 KiB: 104 KiB instead of two branches and the result, 136 KiB.
// WHOLE-NOT: L2 peak      106496 B
// PARTIAL: L2 peak      106496 B (104 KiB)
// DONE: packed equals unpacked, bit for bit
// DONE: 4 kernels in 106496 B

func.func @main(%x: tensor<1x32x32x4xi8>) -> tensor<1x32x32x8xi8> {
  %z = "tosa.const"() {values = dense<3> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %w0 = "tosa.const"() {values = dense_resource<__elided__> : tensor<64x1x1x4xi8>} : () -> tensor<64x1x1x4xi8>
  %b0 = "tosa.const"() {values = dense_resource<__elided__> : tensor<64xi32>} : () -> tensor<64xi32>
  %m0 = "tosa.const"() {values = dense<1518500250> : tensor<1xi32>} : () -> tensor<1xi32>
  %s0 = "tosa.const"() {values = dense<38> : tensor<1xi8>} : () -> tensor<1xi8>
  %a0 = tosa.conv2d %x, %w0, %b0, %z, %z {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x32x32x4xi8>, tensor<64x1x1x4xi8>, tensor<64xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x32x32x64xi32>
  %v0 = tosa.rescale %a0, %m0, %s0, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x32x32x64xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x32x32x64xi8>
  %w1 = "tosa.const"() {values = dense_resource<__elided__> : tensor<64x1x1x4xi8>} : () -> tensor<64x1x1x4xi8>
  %b1 = "tosa.const"() {values = dense_resource<__elided__> : tensor<64xi32>} : () -> tensor<64xi32>
  %m1 = "tosa.const"() {values = dense<1518500250> : tensor<1xi32>} : () -> tensor<1xi32>
  %s1 = "tosa.const"() {values = dense<38> : tensor<1xi8>} : () -> tensor<1xi8>
  %a1 = tosa.conv2d %x, %w1, %b1, %z, %z {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x32x32x4xi8>, tensor<64x1x1x4xi8>, tensor<64xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x32x32x64xi32>
  %v1 = tosa.rescale %a1, %m1, %s1, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x32x32x64xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x32x32x64xi8>
  %c = tosa.concat %v0, %v1 {axis = 3 : i32} : (tensor<1x32x32x64xi8>, tensor<1x32x32x64xi8>) -> tensor<1x32x32x128xi8>
  %w2 = "tosa.const"() {values = dense_resource<__elided__> : tensor<8x3x3x128xi8>} : () -> tensor<8x3x3x128xi8>
  %b2 = "tosa.const"() {values = dense_resource<__elided__> : tensor<8xi32>} : () -> tensor<8xi32>
  %m2 = "tosa.const"() {values = dense<1518500250> : tensor<1xi32>} : () -> tensor<1xi32>
  %s2 = "tosa.const"() {values = dense<38> : tensor<1xi8>} : () -> tensor<1xi8>
  %a2 = tosa.conv2d %c, %w2, %b2, %z, %z {acc_type = i32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x32x32x128xi8>, tensor<8x3x3x128xi8>, tensor<8xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x32x32x8xi32>
  %v2 = tosa.rescale %a2, %m2, %s2, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x32x32x8xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x32x32x8xi8>
  return %v2 : tensor<1x32x32x8xi8>
}
