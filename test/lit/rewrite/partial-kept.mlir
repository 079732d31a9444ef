// What stays as it is: nothing is rewritten that does not lower the peak, or would change a result.
// RUN: l2opt-opt %s --split-input-file --l2-rewrite-partial=rewrite=partial | FileCheck %s
// RUN: l2opt-opt %s --split-input-file --l2-rewrite-partial="rewrite=partial rewrite-when=always" | FileCheck %s --check-prefix=ALWAYS

// Both operands are there from the start: a wide sum beside them costs more than it saves.
// CHECK-LABEL: func.func @inputs(
// CHECK: tosa.concat
// ALWAYS-LABEL: func.func @inputs(
// ALWAYS-NOT: tosa.concat
// ALWAYS: tosa.conv2d %arg0, %{{.*}}l2.accumulator
// ALWAYS: tosa.conv2d %arg1
// ALWAYS: tosa.add
func.func @inputs(%a: tensor<1x4x4x2xi8>, %b: tensor<1x4x4x1xi8>) -> tensor<1x4x4x2xi8> {
  %z = "tosa.const"() {values = dense<3> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %m = "tosa.const"() {values = dense<1518500250> : tensor<1xi32>} : () -> tensor<1xi32>
  %s = "tosa.const"() {values = dense<33> : tensor<1xi8>} : () -> tensor<1xi8>
  %w = "tosa.const"() {values = dense<[[[[1, 2, 3]]], [[[4, 5, 6]]]]> : tensor<2x1x1x3xi8>} : () -> tensor<2x1x1x3xi8>
  %bias = "tosa.const"() {values = dense<5> : tensor<2xi32>} : () -> tensor<2xi32>
  %c = tosa.concat %a, %b {axis = 3 : i32} : (tensor<1x4x4x2xi8>, tensor<1x4x4x1xi8>) -> tensor<1x4x4x3xi8>
  %0 = tosa.conv2d %c, %w, %bias, %z, %z {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x4x4x3xi8>, tensor<2x1x1x3xi8>, tensor<2xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x4x4x2xi32>
  %1 = tosa.rescale %0, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x4x4x2xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x4x4x2xi8>
  return %1 : tensor<1x4x4x2xi8>
}

// -----

// Sums of floating-point numbers depend on their order.
// ALWAYS-LABEL: func.func @floats(
// ALWAYS: tosa.concat
func.func @floats(%a: tensor<1x4x4x2xf32>, %b: tensor<1x4x4x1xf32>, %bias: tensor<2xf32>) -> tensor<1x4x4x2xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<0.5> : tensor<2x1x1x3xf32>} : () -> tensor<2x1x1x3xf32>
  %c = tosa.concat %a, %b {axis = 3 : i32} : (tensor<1x4x4x2xf32>, tensor<1x4x4x1xf32>) -> tensor<1x4x4x3xf32>
  %0 = tosa.conv2d %c, %w, %bias, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x1x1x3xf32>, tensor<2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x2xf32>
  return %0 : tensor<1x4x4x2xf32>
}

// -----

// The concatenation is needed anyway: it is returned.
// ALWAYS-LABEL: func.func @returned(
// ALWAYS: tosa.concat
// ALWAYS-NOT: l2.accumulator
func.func @returned(%a: tensor<1x4x4x2xi8>, %b: tensor<1x4x4x1xi8>, %bias: tensor<2xi32>) -> (tensor<1x4x4x2xi32>, tensor<1x4x4x3xi8>) {
  %z = "tosa.const"() {values = dense<3> : tensor<1xi8>} : () -> tensor<1xi8>
  %w = "tosa.const"() {values = dense<1> : tensor<2x1x1x3xi8>} : () -> tensor<2x1x1x3xi8>
  %c = tosa.concat %a, %b {axis = 3 : i32} : (tensor<1x4x4x2xi8>, tensor<1x4x4x1xi8>) -> tensor<1x4x4x3xi8>
  %0 = tosa.conv2d %c, %w, %bias, %z, %z {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x4x4x3xi8>, tensor<2x1x1x3xi8>, tensor<2xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x4x4x2xi32>
  return %0, %c : tensor<1x4x4x2xi32>, tensor<1x4x4x3xi8>
}

// -----

// Along rows there is nothing to add up.
// ALWAYS-LABEL: func.func @rows(
// ALWAYS: tosa.concat
func.func @rows(%a: tensor<1x2x4x3xi8>, %b: tensor<1x2x4x3xi8>, %bias: tensor<2xi32>) -> tensor<1x4x4x2xi32> {
  %z = "tosa.const"() {values = dense<3> : tensor<1xi8>} : () -> tensor<1xi8>
  %w = "tosa.const"() {values = dense<1> : tensor<2x1x1x3xi8>} : () -> tensor<2x1x1x3xi8>
  %c = tosa.concat %a, %b {axis = 1 : i32} : (tensor<1x2x4x3xi8>, tensor<1x2x4x3xi8>) -> tensor<1x4x4x3xi8>
  %0 = tosa.conv2d %c, %w, %bias, %z, %z {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x4x4x3xi8>, tensor<2x1x1x3xi8>, tensor<2xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x4x4x2xi32>
  return %0 : tensor<1x4x4x2xi32>
}
