// With --weights=l2 a constant is in L2 from its first use to its last, copied in just before.
// RUN: l2opt-opt %s --pack-l2=1KB --weights=l2 --order=program | FileCheck %s
// RUN: not l2opt-opt %s --pack-l2=60 --weights=l2 -o %t.none 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not ls %t.none

// The first step holds the input, the constant and the first 64 of the whole: 192; the second 96 + 32 (align 64).
// CHECK-LABEL: func.func @main(
// CHECK-SAME: peak = 192 : i64
// CHECK: memref.copy %arg0, %[[IN:.*]] :
// CHECK: %[[V0:.*]] = memref.view
// CHECK: %[[G0:.*]] = memref.get_global @main_constant_0
// CHECK: memref.copy %[[G0]], %[[V0]]
// CHECK: call @main_0_maximum({{.*}}, %[[V0]],
// CHECK: %[[G1:.*]] = memref.get_global @main_constant_1
// CHECK: memref.copy %[[G1]], %[[V1:.*]] :
// CHECK: call @main_1_concat
// SMALL: error: L2 needs
func.func @main(%x: tensor<64xi8>) -> tensor<96xi8> {
  %w = "tosa.const"() {values = dense<"0x000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F"> : tensor<64xi8>} : () -> tensor<64xi8>
  %v = "tosa.const"() {values = dense<"0x000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F"> : tensor<32xi8>} : () -> tensor<32xi8>
  %0 = tosa.maximum %x, %w : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  %1 = tosa.concat %0, %v {axis = 0 : i32} : (tensor<64xi8>, tensor<32xi8>) -> tensor<96xi8>
  return %1 : tensor<96xi8>
}
