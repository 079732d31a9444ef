// The article's first example, K = 1000 bytes: a chain t0 (800K) -> t1 (700K) -> t2 (800K); t2 feeds a right branch r
// (10K) and a left branch l (1000K), which join. Inputs and outputs are not counted.
//
// Whole buffers reused in the given order, first free slot: t0 in A, t1 in B, t2 in A, r in B (the only free one), so l
// needs C: 800K + 700K + 1000K.
// RUN: l2opt-opt %s --pack-l2=4MB --io=ddr --order=program --pack=slots --slots=first-come | FileCheck %s --check-prefixes=CHECK,FIRST
//
// The best assignment: B, of 1000K, holds t1, then l; r takes C of 10K: 800K + 1000K + 10K, which is also the bound at
// the join (t2 is dead, but when l is made, t2 + r + l live).
// RUN: l2opt-opt %s --pack-l2=4MB --io=ddr --order=program --pack=slots | FileCheck %s --check-prefixes=CHECK,BEST
// RUN: l2opt-opt %s --pack-l2=4MB --io=ddr --order=program --pack=offsets | FileCheck %s --check-prefixes=CHECK,BEST

// CHECK-LABEL: func.func @main
// FIRST-SAME: memref<2500000xi8, 1>
// FIRST-SAME: lower_bound = 1810000 : i64, peak = 2500000 : i64, status = "feasible"
// BEST-SAME: memref<1810000xi8, 1>
// BEST-SAME: lower_bound = 1810000 : i64, peak = 1810000 : i64, status = "optimal"
func.func @main(%in: tensor<16xi8>) -> tensor<16xi8> {
  %t0 = "net.first"(%in) : (tensor<16xi8>) -> tensor<800000xi8>
  %t1 = "net.second"(%t0) : (tensor<800000xi8>) -> tensor<700000xi8>
  %t2 = "net.third"(%t1) : (tensor<700000xi8>) -> tensor<800000xi8>
  %r = "net.right"(%t2) : (tensor<800000xi8>) -> tensor<10000xi8>
  %l = "net.left"(%t2) : (tensor<800000xi8>) -> tensor<1000000xi8>
  %out = "net.join"(%r, %l) : (tensor<10000xi8>, tensor<1000000xi8>) -> tensor<16xi8>
  return %out : tensor<16xi8>
}
