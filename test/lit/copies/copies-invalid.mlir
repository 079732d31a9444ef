// RUN: l2opt-opt %s --split-input-file --verify-diagnostics --l2-materialize

"l2.memory"() {memory = "L2", alignment = 64 : i64, space = 1 : i64, capacity = 128 : i64} : () -> ()
"l2.memory"() {memory = "DDR", alignment = 64 : i64, space = 0 : i64} : () -> ()
func.func private @k(%x: tensor<64xi8>) attributes {l2.kernel} {
  return
}
func.func @main(%x: tensor<64xi8>) attributes {l2.plan = {}} {
  %a = "l2.buffer"(%x) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  "l2.placement"(%a) {memory = "L2", offset = 0 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  // expected-error@+1 {{'l2.copy' to DDR at step 0: the buffer has no placement there then}}
  "l2.copy"(%a) {from = "L2", to = "DDR"} : (!l2.ref) -> ()
  "l2.kernel"(%a) {callee = @k, id = "k0", operandSegmentSizes = array<i32: 1, 0>} : (!l2.ref) -> ()
  return
}

// -----

"l2.memory"() {memory = "L2", alignment = 64 : i64, space = 1 : i64, capacity = 128 : i64} : () -> ()
"l2.memory"() {memory = "DDR", alignment = 64 : i64, space = 0 : i64} : () -> ()
func.func private @k(%x: tensor<64xi8>) attributes {l2.kernel} {
  return
}
func.func @main() attributes {l2.plan = {}} {
  %a = "l2.buffer"() {kind = "tensor", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.placement"(%a) {memory = "L2", offset = 0 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  // expected-error@+1 {{'l2.copy' from DDR at step 0: the buffer has no placement there so far}}
  "l2.copy"(%a) {from = "DDR", to = "L2"} : (!l2.ref) -> ()
  "l2.kernel"(%a) {callee = @k, id = "k0", operandSegmentSizes = array<i32: 1, 0>} : (!l2.ref) -> ()
  return
}

// -----

"l2.memory"() {memory = "L2", alignment = 64 : i64, space = 1 : i64, capacity = 128 : i64} : () -> ()
"l2.memory"() {memory = "DDR", alignment = 64 : i64, space = 0 : i64} : () -> ()
func.func private @k(%x: tensor<64xi8>) attributes {l2.kernel} {
  return
}
func.func @main(%x: tensor<64xi8>) attributes {l2.plan = {}} {
  // expected-error@+1 {{no placement holds the buffer at step 1, where it is used}}
  %a = "l2.buffer"(%x) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  "l2.placement"(%a) {memory = "L2", offset = 0 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  "l2.kernel"(%a) {callee = @k, id = "k0", operandSegmentSizes = array<i32: 1, 0>} : (!l2.ref) -> ()
  "l2.kernel"(%a) {callee = @k, id = "k1", operandSegmentSizes = array<i32: 1, 0>} : (!l2.ref) -> ()
  return
}
