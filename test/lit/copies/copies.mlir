// What a plan says of copies, by hand: %a leaves L2 while %b is there, and comes back to another place; a clean copy in
// DDR is read where it lies. An input enters just before the first step of its placement.
// RUN: l2opt-opt %s --l2-materialize --l2-lower-kernels --l2-check | FileCheck %s
// RUN: l2opt-opt %s --l2-materialize --l2-lower-kernels | l2opt check - | FileCheck %s --check-prefix=SOUND
// SOUND: @main: sound; 9 steps, 7 buffers, L2 128 of 128 B, DDR 64 B

"l2.memory"() {memory = "L2", alignment = 64 : i64, space = 1 : i64, capacity = 128 : i64} : () -> ()
"l2.memory"() {memory = "DDR", alignment = 64 : i64, space = 0 : i64} : () -> ()

func.func private @abs(%x: tensor<64xi8>) -> tensor<64xi8> attributes {l2.kernel} {
  %0 = tosa.abs %x : (tensor<64xi8>) -> tensor<64xi8>
  return %0 : tensor<64xi8>
}
func.func private @maximum(%x: tensor<64xi8>, %y: tensor<64xi8>) -> tensor<64xi8> attributes {l2.kernel} {
  %0 = tosa.maximum %x, %y : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  return %0 : tensor<64xi8>
}

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:arg0]]: memref<64xi8>, %[[Y:arg1]]: memref<64xi8>, %[[L2:.*]]: memref<128xi8, 1> {{.*}}, %[[DDR:.*]]: memref<64xi8>
func.func @main(%x: tensor<64xi8>, %y: tensor<64xi8>) -> tensor<64xi8> attributes {l2.plan = {peak = 128 : i64}} {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
  // CHECK: %[[X0:.*]] = memref.view %[[L2]][%[[C0]]][] : memref<128xi8, 1> to memref<64xi8, 1>
  // CHECK: memref.copy %[[X]], %[[X0]]
  %in = "l2.buffer"(%x) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  "l2.placement"(%in) {memory = "L2", offset = 0 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  %late = "l2.buffer"(%y) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  "l2.placement"(%late) {memory = "L2", offset = 0 : i64, start = 1 : i64, end = 2 : i64} : (!l2.ref) -> ()
  %a = "l2.buffer"() {kind = "tensor", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.placement"(%a) {memory = "L2", offset = 64 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  "l2.placement"(%a) {memory = "DDR", offset = 0 : i64, start = 1 : i64, end = 4 : i64} : (!l2.ref) -> ()
  "l2.placement"(%a) {memory = "L2", offset = 0 : i64, start = 2 : i64, end = 3 : i64} : (!l2.ref) -> ()
  %b = "l2.buffer"() {kind = "tensor", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.placement"(%b) {memory = "L2", offset = 64 : i64, start = 1 : i64, end = 3 : i64} : (!l2.ref) -> ()
  %c = "l2.buffer"() {kind = "output", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.placement"(%c) {memory = "L2", offset = 0 : i64, start = 3 : i64, end = 4 : i64} : (!l2.ref) -> ()
  // CHECK: %[[A:.*]] = memref.view %[[L2]][%[[C64]]][]
  // CHECK: call @abs(%[[X0]], %[[A]])
  "l2.kernel"(%in, %a) {callee = @abs, id = "k0", operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  // CHECK: %[[CLEAN:.*]] = memref.view %[[DDR]][%[[C0]]][] : memref<64xi8> to memref<64xi8>
  // CHECK: memref.copy %[[A]], %[[CLEAN]]
  "l2.copy"(%a) {from = "L2", to = "DDR"} : (!l2.ref) -> ()
  // CHECK: %[[Y0:.*]] = memref.view %[[L2]][%[[C0]]][]
  // CHECK: memref.copy %[[Y]], %[[Y0]]
  // CHECK: %[[B:.*]] = memref.view %[[L2]][%[[C64]]][]
  // CHECK: call @abs(%[[Y0]], %[[B]])
  "l2.kernel"(%late, %b) {callee = @abs, id = "k1", operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  // CHECK: %[[BACK:.*]] = memref.view %[[L2]][%[[C0]]][]
  // CHECK: memref.copy %[[CLEAN]], %[[BACK]]
  "l2.copy"(%a) {from = "DDR", to = "L2"} : (!l2.ref) -> ()
  // CHECK: call @maximum(%[[BACK]], %[[B]], %[[B]])
  "l2.kernel"(%a, %b, %b) {callee = @maximum, id = "k2", in_place = [array<i64: 0, 1>], operandSegmentSizes = array<i32: 2, 1>} : (!l2.ref, !l2.ref, !l2.ref) -> ()
  // CHECK: call @abs_0(%[[CLEAN]], %[[C:[^)]*]])
  "l2.kernel"(%a, %c) {callee = @abs, id = "k3", operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  // CHECK: return %[[C]]
  %r = "l2.value"(%c) : (!l2.ref) -> tensor<64xi8>
  return %r : tensor<64xi8>
}
