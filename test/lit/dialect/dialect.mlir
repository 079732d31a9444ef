// The dialect parses, verifies and prints with the package's driver and with stock mlir-opt alike.
// RUN: l2opt-opt %s | FileCheck %s
// RUN: mlir-opt --irdl-file=%S/../../../dialect/l2.irdl.mlir %s | FileCheck %s

// CHECK: "l2.memory"() {alignment = 64 : i64, capacity = 2097152 : i64, memory = "L2", space = 1 : i64}
"l2.memory"() {memory = "L2", alignment = 64 : i64, space = 1 : i64, capacity = 2097152 : i64} : () -> ()
// CHECK: "l2.memory"() {alignment = 64 : i64, memory = "DDR", space = "ddr"}
"l2.memory"() {memory = "DDR", alignment = 64 : i64, space = "ddr"} : () -> ()

func.func private @k(tensor<4xi8>, tensor<2x2xi8>) -> tensor<4xi8>

// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<4xi8>, %w: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: %[[IN:.*]] = "l2.buffer"(%arg0) {bytes = 4 : i64, holds = tensor<4xi8>, kind = "input"} : (tensor<4xi8>) -> !l2.ref
  %in = "l2.buffer"(%a) {kind = "input", bytes = 4 : i64, holds = tensor<4xi8>} : (tensor<4xi8>) -> !l2.ref
  // CHECK: kind = "constant"
  %const = "l2.buffer"(%w) {kind = "constant", bytes = 4 : i64, holds = tensor<4xi8>} : (tensor<4xi8>) -> !l2.ref
  // CHECK: kind = "variable"
  %state = "l2.buffer"() {kind = "variable", bytes = 4 : i64, holds = tensor<4xi8>, initial = dense<0> : tensor<4xi8>} : () -> !l2.ref
  // CHECK: kind = "tensor"
  %temp = "l2.buffer"() {kind = "tensor", bytes = 4 : i64, holds = tensor<4xi8>} : () -> !l2.ref
  // CHECK: %[[OUT:.*]] = "l2.buffer"() {{.*}}kind = "output"
  %out = "l2.buffer"() {kind = "output", bytes = 4 : i64, holds = tensor<4xi8>} : () -> !l2.ref
  // CHECK: "l2.placement"(%[[OUT]]) {end = 1 : i64, memory = "L2", offset = 64 : i64, start = 0 : i64}
  "l2.placement"(%out) {memory = "L2", offset = 64 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  // CHECK: %[[VIEW:.*]] = "l2.view"(%[[IN]]) {bytes = 4 : i64, holds = tensor<2x2xi8>, offset = 0 : i64}
  %view = "l2.view"(%in) {offset = 0 : i64, bytes = 4 : i64, holds = tensor<2x2xi8>} : (!l2.ref) -> !l2.ref
  // CHECK: "l2.copy"(%[[IN]]) {from = "DDR", to = "L2"}
  "l2.copy"(%in) {from = "DDR", to = "L2"} : (!l2.ref) -> ()
  // CHECK: "l2.kernel"(%[[IN]], %[[VIEW]], %[[OUT]]) {callee = @k, operandSegmentSizes = array<i32: 2, 1>}
  "l2.kernel"(%in, %view, %out) {callee = @k, operandSegmentSizes = array<i32: 2, 1>} : (!l2.ref, !l2.ref, !l2.ref) -> ()
  // CHECK: "l2.value"(%[[OUT]]) : (!l2.ref) -> tensor<4xi8>
  %r = "l2.value"(%out) : (!l2.ref) -> tensor<4xi8>
  return %r : tensor<4xi8>
}
