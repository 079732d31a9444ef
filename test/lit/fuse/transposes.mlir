// With fuse=elementwise a kernel writes its result transposed, where all that it reads is no larger.
// RUN: l2opt-opt %s -split-input-file --l2-form-kernels=fuse=elementwise | FileCheck %s
// RUN: l2opt-opt %s -split-input-file --l2-form-kernels=fuse=activation | FileCheck %s --check-prefix=APART

// 96 B are read and 384 B written.
// CHECK-LABEL: func.func private @grows_0_resize
// CHECK:       tosa.resize
// CHECK-NEXT:  tosa.transpose
// CHECK-LABEL: func.func @grows(
// CHECK-NEXT:  call @grows_0_resize
// CHECK-NEXT:  return
// APART-LABEL: func.func @grows(
// APART-NEXT:  call @grows_0_resize
// APART-NEXT:  call @grows_1_transpose
func.func @grows(%x: tensor<1x4x6x4xi8>) -> tensor<1x4x8x12xi8> {
  %s = tosa.const_shape {values = dense<[2, 1, 2, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %o = tosa.const_shape {values = dense<0> : tensor<2xindex>} : () -> !tosa.shape<2>
  %b = tosa.const_shape {values = dense<1> : tensor<2xindex>} : () -> !tosa.shape<2>
  %0 = tosa.resize %x, %s, %o, %b {mode = NEAREST_NEIGHBOR} : (tensor<1x4x6x4xi8>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x8x12x4xi8>
  %1 = tosa.transpose %0 {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x8x12x4xi8>) -> tensor<1x4x8x12xi8>
  return %1 : tensor<1x4x8x12xi8>
}

// -----

// 768 B are read, 192 B written: a result that is transposed apart could first be put where the operand was.
// CHECK-LABEL: func.func @shrinks(
// CHECK-NEXT:  call @shrinks_0_max_pool2d
// CHECK-NEXT:  call @shrinks_1_transpose
func.func @shrinks(%x: tensor<1x8x24x4xi8>) -> tensor<1x4x4x12xi8> {
  %0 = tosa.max_pool2d %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>} : (tensor<1x8x24x4xi8>) -> tensor<1x4x12x4xi8>
  %1 = tosa.transpose %0 {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x4x12x4xi8>) -> tensor<1x4x4x12xi8>
  return %1 : tensor<1x4x4x12xi8>
}
