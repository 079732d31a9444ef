// A kernel with 'l2.parts' computes its result part by part, each in memory of its own before it goes to its place.
// RUN: l2opt-opt %s --l2-lower-kernels | FileCheck %s
// RUN: l2opt-opt %s --l2-lower-kernels | mlir-opt -o %t

// Of twelve rows, the first and the last see the border; between them, row i + 1 reads rows i to i + 2.
// CHECK-LABEL: func.func private @pool(
// CHECK-SAME: %[[IN:.*]]: memref<1x12x8x4xi8, 1>, %[[OUT:.*]]: memref<1x12x8x4xi8, 1>)
// CHECK: memref.subview %[[IN]][0, 0, 0, 0] [1, 2, 8, 4]
// CHECK: %[[FIRST:.*]] = memref.subview %[[OUT]][0, 0, 0, 0] [1, 1, 8, 4]
// CHECK-NEXT: memref.copy %{{.*}}, %[[FIRST]]
// CHECK: scf.for %[[I:.*]] = %c0 to %c10 step %c1 {
// CHECK: memref.subview %[[IN]][0, %[[I]], 0, 0] [1, 3, 8, 4]
// CHECK: %[[ROW:.*]] = arith.addi %[[I]], %c1
// CHECK: linalg.pooling_nhwc_max {{.*}} outs(%[[PART:.*]] : memref<1x1x8x4xi8>)
// CHECK: %[[PLACE:.*]] = memref.subview %[[OUT]][0, %[[ROW]], 0, 0] [1, 1, 8, 4]
// CHECK-NEXT: memref.copy %[[PART]], %[[PLACE]]
// CHECK: }
// CHECK: memref.subview %[[IN]][0, 10, 0, 0] [1, 2, 8, 4]
// CHECK: memref.subview %[[OUT]][0, 11, 0, 0] [1, 1, 8, 4]
// CHECK: return
func.func private @pool(%a: memref<1x12x8x4xi8, 1>, %b: memref<1x12x8x4xi8, 1>) attributes {l2.kernel, l2.parts = 12 : i64} {
  %0 = bufferization.to_tensor %a restrict : memref<1x12x8x4xi8, 1> to tensor<1x12x8x4xi8>
  %1 = tosa.max_pool2d %0 {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>} : (tensor<1x12x8x4xi8>) -> tensor<1x12x8x4xi8>
  bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<1x12x8x4xi8>, memref<1x12x8x4xi8, 1>) -> ()
  return
}

// What only moves elements is held back too: a part's own elements may lie where it is written.
// CHECK-LABEL: func.func private @cut(
// CHECK-SAME: %[[IN:.*]]: memref<4x6x3x2xf32>, %[[OUT:.*]]: memref<4x6x1x2xf32>)
// CHECK: scf.for %[[I:.*]] = %c0 to %c4 step %c1 {
// CHECK: %[[SLICE:.*]] = memref.subview %[[IN]][%[[I]], 0, 1, 0] [1, 6, 1, 2]
// CHECK: %[[PART:.*]] = memref.alloc() {{.*}} : memref<1x6x1x2xf32>
// CHECK: memref.copy %[[SLICE]], %[[PART]]
// CHECK: memref.copy %[[PART]], %{{.*}}
// CHECK: memref.dealloc %[[PART]]
func.func private @cut(%a: memref<4x6x3x2xf32>, %b: memref<4x6x1x2xf32>) attributes {l2.kernel, l2.parts = 4 : i64} {
  %0 = bufferization.to_tensor %a restrict : memref<4x6x3x2xf32> to tensor<4x6x3x2xf32>
  %1 = tensor.extract_slice %0[0, 0, 1, 0] [4, 6, 1, 2] [1, 1, 1, 1] : tensor<4x6x3x2xf32> to tensor<4x6x1x2xf32>
  bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<4x6x1x2xf32>, memref<4x6x1x2xf32>) -> ()
  return
}

// An average counts its window by where it is: the numbers of the loops are those of the whole.
// CHECK-LABEL: func.func private @average(
// CHECK: scf.for %[[I:.*]] = %c0 to
// CHECK: linalg.generic
// CHECK: arith.minsi %[[I]], %c0
// CHECK: linalg.index 2
func.func private @average(%a: memref<1x6x4x1xf32>, %b: memref<1x6x4x1xf32>) attributes {l2.kernel, l2.parts = 6 : i64} {
  %0 = bufferization.to_tensor %a restrict : memref<1x6x4x1xf32> to tensor<1x6x4x1xf32>
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %1 = tosa.avg_pool2d %0, %z, %z {acc_type = f32, kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>} : (tensor<1x6x4x1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x6x4x1xf32>
  bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<1x6x4x1xf32>, memref<1x6x4x1xf32>) -> ()
  return
}

// A result that has no such parts: the body stays, with what binds it.
// CHECK-LABEL: func.func private @odd(
// CHECK-SAME: l2.parts = 5 : i64
// CHECK: bufferization.to_tensor
func.func private @odd(%a: memref<4x6xf32>, %b: memref<4x6xf32>) attributes {l2.kernel, l2.parts = 5 : i64} {
  %0 = bufferization.to_tensor %a restrict : memref<4x6xf32> to tensor<4x6xf32>
  %1 = tosa.abs %0 : (tensor<4x6xf32>) -> tensor<4x6xf32>
  bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<4x6xf32>, memref<4x6xf32>) -> ()
  return
}
