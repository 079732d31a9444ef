// State is read first and written last, outside of kernels; a read after a write takes what was written.
// RUN: l2opt-opt %s --l2-form-kernels | FileCheck %s

tosa.variable @s = dense<0.0> : tensor<64xf32>

// CHECK-LABEL: func.func @main(
// CHECK-NEXT: %[[OLD:.*]] = tosa.variable_read @s
// CHECK-NEXT: %[[NEW:.*]] = call @main_0_add(%[[OLD]], %arg0)
// CHECK-NEXT: %[[R:.*]] = call @main_1_reverse(%[[NEW]])
// CHECK-NEXT: tosa.variable_write @s, %[[NEW]]
// CHECK-NEXT: return %[[R]]
func.func @main(%x: tensor<64xf32>) -> tensor<64xf32> {
  %old = tosa.variable_read @s : tensor<64xf32>
  %new = tosa.add %old, %x : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  tosa.variable_write @s, %new : tensor<64xf32>
  %again = tosa.variable_read @s : tensor<64xf32>
  %r = tosa.reverse %again {axis = 0 : i32} : (tensor<64xf32>) -> tensor<64xf32>
  return %r : tensor<64xf32>
}
