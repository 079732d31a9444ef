// Bodies become linalg on memrefs: results go straight to their operands, temporaries are the engine's own.
// RUN: l2opt-opt %s --l2-lower-kernels | FileCheck %s
// RUN: l2opt-opt %s --l2-lower-kernels | mlir-opt -o %t

// CHECK-LABEL: func.func private @sum(
// CHECK-SAME: %[[A:.*]]: memref<8xi8, 1>, %[[B:.*]]: memref<8xi8, 1>, %[[OUT:.*]]: memref<8xi8, 1>)
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {{.*}} ins(%[[A]], %[[B]] : {{.*}}) outs(%[[OUT]] : memref<8xi8, 1>)
// CHECK: return
func.func private @sum(%arg0: memref<8xi8, 1>, %arg1: memref<8xi8, 1>, %arg2: memref<8xi8, 1>) attributes {l2.kernel} {
  %0 = bufferization.to_tensor %arg0 restrict : memref<8xi8, 1> to tensor<8xi8>
  %1 = bufferization.to_tensor %arg1 restrict : memref<8xi8, 1> to tensor<8xi8>
  %2 = tosa.maximum %0, %1 : (tensor<8xi8>, tensor<8xi8>) -> tensor<8xi8>
  bufferization.materialize_in_destination %2 in restrict writable %arg2 : (tensor<8xi8>, memref<8xi8, 1>) -> ()
  return
}

// Called in place, this kernel would write its result before it has read all of its operand: a transpose reads
// elsewhere. It computes into a temporary, which is copied at the end.
// CHECK-LABEL: func.func private @turn(
// CHECK-SAME: %[[IN:.*]]: memref<4x4xi8, 1>, %[[OUT:.*]]: memref<4x4xi8, 1>)
// CHECK: %[[TEMP:.*]] = memref.alloc() {{.*}} : memref<4x4xi8>
// CHECK-NOT: outs(%[[OUT]]
// CHECK: memref.copy %[[TEMP]], %[[OUT]]
// CHECK: memref.dealloc %[[TEMP]]
func.func private @turn(%arg0: memref<4x4xi8, 1>, %arg1: memref<4x4xi8, 1>) attributes {l2.kernel} {
  %0 = bufferization.to_tensor %arg0 restrict : memref<4x4xi8, 1> to tensor<4x4xi8>
  %1 = tosa.transpose %0 {perms = array<i32: 1, 0>} : (tensor<4x4xi8>) -> tensor<4x4xi8>
  bufferization.materialize_in_destination %1 in restrict writable %arg1 : (tensor<4x4xi8>, memref<4x4xi8, 1>) -> ()
  return
}

// A convolution's accumulator is in the default space, and freed.
// CHECK-LABEL: func.func private @conv(
// CHECK: %[[ACC:.*]] = memref.alloc() {{.*}} : memref<1x2x2x4xi32>
// CHECK: linalg.conv_2d_nhwc_fhwc_q {{.*}} outs(%[[ACC]] : memref<1x2x2x4xi32>)
// CHECK: memref.dealloc %[[ACC]]
func.func private @conv(%arg0: memref<1x2x2x4xi8, 1>, %arg1: memref<4x1x1x4xi8>, %arg2: memref<4xi32>, %arg3: memref<1x2x2x4xi8, 1>) attributes {l2.kernel} {
  %0 = bufferization.to_tensor %arg0 restrict : memref<1x2x2x4xi8, 1> to tensor<1x2x2x4xi8>
  %1 = bufferization.to_tensor %arg1 restrict : memref<4x1x1x4xi8> to tensor<4x1x1x4xi8>
  %2 = bufferization.to_tensor %arg2 restrict : memref<4xi32> to tensor<4xi32>
  %z = "tosa.const"() {values = dense<1> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %m = "tosa.const"() {values = dense<1073741824> : tensor<1xi32>} : () -> tensor<1xi32>
  %s = "tosa.const"() {values = dense<36> : tensor<1xi8>} : () -> tensor<1xi8>
  %3 = tosa.conv2d %0, %1, %2, %z, %z {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x2x2x4xi8>, tensor<4x1x1x4xi8>, tensor<4xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x2x2x4xi32>
  %4 = tosa.rescale %3, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x2x2x4xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x2x2x4xi8>
  bufferization.materialize_in_destination %4 in restrict writable %arg3 : (tensor<1x2x2x4xi8>, memref<1x2x2x4xi8, 1>) -> ()
  return
}

// A multiplier that was elided cannot be lowered: upstream would read no elements of it. The body stays.
// CHECK-LABEL: func.func private @elided(
// CHECK: bufferization.to_tensor
// CHECK: tosa.rescale
// CHECK: bufferization.materialize_in_destination
func.func private @elided(%arg0: memref<8xi32, 1>, %arg1: memref<8xi8, 1>) attributes {l2.kernel} {
  %0 = bufferization.to_tensor %arg0 restrict : memref<8xi32, 1> to tensor<8xi32>
  %z = "tosa.const"() {values = dense<1> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %m = "tosa.const"() {values = dense_resource<__elided__> : tensor<8xi32>} : () -> tensor<8xi32>
  %s = "tosa.const"() {values = dense<36> : tensor<8xi8>} : () -> tensor<8xi8>
  %1 = tosa.rescale %0, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = true, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<8xi32>, tensor<8xi32>, tensor<8xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<8xi8>
  bufferization.materialize_in_destination %1 in restrict writable %arg1 : (tensor<8xi8>, memref<8xi8, 1>) -> ()
  return
}

func.func @main(%arg0: memref<8xi8, 1>, %arg1: memref<4x4xi8, 1>) {
  call @sum(%arg0, %arg0, %arg0) {l2.in_place = [array<i64: 2, 0>], l2.kernel = "k0"} : (memref<8xi8, 1>, memref<8xi8, 1>, memref<8xi8, 1>) -> ()
  call @turn(%arg1, %arg1) {l2.in_place = [array<i64: 1, 0>], l2.kernel = "k1"} : (memref<4x4xi8, 1>, memref<4x4xi8, 1>) -> ()
  return
}
