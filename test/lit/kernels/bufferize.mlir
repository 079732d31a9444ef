// Calls of kernels become l2.kernel on declared buffers; views, constants, state and what is returned keep their kinds.
// RUN: l2opt-opt %s --l2-bufferize | FileCheck %s

func.func private @conv(%a: tensor<1x4xi8>, %w: tensor<4xi8>) -> tensor<1x4xi8> attributes {l2.kernel} {
  return %a : tensor<1x4xi8>
}
func.func private @act(%a: tensor<4xi8>) -> tensor<4xi8> attributes {l2.kernel} {
  return %a : tensor<4xi8>
}
tosa.variable @state = dense<7> : tensor<4xi8>

// CHECK-NOT: tosa.variable
// CHECK: func.func private @main_copy_0(%arg0: tensor<4xi8>) -> tensor<4xi8> attributes {l2.kernel}
// CHECK-LABEL: func.func @main(
// CHECK-DAG: %[[IN:.*]] = "l2.buffer"(%arg0) {bytes = 4 : i64, holds = tensor<1x4xi8>, kind = "input", name = "%arg0"}
// CHECK-DAG: %[[W:.*]] = "l2.buffer"(%{{.*}}) {bytes = 4 : i64, holds = tensor<4xi8>, kind = "constant"}
// CHECK-DAG: %[[T:.*]] = "l2.buffer"() {bytes = 4 : i64, holds = tensor<1x4xi8>, kind = "tensor"}
// CHECK-DAG: %[[V:.*]] = "l2.view"(%[[T]]) {bytes = 4 : i64, holds = tensor<4xi8>, offset = 0 : i64}
// CHECK-DAG: %[[STATE:.*]] = "l2.buffer"() {bytes = 4 : i64, holds = tensor<4xi8>, initial = dense<7> : tensor<4xi8>, kind = "variable", name = "state"}
// CHECK-DAG: %[[OUT:.*]] = "l2.buffer"() {bytes = 4 : i64, holds = tensor<4xi8>, kind = "output"}
// CHECK-DAG: %[[OLD:.*]] = "l2.buffer"() {bytes = 4 : i64, holds = tensor<4xi8>, kind = "output"}
func.func @main(%x: tensor<1x4xi8>) -> (tensor<4xi8>, tensor<4xi8>) {
  %w = "tosa.const"() {values = dense<[1, 2, 3, 4]> : tensor<4xi8>} : () -> tensor<4xi8>
  %0 = call @conv(%x, %w) : (tensor<1x4xi8>, tensor<4xi8>) -> tensor<1x4xi8>
  %shape = tosa.const_shape {values = dense<[4]> : tensor<1xindex>} : () -> !tosa.shape<1>
  %1 = tosa.reshape %0, %shape : (tensor<1x4xi8>, !tosa.shape<1>) -> tensor<4xi8>
  %old = tosa.variable_read @state : tensor<4xi8>
  %2 = call @act(%1) : (tensor<4xi8>) -> tensor<4xi8>
  tosa.variable_write @state, %1 : tensor<4xi8>
  // The old state is returned, and overwritten: it is copied first.
  // CHECK: "l2.kernel"(%[[STATE]], %[[OLD]]) {callee = @main_copy_0
  // CHECK-NEXT: "l2.kernel"(%[[IN]], %[[W]], %[[T]]) {callee = @conv, operandSegmentSizes = array<i32: 2, 1>}
  // CHECK-NEXT: "l2.kernel"(%[[V]], %[[OUT]]) {callee = @act
  // CHECK-NEXT: "l2.kernel"(%[[V]], %[[STATE]]) {callee = @main_copy_0
  // CHECK: %[[R:.*]] = "l2.value"(%[[OUT]])
  // CHECK: %[[S:.*]] = "l2.value"(%[[OLD]])
  // CHECK: return %[[R]], %[[S]]
  return %2, %old : tensor<4xi8>, tensor<4xi8>
}
