// Reshapes between kernels are views and no kernels; one before an activation stays inside the kernel.
// RUN: l2opt-opt %s --l2-form-kernels=fuse=activation | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK: %[[A:.*]] = call @main_0_reduce_sum(%arg0)
// CHECK: %[[V:.*]] = tosa.reshape %[[A]]
// CHECK-NEXT: %[[B:.*]] = call @main_1_reverse(%[[V]])
// CHECK: %[[W:.*]] = tosa.reshape %[[B]]
// CHECK-NEXT: return %[[W]], %[[B]]
func.func @main(%x: tensor<4x64xf32>) -> (tensor<64xf32>, tensor<8x8xf32>) {
  %s1 = tosa.const_shape {values = dense<[8, 8]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %s2 = tosa.const_shape {values = dense<[64]> : tensor<1xindex>} : () -> !tosa.shape<1>
  %a = tosa.reduce_sum %x {axis = 0 : i32} : (tensor<4x64xf32>) -> tensor<1x64xf32>
  %l = tosa.reshape %a, %s2 : (tensor<1x64xf32>, !tosa.shape<1>) -> tensor<64xf32>
  %e = tosa.exp %l : (tensor<64xf32>) -> tensor<64xf32>
  %v = tosa.reshape %e, %s1 : (tensor<64xf32>, !tosa.shape<2>) -> tensor<8x8xf32>
  %r = tosa.reverse %v {axis = 0 : i32} : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %w = tosa.reshape %r, %s2 : (tensor<8x8xf32>, !tosa.shape<1>) -> tensor<64xf32>
  return %w, %r : tensor<64xf32>, tensor<8x8xf32>
}
