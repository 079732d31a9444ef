// Placements, the order, what runs in place, and the figures of the plan.
// RUN: l2opt-opt %s --l2-pack='l2=192 order=program' | FileCheck %s
// RUN: l2opt-opt %s --l2-pack='l2=192 order=program merge=none' | FileCheck %s --check-prefix=NONE
// RUN: l2opt-opt %s --l2-pack='l2=100 order=program l2-space={"near"} ddr-space={"far"}' | FileCheck %s --check-prefix=SPILL

func.func private @add(%a: tensor<64xi8>, %b: tensor<64xi8>) -> tensor<64xi8> attributes {l2.kernel, l2.in_place = [array<i64: 0, 0>, array<i64: 0, 1>]} {
  %0 = tosa.maximum %a, %b : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  return %0 : tensor<64xi8>
}

// CHECK: "l2.memory"() {alignment = 64 : i64, capacity = 192 : i64, memory = "L2", space = 1 : i64}
// CHECK: "l2.memory"() {alignment = 64 : i64, memory = "DDR", space = 0 : i64}
// SPILL: "l2.memory"() {alignment = 64 : i64, capacity = 100 : i64, memory = "L2", space = "near"}
// SPILL: "l2.memory"() {alignment = 64 : i64, memory = "DDR", space = "far"}

// Written over its first operand, the sum needs no bytes of its own: 2 * 64. Apart: 3 * 64.
// CHECK-LABEL: func.func @main
// CHECK-SAME: l2.plan = {ddr_peak = 0 : i64, fits = true, lower_bound = 128 : i64, peak = 128 : i64, status = "optimal", traffic = 0 : i64}
// NONE-LABEL: func.func @main
// NONE-SAME: lower_bound = 192 : i64, peak = 192 : i64
// SPILL-LABEL: func.func @main
// SPILL-SAME: fits = false
func.func @main(%x: tensor<64xi8>, %y: tensor<64xi8>) -> tensor<64xi8> {
  // CHECK: %[[A:.*]] = "l2.buffer"
  // CHECK-NEXT: "l2.placement"(%[[A]]) {end = 1 : i64, memory = "L2", offset = [[AT:.*]] : i64, start = 0 : i64}
  %a = "l2.buffer"(%x) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  %b = "l2.buffer"(%y) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  // CHECK: %[[C:.*]] = "l2.buffer"() {bytes = 64 : i64, holds = tensor<64xi8>, kind = "output"}
  // CHECK-NEXT: "l2.placement"(%[[C]]) {end = 1 : i64, memory = "L2", offset = [[AT]] : i64, start = 0 : i64}
  %c = "l2.buffer"() {kind = "output", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  // CHECK: "l2.kernel"(%[[A]], %{{.*}}, %[[C]]) {callee = @add, id = "k0", in_place = [array<i64: 0, 0>]
  // NONE-NOT: in_place = [
  "l2.kernel"(%a, %b, %c) {callee = @add, operandSegmentSizes = array<i32: 2, 1>} : (!l2.ref, !l2.ref, !l2.ref) -> ()
  %r = "l2.value"(%c) : (!l2.ref) -> tensor<64xi8>
  return %r : tensor<64xi8>
}
