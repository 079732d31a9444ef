// What comes unexpected, and what is expected and does not come, both fail.
// RUN: not l2opt-opt %s --verify-diagnostics 2>&1 | FileCheck %s --implicit-check-not=error: -DFILE=%s

// CHECK: [[FILE]]:8:3: error: unexpected error: 'func.return' op has 1 operands, but enclosing function (@f) returns 0
// CHECK: [[FILE]]:7: error: expected warning "never said" was not produced
func.func @f(%arg0: i32) {
  // expected-warning @+1 {{never said}}
  return %arg0 : i32
}
