// A target gives memories and what kernels need; options given override it.
// RUN: l2opt-opt %s --l2-pack='target=%S/Inputs/small.toml' | FileCheck %s
// RUN: l2opt-opt %s --l2-pack='target=%S/Inputs/small.toml l2=192 l2-space=5' | FileCheck %s --check-prefix=GIVEN
// RUN: not l2opt-opt %s --l2-pack='target=%S/Inputs/wrong.toml' 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: not l2opt-opt %s --l2-pack='target=%S/Inputs/small.toml l2=127' 2>&1 | FileCheck %s --check-prefix=SMALL

// CHECK: "l2.memory"() {alignment = 64 : i64, capacity = 128 : i64, memory = "L2", space = "near"}
// CHECK: "l2.memory"() {alignment = 16 : i64, memory = "DDR", space = 0 : i64}
// GIVEN: "l2.memory"() {alignment = 64 : i64, capacity = 192 : i64, memory = "L2", space = 5 : i64}
// WRONG: wrong.toml:3: unknown key 'l2.speed': want one of capacity, alignment, space
// The kernel reads 64 B and writes 64 B.
// SMALL: target.mlir:[[#@LINE + 7]]:3: error: kernel k0 (k) needs its operands in L2, 128 B together, 1 B more than its capacity of 127 B (127 B)
func.func private @k(%a: tensor<64xi8>) -> tensor<64xi8> attributes {l2.kernel} {
  return %a : tensor<64xi8>
}
func.func @main(%x: tensor<64xi8>) -> tensor<64xi8> {
  %a = "l2.buffer"(%x) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  %c = "l2.buffer"() {kind = "output", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.kernel"(%a, %c) {callee = @k, operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  %r = "l2.value"(%c) : (!l2.ref) -> tensor<64xi8>
  return %r : tensor<64xi8>
}
