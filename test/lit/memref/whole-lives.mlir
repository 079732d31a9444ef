// Allocations do not move: %a would leave L2 and come back if it could, and is in one memory for its whole life.
// RUN: l2opt-opt %s --pack-l2=128 | FileCheck %s
// CHECK-LABEL: func.func @main(
// CHECK-SAME: l2.plan = {ddr_peak = 64 : i64, fits = false,
// CHECK-COUNT-4: memref.view
// CHECK-NOT: memref.view
func.func @main(%x: memref<64xi8>, %y: memref<64xi8>) {
  %c0 = arith.constant 0 : i8
  %a = memref.alloc() : memref<64xi8>
  %b = memref.alloc() : memref<64xi8>
  %c = memref.alloc() : memref<64xi8>
  %d = memref.alloc() : memref<64xi8>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8>
  memref.copy %a, %b : memref<64xi8> to memref<64xi8>
  memref.copy %a, %b : memref<64xi8> to memref<64xi8>
  memref.copy %a, %b : memref<64xi8> to memref<64xi8>
  memref.copy %b, %c : memref<64xi8> to memref<64xi8>
  memref.copy %b, %c : memref<64xi8> to memref<64xi8>
  memref.copy %c, %d : memref<64xi8> to memref<64xi8>
  memref.copy %c, %d : memref<64xi8> to memref<64xi8>
  memref.copy %a, %d : memref<64xi8> to memref<64xi8>
  memref.copy %a, %d : memref<64xi8> to memref<64xi8>
  memref.copy %a, %d : memref<64xi8> to memref<64xi8>
  memref.copy %d, %y : memref<64xi8> to memref<64xi8>
  return
}
