// The article's second example, K = 1000 bytes: t0 (1000K) -> t1 (400K); t1 feeds l (500K) and r (300K), which join.
//
// Whole buffers: A holds t0, then l; B holds t1; r needs C: 1000K + 400K + 300K.
// RUN: l2opt-opt %s --pack-l2=4MB --io=ddr --order=program --pack=slots | FileCheck %s --check-prefixes=CHECK,SLOTS
//
// Merged: l and r lie side by side inside A, which t0 has left: 1000K + 400K.
// RUN: l2opt-opt %s --pack-l2=4MB --io=ddr --order=program | FileCheck %s --check-prefixes=CHECK,MERGED

// CHECK-LABEL: func.func @main
// SLOTS-SAME: memref<1700000xi8, 1>
// SLOTS-SAME: peak = 1700000 : i64
// MERGED-SAME: memref<1400000xi8, 1>
// MERGED-SAME: lower_bound = 1400000 : i64, peak = 1400000 : i64, status = "optimal"

// The second buffer begins where the first ends, and the two of the branches lie inside the first's [0, 1000000):
// r at 500032 (500000 align 64).
// MERGED-DAG: %[[START:.*]] = arith.constant 0 : index
// MERGED-DAG: %[[MIDDLE:.*]] = arith.constant 500032 : index
// MERGED-DAG: %[[END:.*]] = arith.constant 1000000 : index
// MERGED: %[[T0:.*]] = memref.view %{{.*}}[%[[START]]][] : memref<1400000xi8, 1> to memref<1000000xi8, 1>
// MERGED: %[[T1:.*]] = memref.view %{{.*}}[%[[END]]][] : memref<1400000xi8, 1> to memref<400000xi8, 1>
// MERGED: %[[L:.*]] = memref.view %{{.*}}[%[[START]]][] : memref<1400000xi8, 1> to memref<500000xi8, 1>
// MERGED: %[[R:.*]] = memref.view %{{.*}}[%[[MIDDLE]]][] : memref<1400000xi8, 1> to memref<300000xi8, 1>
// MERGED: call @main_4_join(%[[L]], %[[R]],
func.func @main(%in: tensor<16xi8>) -> tensor<16xi8> {
  %t0 = "net.first"(%in) : (tensor<16xi8>) -> tensor<1000000xi8>
  %t1 = "net.second"(%t0) : (tensor<1000000xi8>) -> tensor<400000xi8>
  %l = "net.left"(%t1) : (tensor<400000xi8>) -> tensor<500000xi8>
  %r = "net.right"(%t1) : (tensor<400000xi8>) -> tensor<300000xi8>
  %out = "net.join"(%l, %r) : (tensor<500000xi8>, tensor<300000xi8>) -> tensor<16xi8>
  return %out : tensor<16xi8>
}
