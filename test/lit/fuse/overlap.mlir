// With overlap=safe, a kernel says how far below an operand its result may start, if it is computed in equal parts.
// RUN: l2opt-opt %s --l2-form-kernels="overlap=safe fuse=none" | FileCheck %s
// RUN: l2opt-opt %s --l2-form-kernels=fuse=none | FileCheck %s --check-prefix=NONE

// NONE-NOT: l2.overlap
// NONE-NOT: l2.parts

// A row of the result is 9 * 4 bytes, one of the operand 9 * 3. After rows 0 to 7 of the result, 8 * 36 bytes are
// written, and row 8 still reads from row 7 on: 8 * 36 - 7 * 27 = 99. The weights are all read for the last row.
// CHECK: func.func private @main_0_conv2d(
// CHECK-SAME: l2.overlap = [array<i64: 0, 0, 99>, array<i64: 0, 1, 288>], l2.parts = 9 : i64
// A pool of stride 2 never catches up with what it reads.
// CHECK: func.func private @main_1_max_pool2d(
// CHECK-SAME: l2.overlap = [array<i64: 0, 0, 0>], l2.parts = 4 : i64
// In place needs no distance.
// CHECK: func.func private @main_2_abs(
// CHECK-NOT: l2.overlap
// CHECK: func.func @main(
func.func @main(%x: tensor<1x9x9x3xi8>, %w: tensor<4x3x3x3xi8>, %b: tensor<4xi32>) -> tensor<1x4x4x4xi8> {
  %z = "tosa.const"() {values = dense<1> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %m = "tosa.const"() {values = dense<1073741824> : tensor<1xi32>} : () -> tensor<1xi32>
  %s = "tosa.const"() {values = dense<36> : tensor<1xi8>} : () -> tensor<1xi8>
  %3 = tosa.conv2d %x, %w, %b, %z, %z {acc_type = i32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x9x9x3xi8>, tensor<4x3x3x3xi8>, tensor<4xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x9x9x4xi32>
  %4 = tosa.rescale %3, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x9x9x4xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x9x9x4xi8>
  %5 = tosa.max_pool2d %4 {kernel = array<i64: 3, 3>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x9x9x4xi8>) -> tensor<1x4x4x4xi8>

  %7 = tosa.abs %5 : (tensor<1x4x4x4xi8>) -> tensor<1x4x4x4xi8>
  return %7 : tensor<1x4x4x4xi8>
}
