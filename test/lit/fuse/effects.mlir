// Operations that may have effects keep their order, take in nothing, and are kept without use.
// RUN: l2opt-opt %s --l2-form-kernels --allow-unregistered-dialect | FileCheck %s

// CHECK: func.func private @main_0_random() -> tensor<4xf32> attributes {l2.contiguous = array<i64: 0>, l2.effects, l2.kernel}
// CHECK: func.func private @main_1_random() -> tensor<4xf32> attributes {l2.contiguous = array<i64: 0>, l2.effects, l2.kernel}
// CHECK: func.func private @main_2_exp(%arg0: tensor<4xf32>) -> tensor<4xf32> attributes {l2.in_place = [array<i64: 0, 0>], l2.kernel}
// CHECK: func.func private @main_3_print(%arg0: tensor<4xf32>) attributes {l2.contiguous = array<i64: 0>, l2.effects, l2.kernel}
// CHECK-LABEL: func.func @main(
// CHECK: call @main_0_random()
// CHECK: call @main_1_random()
// CHECK: call @main_2_exp(
// CHECK: call @main_3_print(
func.func @main() -> tensor<4xf32> {
  %a = "foo.random"() : () -> tensor<4xf32>
  %b = "foo.random"() : () -> tensor<4xf32>
  %c = tosa.exp %b : (tensor<4xf32>) -> tensor<4xf32>
  "foo.print"(%b) : (tensor<4xf32>) -> ()
  return %c : tensor<4xf32>
}
