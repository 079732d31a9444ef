// Parts are modules of their own: both define @f. Lines count from the file's start.
// RUN: l2opt-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(canonicalize))' | FileCheck %s
// RUN: not l2opt-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(convert-vector-to-llvm),l2-form-kernels{function=g})' -o %t.none 2>&1 | FileCheck %s --check-prefix=ERROR --implicit-check-not=error: -DFILE=%s
// RUN: not ls %t.none

// CHECK:       func.func @f(%arg0: i32) -> i32
// CHECK:       // -----
// CHECK-NEXT:  module {
// CHECK-NEXT:    func.func @f(%arg0: i64) -> i64
func.func @f(%arg0: i32) -> i32 {
  return %arg0 : i32
}

// -----

// ERROR: [[FILE]]{{.*}}: error: {{.*}}'@g'
// ERROR: [[FILE]]{{.*}}: error: {{.*}}'@g'
func.func @f(%arg0: i64) -> i64 {
  return %arg0 : i64
}
