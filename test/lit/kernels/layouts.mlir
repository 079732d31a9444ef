// Transposes that an importer put around what computes alike in any order of dimensions are gone.
// RUN: l2opt-opt %s -split-input-file --l2-form-kernels=fuse=none | FileCheck %s

// An activation and a residual add between convolutions whose channels come last: the network stays in that order.
// CHECK-LABEL: func.func private @residual_
// CHECK-NOT:   tosa.transpose
// CHECK-LABEL: func.func @residual(
// CHECK-NEXT:  [[A:%.*]] = call @residual_{{.*}}_abs(%arg0) {{.*}} -> tensor<1x4x6x3xi8>
// CHECK-NEXT:  [[M:%.*]] = call @residual_{{.*}}_maximum([[A]], %arg0)
// CHECK-NEXT:  return [[M]]
func.func @residual(%x: tensor<1x4x6x3xi8>) -> tensor<1x4x6x3xi8> {
  %0 = tosa.transpose %x {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x4x6x3xi8>) -> tensor<1x3x4x6xi8>
  %1 = tosa.abs %0 : (tensor<1x3x4x6xi8>) -> tensor<1x3x4x6xi8>
  %2 = tosa.maximum %1, %0 : (tensor<1x3x4x6xi8>, tensor<1x3x4x6xi8>) -> tensor<1x3x4x6xi8>
  %3 = tosa.transpose %2 {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x3x4x6xi8>) -> tensor<1x4x6x3xi8>
  return %3 : tensor<1x4x6x3xi8>
}

// -----

// Axes, borders and regions are those of the other order.
// CHECK-LABEL: func.func private @moves_0_concat
// CHECK:       tosa.concat {{.*}} {axis = 3 : i32} : (tensor<1x4x6x3xi8>, tensor<1x4x6x3xi8>) -> tensor<1x4x6x6xi8>
// CHECK-LABEL: func.func private @moves_1_pad
// CHECK:       dense<[0, 0, 1, 2, 3, 4, 0, 0]> : tensor<8xindex>
// CHECK:       tosa.pad {{.*}} -> tensor<1x7x13x6xi8>
// CHECK-LABEL: func.func private @moves_2_slice
// CHECK:       dense<[0, 2, 1, 0]> : tensor<4xindex>
// CHECK:       dense<[1, 3, 5, 4]> : tensor<4xindex>
// CHECK:       tosa.slice {{.*}} -> tensor<1x3x5x4xi8>
// CHECK-LABEL: func.func private @moves_3_reduce_max
// CHECK:       tosa.reduce_max {{.*}} {axis = 2 : i32} : (tensor<1x3x5x4xi8>) -> tensor<1x3x1x4xi8>
// CHECK-LABEL: func.func @moves(
// CHECK-NOT:   transpose
// CHECK:       return
func.func @moves(%x: tensor<1x4x6x3xi8>) -> tensor<1x3x1x4xi8> {
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %p = tosa.const_shape {values = dense<[0, 0, 0, 0, 1, 2, 3, 4]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %s = tosa.const_shape {values = dense<[0, 0, 2, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %e = tosa.const_shape {values = dense<[1, 4, 3, 5]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %0 = tosa.transpose %x {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x4x6x3xi8>) -> tensor<1x3x4x6xi8>
  %1 = tosa.concat %0, %0 {axis = 1 : i32} : (tensor<1x3x4x6xi8>, tensor<1x3x4x6xi8>) -> tensor<1x6x4x6xi8>
  %2 = tosa.pad %1, %p, %z : (tensor<1x6x4x6xi8>, !tosa.shape<8>, tensor<1xi8>) -> tensor<1x6x7x13xi8>
  %3 = tosa.slice %2, %s, %e : (tensor<1x6x7x13xi8>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x4x3x5xi8>
  %4 = tosa.reduce_max %3 {axis = 3 : i32} : (tensor<1x4x3x5xi8>) -> tensor<1x4x3x1xi8>
  %5 = tosa.transpose %4 {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x4x3x1xi8>) -> tensor<1x3x1x4xi8>
  return %5 : tensor<1x3x1x4xi8>
}

// -----

// Where no order is better than the one that is there, it stays.
// CHECK-LABEL: func.func @kept(
// CHECK-NEXT:  call @kept_{{.*}}_transpose(%arg0)
// CHECK-NEXT:  call @kept_{{.*}}_abs
func.func @kept(%x: tensor<1x4x6x3xi8>) -> tensor<1x3x4x6xi8> {
  %0 = tosa.transpose %x {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x4x6x3xi8>) -> tensor<1x3x4x6xi8>
  %1 = tosa.abs %0 : (tensor<1x3x4x6xi8>) -> tensor<1x3x4x6xi8>
  return %1 : tensor<1x3x4x6xi8>
}

// -----

// A constant is transposed for nothing; a lookup table has no such dimensions.
// CHECK-LABEL: func.func @constants(
// CHECK-NEXT:  {{.*}} = "tosa.const"() <{values = dense<7> : tensor<256xi8>}>
// CHECK-NEXT:  [[T:%.*]] = call @constants_{{.*}}_table(%arg0
// CHECK-NEXT:  {{.*}} = "tosa.const"
// CHECK-NEXT:  [[M:%.*]] = call @constants_{{.*}}_maximum([[T]]
// CHECK-NEXT:  return [[M]]
func.func @constants(%x: tensor<1x4x6x3xi8>) -> tensor<1x4x6x3xi8> {
  %c = "tosa.const"() {values = dense<[[[[1]], [[2]], [[3]]]]> : tensor<1x3x1x1xi8>} : () -> tensor<1x3x1x1xi8>
  %t = "tosa.const"() {values = dense<7> : tensor<256xi8>} : () -> tensor<256xi8>
  %0 = tosa.transpose %x {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x4x6x3xi8>) -> tensor<1x3x4x6xi8>
  %1 = tosa.table %0, %t : (tensor<1x3x4x6xi8>, tensor<256xi8>) -> tensor<1x3x4x6xi8>
  %2 = tosa.maximum %1, %c : (tensor<1x3x4x6xi8>, tensor<1x3x1x1xi8>) -> tensor<1x3x4x6xi8>
  %3 = tosa.transpose %2 {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x3x4x6xi8>) -> tensor<1x4x6x3xi8>
  return %3 : tensor<1x4x6x3xi8>
}
