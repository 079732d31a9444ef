// %a is not read for a while and L2 holds two allocations: it leaves L2, late, and comes back before its next reader.
// Traffic: %x read, %a written and read, %y written: 4 * 64 = 256.
// RUN: l2opt-opt %s --pack-l2=128 | FileCheck %s
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<64xi8>, %[[Y:[a-z0-9]+]]: memref<64xi8>, %[[L2:[a-z0-9]+]]: memref<128xi8, 1>
// CHECK-SAME: %[[DDR:[a-z0-9]+]]: memref<64xi8>
// CHECK-SAME: ddr_peak = 64 : i64, fits = false
// CHECK-SAME: peak = 128 : i64, status = "optimal", traffic = 256 : i64
// CHECK: %[[A:[a-z0-9_]+]] = memref.view %[[L2]]
// CHECK-NEXT: %[[KEPT:[a-z0-9_]+]] = memref.view %[[DDR]]
// CHECK-NEXT: %[[BACK:[a-z0-9_]+]] = memref.view %[[L2]]
// CHECK: memref.copy %[[X]], %[[A]]
// CHECK-COUNT-3: memref.copy %[[A]], %[[B:[a-z0-9_]+]] : memref<64xi8, 1> to memref<64xi8, 1>
// CHECK: memref.copy %[[A]], %[[KEPT]] : memref<64xi8, 1> to memref<64xi8>
// CHECK-NOT: %[[A]],
// CHECK: memref.copy %[[KEPT]], %[[BACK]] : memref<64xi8> to memref<64xi8, 1>
// CHECK-COUNT-3: memref.copy %[[BACK]], %[[D:[a-z0-9_]+]] : memref<64xi8, 1> to memref<64xi8, 1>
// CHECK-NEXT: memref.copy %[[D]], %[[Y]]
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
