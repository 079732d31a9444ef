// The l2 dialect is known; operations of other unknown dialects are refused unless asked for.
// RUN: l2opt-opt --show-dialects | FileCheck %s --check-prefix=LIST
// RUN: not l2opt-opt %s 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: l2opt-opt %s --allow-unregistered-dialect | FileCheck %s

// LIST: Available Dialects: {{.*}}func, {{.*}}l2, linalg, {{.*}}tosa, {{.*}}
// REFUSED: dialects.mlir:[[@LINE+2]]:15: error: operation being parsed with an unregistered dialect
// CHECK: "foo.bar"()
%0 = "foo.bar"() : () -> i32
