// Arenas, root views, views under another shape, constants, results; kernels on memrefs with bodies on tensors.
// RUN: l2opt-opt %s --allow-unregistered-dialect --l2-materialize | FileCheck %s
// RUN: l2opt-opt %s --allow-unregistered-dialect --l2-materialize | mlir-opt --allow-unregistered-dialect -o %t
// RUN: l2opt-opt %s --allow-unregistered-dialect --l2-materialize=arena=alloc | FileCheck %s --check-prefix=ALLOC

"l2.memory"() {memory = "L2", alignment = 64 : i64, space = 1 : i64, capacity = 256 : i64} : () -> ()
"l2.memory"() {memory = "DDR", alignment = 64 : i64, space = 0 : i64} : () -> ()

// CHECK: func.func private @k(%arg0: memref<2x4xi8, 1>, %arg1: memref<8xi8>, %arg2: memref<8xi8, 1>) attributes {l2.kernel} {
// CHECK: %[[X:.*]] = bufferization.to_tensor %arg0 restrict : memref<2x4xi8, 1> to tensor<2x4xi8>
// CHECK: bufferization.to_tensor %arg1 restrict : memref<8xi8> to tensor<8xi8>
// CHECK: %[[Y:.*]] = "net.op"(%[[X]],
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %arg2 : (tensor<8xi8>, memref<8xi8, 1>) -> ()
func.func private @k(%x: tensor<2x4xi8>, %w: tensor<8xi8>) -> tensor<8xi8> attributes {l2.kernel} {
  %0 = "net.op"(%x, %w) : (tensor<2x4xi8>, tensor<8xi8>) -> tensor<8xi8>
  return %0 : tensor<8xi8>
}

// CHECK: memref.global "private" constant @main_constant_0 : memref<8xi8> = dense<1>
// L2: [64, 72) is the highest placement.
// CHECK-LABEL: func.func @main(%arg0: memref<8xi8>
// CHECK-SAME: %arg1: memref<72xi8, 1> {l2.alignment = 64 : i64, l2.arena = "L2", l2.capacity = 256 : i64}
// CHECK-SAME: %arg2: memref<0xi8> {l2.alignment = 64 : i64, l2.arena = "DDR"})
// CHECK-SAME: -> memref<8xi8, 1>
// CHECK-SAME: l2.arenas = {DDR = {alignment = 64 : i64, argument = 2 : i64, bytes = 0 : i64}, L2 = {alignment = 64 : i64, argument = 1 : i64, bytes = 72 : i64, capacity = 256 : i64}}
// ALLOC-LABEL: func.func @main(%arg0: memref<8xi8>) -> memref<8xi8, 1>
// ALLOC: %[[L2:.*]] = memref.alloc() {alignment = 64 : i64, l2.alignment = 64 : i64, l2.arena = "L2", l2.capacity = 256 : i64} : memref<72xi8, 1>
// ALLOC: memref.view %[[L2]]
func.func @main(%arg0: tensor<8xi8>) -> tensor<8xi8> attributes {l2.plan = {peak = 72 : i64}} {
  %w = "tosa.const"() {values = dense<1> : tensor<8xi8>} : () -> tensor<8xi8>
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
  // CHECK: %[[IN:.*]] = memref.view %arg1[%[[C0]]][] : memref<72xi8, 1> to memref<8xi8, 1>
  // CHECK: memref.copy %arg0, %[[IN]]
  // CHECK: %[[PART:.*]] = memref.reinterpret_cast %[[IN]] to offset: [0], sizes: [2, 4], strides: [4, 1] : memref<8xi8, 1> to memref<2x4xi8, 1>
  // CHECK: %[[W:.*]] = memref.get_global @main_constant_0 : memref<8xi8>
  // CHECK: %[[OUT:.*]] = memref.view %arg1[%[[C64]]][] : memref<72xi8, 1> to memref<8xi8, 1>
  // CHECK: call @k(%[[PART]], %[[W]], %[[OUT]]) {l2.kernel = "k0", l2.values = ["%0"], l2.writes = array<i64: 2>}
  %in = "l2.buffer"(%arg0) {kind = "input", bytes = 8 : i64, holds = tensor<8xi8>} : (tensor<8xi8>) -> !l2.ref
  "l2.placement"(%in) {memory = "L2", offset = 0 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  %part = "l2.view"(%in) {offset = 0 : i64, bytes = 8 : i64, holds = tensor<2x4xi8>} : (!l2.ref) -> !l2.ref
  %const = "l2.buffer"(%w) {kind = "constant", bytes = 8 : i64, holds = tensor<8xi8>} : (tensor<8xi8>) -> !l2.ref
  %out = "l2.buffer"() {kind = "output", bytes = 8 : i64, holds = tensor<8xi8>, name = "%0"} : () -> !l2.ref
  "l2.placement"(%out) {memory = "L2", offset = 64 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  "l2.kernel"(%part, %const, %out) {callee = @k, id = "k0", operandSegmentSizes = array<i32: 2, 1>} : (!l2.ref, !l2.ref, !l2.ref) -> ()
  // CHECK: return %[[OUT]] : memref<8xi8, 1>
  %r = "l2.value"(%out) : (!l2.ref) -> tensor<8xi8>
  return %r : tensor<8xi8>
}
