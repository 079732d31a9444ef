// A softmax after a matrix product: one kernel where elementwise work may read a kernel's own result again.
// RUN: l2opt-opt %s --l2-form-kernels=fuse=activation | FileCheck %s --check-prefix=ACT
// RUN: l2opt-opt %s --l2-form-kernels=fuse=elementwise | FileCheck %s --check-prefix=ALL

// ACT-LABEL: func.func @main(
// ACT: %[[X:.*]] = call @main_0_matmul(
// ACT-NEXT: %[[M:.*]] = call @main_1_reduce_max(%[[X]])
// ACT-NEXT: %[[E:.*]] = call @main_2_exp(%[[X]], %[[M]])
// ACT-NEXT: %[[S:.*]] = call @main_3_reduce_sum(%[[E]])
// ACT-NEXT: %[[R:.*]] = call @main_4_mul(%[[E]], %[[S]])
// ACT-NEXT: return %[[R]]
// ALL-LABEL: func.func @main(
// ALL: %[[R:.*]] = call @main_0_matmul(
// ALL-NEXT: return %[[R]]
func.func @main(%x: tensor<1x8x64xf32>, %y: tensor<1x64x64xf32>) -> tensor<1x8x64xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %p = tosa.matmul %x, %y, %z, %z : (tensor<1x8x64xf32>, tensor<1x64x64xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x64xf32>
  %m = tosa.reduce_max %p {axis = 2 : i32} : (tensor<1x8x64xf32>) -> tensor<1x8x1xf32>
  %d = tosa.sub %p, %m : (tensor<1x8x64xf32>, tensor<1x8x1xf32>) -> tensor<1x8x64xf32>
  %e = tosa.exp %d : (tensor<1x8x64xf32>) -> tensor<1x8x64xf32>
  %s = tosa.reduce_sum %e {axis = 2 : i32} : (tensor<1x8x64xf32>) -> tensor<1x8x1xf32>
  %i = tosa.reciprocal %s : (tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
  %r = tosa.mul %e, %i, %shift : (tensor<1x8x64xf32>, tensor<1x8x1xf32>, tensor<1xi8>) -> tensor<1x8x64xf32>
  return %r : tensor<1x8x64xf32>
}
