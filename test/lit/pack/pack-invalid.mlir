// RUN: l2opt-opt %s --split-input-file --verify-diagnostics --l2-pack='l2=64 spill=never'

// expected-error@+1 {{L2 needs 128 B, 64 B more than its capacity of 64 B}}
func.func @main(%x: tensor<64xi8>) -> tensor<64xi8> {
  %a = "l2.buffer"(%x) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  %c = "l2.buffer"() {kind = "output", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.kernel"(%a, %c) {callee = @k, operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  %r = "l2.value"(%c) : (!l2.ref) -> tensor<64xi8>
  return %r : tensor<64xi8>
}
func.func private @k(%a: tensor<64xi8>) -> tensor<64xi8> attributes {l2.kernel} {
  return %a : tensor<64xi8>
}

// -----

func.func @main(%x: tensor<64xi8>) {
  %a = "l2.buffer"(%x) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  // expected-error@+1 {{'l2.kernel' calls '@missing': want a function of this module with a body}}
  "l2.kernel"(%a) {callee = @missing, operandSegmentSizes = array<i32: 1, 0>} : (!l2.ref) -> ()
  return
}

// -----

// expected-error@+1 {{'@main' is planned already}}
func.func @main(%x: tensor<64xi8>) attributes {l2.plan = {}} {
  return
}

// -----

func.func @g(%x: tensor<64xi8>) {
  return
}
// expected-error@+1 {{several functions could be planned: @g, @f; choose with --function=NAME}}
func.func @f(%x: tensor<64xi8>) {
  return
}
