// RUN: l2opt-opt %s --split-input-file --verify-diagnostics --l2-materialize

// expected-error@+1 {{'@main' has no plan: run l2-pack before}}
func.func @main() {
  return
}

// -----

// expected-error@+1 {{no l2.memory for L2: run l2-pack before}}
func.func @main() attributes {l2.plan = {}} {
  return
}

// -----

// expected-error@+1 {{L2 has 32 bytes; the placements need 72}}
"l2.memory"() {memory = "L2", alignment = 64 : i64, space = 1 : i64, capacity = 32 : i64} : () -> ()
"l2.memory"() {memory = "DDR", alignment = 64 : i64, space = 0 : i64} : () -> ()
func.func @main() attributes {l2.plan = {}} {
  %0 = "l2.buffer"() {kind = "tensor", bytes = 8 : i64, holds = tensor<8xi8>} : () -> !l2.ref
  "l2.placement"(%0) {memory = "L2", offset = 64 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  return
}
