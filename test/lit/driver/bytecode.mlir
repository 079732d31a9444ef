// Bytecode is read and written, from files and pipes, and its errors name the file.
// RUN: l2opt-opt %s --emit-bytecode -o %t.mlirbc
// RUN: mlir-opt %t.mlirbc | FileCheck %s
// RUN: l2opt-opt %t.mlirbc | FileCheck %s
// RUN: l2opt-opt %s --emit-bytecode | l2opt-opt --split-input-file | FileCheck %s
// RUN: %python -c "open(r'%t.cut.mlirbc', 'wb').write(open(r'%t.mlirbc', 'rb').read()[:90])"
// RUN: not l2opt-opt %t.cut.mlirbc 2>&1 | FileCheck %s --check-prefix=CUT -DFILE=%t.cut.mlirbc

// CHECK: func.func @f(%arg0: i32)
// CUT: [[FILE]]: error: attempting to parse
func.func @f(%arg0: i32) {
  return
}
