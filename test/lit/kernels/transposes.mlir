// Transposes that undo one another are gone; a reshape stands where they moved nothing.
// RUN: l2opt-opt %s -split-input-file --l2-form-kernels | FileCheck %s

// CHECK-LABEL: func.func @there_and_back(
// CHECK-NEXT:  call @there_and_back_0_abs(%arg0)
// CHECK-NEXT:  return
func.func @there_and_back(%x: tensor<1x4x6x3xi8>) -> tensor<1x4x6x3xi8> {
  %0 = tosa.transpose %x {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x4x6x3xi8>) -> tensor<1x3x4x6xi8>
  %1 = tosa.transpose %0 {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x3x4x6xi8>) -> tensor<1x4x6x3xi8>
  %2 = tosa.abs %1 : (tensor<1x4x6x3xi8>) -> tensor<1x4x6x3xi8>
  return %2 : tensor<1x4x6x3xi8>
}

// -----

// Channels go last, rows and columns become one dimension, channels go first again: 1x3x4x6 as 1x3x24.
// CHECK-LABEL: func.func @around_a_reshape(
// CHECK:       tosa.reshape %arg0, %{{.*}} : (tensor<1x3x4x6xi8>, !tosa.shape<3>) -> tensor<1x3x24xi8>
// CHECK-NEXT:  call @around_a_reshape_0_abs(
// CHECK-NEXT:  return
func.func @around_a_reshape(%x: tensor<1x3x4x6xi8>) -> tensor<1x3x24xi8> {
  %s = tosa.const_shape {values = dense<[1, 24, 3]> : tensor<3xindex>} : () -> !tosa.shape<3>
  %0 = tosa.transpose %x {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x3x4x6xi8>) -> tensor<1x4x6x3xi8>
  %1 = tosa.reshape %0, %s : (tensor<1x4x6x3xi8>, !tosa.shape<3>) -> tensor<1x24x3xi8>
  %2 = tosa.transpose %1 {perms = array<i32: 0, 2, 1>} : (tensor<1x24x3xi8>) -> tensor<1x3x24xi8>
  %3 = tosa.abs %2 : (tensor<1x3x24xi8>) -> tensor<1x3x24xi8>
  return %3 : tensor<1x3x24xi8>
}

// -----

// The same in linalg, by operations on tensors.
// CHECK-LABEL: func.func @linalg(
// CHECK:       tensor.collapse_shape %arg0 {{.*}} : tensor<3x4x6xf32> into tensor<72xf32>
// CHECK-NEXT:  tensor.expand_shape {{.*}} : tensor<72xf32> into tensor<3x24xf32>
// CHECK-NEXT:  call @linalg_0_exp(
func.func @linalg(%x: tensor<3x4x6xf32>) -> tensor<3x24xf32> {
  %e0 = tensor.empty() : tensor<4x6x3xf32>
  %e1 = tensor.empty() : tensor<3x24xf32>
  %0 = linalg.transpose ins(%x : tensor<3x4x6xf32>) outs(%e0 : tensor<4x6x3xf32>) permutation = [1, 2, 0]
  %1 = tensor.collapse_shape %0 [[0, 1], [2]] : tensor<4x6x3xf32> into tensor<24x3xf32>
  %2 = linalg.transpose ins(%1 : tensor<24x3xf32>) outs(%e1 : tensor<3x24xf32>) permutation = [1, 0]
  %3 = math.exp %2 : tensor<3x24xf32>
  return %3 : tensor<3x24xf32>
}

// -----

// Groups of channels that are shuffled stay: their elements move.
// CHECK-LABEL: func.func @shuffle(
// CHECK:       call @shuffle_0_transpose
func.func @shuffle(%x: tensor<1x6x4xi8>) -> tensor<1x6x4xi8> {
  %s = tosa.const_shape {values = dense<[1, 2, 3, 4]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %t = tosa.const_shape {values = dense<[1, 6, 4]> : tensor<3xindex>} : () -> !tosa.shape<3>
  %0 = tosa.reshape %x, %s : (tensor<1x6x4xi8>, !tosa.shape<4>) -> tensor<1x2x3x4xi8>
  %1 = tosa.transpose %0 {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x2x3x4xi8>) -> tensor<1x3x2x4xi8>
  %2 = tosa.reshape %1, %t : (tensor<1x3x2x4xi8>, !tosa.shape<3>) -> tensor<1x6x4xi8>
  return %2 : tensor<1x6x4xi8>
}
