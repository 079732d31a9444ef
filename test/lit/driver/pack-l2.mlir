// --pack-l2 is the whole way: what comes out is upstream dialects only, and the passes' options are the command's.
// RUN: l2opt-opt %s --pack-l2=64KB -o %t.mlir
// RUN: mlir-opt %t.mlir | FileCheck %s --implicit-check-not='"l2.'
// RUN: l2opt-opt %s --pack-l2=64KB --arena=alloc --l2-space='"L2"' --alignment=128 | FileCheck %s --check-prefix=ALLOC
// RUN: not l2opt-opt %s --pack-l2=64KB --arena=none 2>&1 | FileCheck %s --check-prefix=CHOICE
// RUN: not l2opt-opt %s --pack-l2=64KB --l2=2MB 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not l2opt-opt %s --pack-l2=100 --spill=never -o %t.none 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not ls %t.none

// Both results are written in place: 2 * 64 bytes are live at most.
// CHECK:      func.func @main(%arg0: memref<64xi8>, %arg1: memref<64xi8>, %arg2: memref<128xi8, 1>
// CHECK-SAME:   l2.alignment = 64 : i64, l2.arena = "L2", l2.capacity = 65536 : i64
// CHECK:        memref.view %arg2
// CHECK:        call @{{.*}}
// ALLOC:      func.func @main(%arg0: memref<64xi8>, %arg1: memref<64xi8>) -> memref<64xi8, "L2">
// ALLOC:        memref.alloc() {alignment = 128 : i64
// CHOICE: error: option arena: want argument|alloc, got 'none'
// BOTH: error: want one of --pack-l2=SIZE or --l2=SIZE, got both
// SMALL: pack-l2.mlir:[[@LINE+1]]:1: error: L2 needs 128 B, 28 B more than its capacity of 100 B
func.func @main(%a: tensor<64xi8>, %b: tensor<64xi8>) -> tensor<64xi8> {
  %0 = tosa.maximum %a, %b : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  %1 = tosa.minimum %0, %a : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  return %1 : tensor<64xi8>
}
