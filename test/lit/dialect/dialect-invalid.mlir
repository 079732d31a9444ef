// RUN: l2opt-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{'"scratch"' does not satisfy the constraint}}
%0 = "l2.buffer"() {kind = "scratch", bytes = 4 : i64, holds = tensor<4xi8>} : () -> !l2.ref

// -----

// expected-error@+1 {{attribute "bytes" is expected but not provided}}
%0 = "l2.buffer"() {kind = "tensor", holds = tensor<4xi8>} : () -> !l2.ref

// -----

// expected-error@+1 {{expected base attribute 'builtin.type' but got 'builtin.integer'}}
%0 = "l2.buffer"() {kind = "tensor", bytes = 4 : i64, holds = 4 : i64} : () -> !l2.ref

// -----

%0 = "l2.buffer"() {kind = "tensor", bytes = 4 : i64, holds = tensor<4xi8>} : () -> !l2.ref
// expected-error@+1 {{'"L3"' does not satisfy the constraint}}
"l2.placement"(%0) {memory = "L3", offset = 0 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()

// -----

%0 = "l2.buffer"() {kind = "tensor", bytes = 4 : i64, holds = tensor<4xi8>} : () -> !l2.ref
// expected-error@+1 {{attribute "to" is expected but not provided}}
"l2.copy"(%0) {from = "L2"} : (!l2.ref) -> ()

// -----

func.func @f(%a: tensor<4xi8>) {
  // expected-error@+1 {{expected base type 'l2.ref' but got 'builtin.tensor'}}
  %0 = "l2.view"(%a) {offset = 0 : i64, bytes = 4 : i64, holds = tensor<4xi8>} : (tensor<4xi8>) -> !l2.ref
  return
}

// -----

%0 = "l2.buffer"() {kind = "tensor", bytes = 4 : i64, holds = tensor<4xi8>} : () -> !l2.ref
// expected-error@+1 {{'operandSegmentSizes' attribute}}
"l2.kernel"(%0) {callee = @k} : (!l2.ref) -> ()

// -----

// expected-error@+1 {{attribute "memory" is expected but not provided}}
"l2.memory"() {alignment = 64 : i64, space = 1 : i64} : () -> ()
