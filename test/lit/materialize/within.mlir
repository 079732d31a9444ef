// Operands that lie in their concatenation, slices that lie in what they are cut from, pads that write their border.
// RUN: l2opt-opt %s -split-input-file --l2-form-kernels --l2-bufferize --l2-pack --l2-materialize | FileCheck %s

// Rows of 8 hold a at channels 0 to 3 and b at 4 to 7, so b starts at byte 4; nothing is left to copy.
// CHECK-LABEL: func.func @concat(
// CHECK: %[[W:.*]] = memref.view {{.*}} to memref<1x2x2x8xi8, 1>
// CHECK: %[[A:.*]] = memref.subview %[[W]][0, 0, 0, 0] [1, 2, 2, 4] [1, 1, 1, 1] {{.*}} to memref<1x2x2x4xi8, strided<[32, 16, 8, 1]>, 1>
// CHECK: call @concat_0_abs(%{{.*}}, %[[A]])
// CHECK: %[[B:.*]] = memref.subview %[[W]][0, 0, 0, 4] [1, 2, 2, 4] [1, 1, 1, 1] {{.*}} to memref<1x2x2x4xi8, strided<[32, 16, 8, 1], offset: 4>, 1>
// CHECK: call @concat_1_{{.*}}(%{{.*}}, %[[B]])
// CHECK-NOT: call
// CHECK: return %[[W]]
func.func @concat(%x: tensor<1x2x2x4xi8>) -> tensor<1x2x2x8xi8> {
  %a = tosa.abs %x : (tensor<1x2x2x4xi8>) -> tensor<1x2x2x4xi8>
  %b = tosa.bitwise_not %x : (tensor<1x2x2x4xi8>) -> tensor<1x2x2x4xi8>
  %0 = tosa.concat %a, %b {axis = 3 : i32} : (tensor<1x2x2x4xi8>, tensor<1x2x2x4xi8>) -> tensor<1x2x2x8xi8>
  return %0 : tensor<1x2x2x8xi8>
}

// -----

// The graph's own input is no part: it is copied to bytes 64 to 127, one after a's 64.
// CHECK-LABEL: func.func private @of_input_1_concat_rest
// CHECK-SAME:  (%{{.*}}: memref<1x64xi8, 1>, %{{.*}}: memref<1x64xi8, strided<[64, 1], offset: 64>, 1>)
// CHECK-LABEL: func.func @of_input(
// CHECK: %[[W:.*]] = memref.view {{.*}} to memref<2x64xi8, 1>
// CHECK: call @of_input_0_abs(
// CHECK: %[[R:.*]] = memref.subview %[[W]][1, 0] [1, 64] [1, 1]
// CHECK: call @of_input_1_concat_rest_0(%{{.*}}, %[[R]]) {l2.kernel = "k1", l2.values = [""], l2.writes = array<i64: 1>}
func.func @of_input(%x: tensor<1x64xi8>) -> tensor<2x64xi8> {
  %a = tosa.abs %x : (tensor<1x64xi8>) -> tensor<1x64xi8>
  %0 = tosa.concat %a, %x {axis = 0 : i32} : (tensor<1x64xi8>, tensor<1x64xi8>) -> tensor<2x64xi8>
  return %0 : tensor<2x64xi8>
}

// -----

// The slice is rows 1 and 2 of what is cut: it starts at byte 8.
// CHECK-LABEL: func.func @slice(
// CHECK: %[[S:.*]] = memref.subview %{{.*}}[1, 0] [2, 8] [1, 1] {{.*}} to memref<2x8xi8, strided<[8, 1], offset: 8>, 1>
// CHECK: call @slice_2_tanh(%[[S]], %{{.*}})
func.func @slice(%x: tensor<4x8xi8>) -> (tensor<4x8xi8>, tensor<2x8xi8>) {
  %s = tosa.const_shape {values = dense<[1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %n = tosa.const_shape {values = dense<[2, 8]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %a = tosa.abs %x : (tensor<4x8xi8>) -> tensor<4x8xi8>
  %0 = tosa.slice %a, %s, %n : (tensor<4x8xi8>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<2x8xi8>
  %1 = "tosa.tanh"(%0) : (tensor<2x8xi8>) -> tensor<2x8xi8>
  return %a, %1 : tensor<4x8xi8>, tensor<2x8xi8>
}

// -----

// The operand lies at row 1, column 2 of rows of 5: byte 7. The border is row 0, row 3 and, between them, columns 0 and 1.
// CHECK-LABEL: func.func private @pad_1_pad_rest
// CHECK-COUNT-3: linalg.fill
// CHECK-LABEL: func.func @pad(
// CHECK: %[[W:.*]] = memref.view {{.*}} to memref<4x5xi8, 1>
// CHECK: %[[A:.*]] = memref.subview %[[W]][1, 2] [2, 3] [1, 1] {{.*}} to memref<2x3xi8, strided<[5, 1], offset: 7>, 1>
// CHECK: call @pad_0_abs(%{{.*}}, %[[A]])
// CHECK: memref.subview %[[W]][0, 0] [1, 5] [1, 1]
// CHECK: memref.subview %[[W]][3, 0] [1, 5] [1, 1]
// CHECK: memref.subview %[[W]][1, 0] [2, 2] [1, 1]
// CHECK: call @pad_1_pad_rest_0(
func.func @pad(%x: tensor<2x3xi8>) -> tensor<4x5xi8> {
  %p = tosa.const_shape {values = dense<[1, 1, 2, 0]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %z = "tosa.const"() {values = dense<7> : tensor<1xi8>} : () -> tensor<1xi8>
  %a = tosa.abs %x : (tensor<2x3xi8>) -> tensor<2x3xi8>
  %0 = tosa.pad %a, %p, %z : (tensor<2x3xi8>, !tosa.shape<4>, tensor<1xi8>) -> tensor<4x5xi8>
  return %0 : tensor<4x5xi8>
}

// -----

// A chain: c is columns 0 to 3 of w, a and b are halves of those. Rows of w take 6 bytes.
// CHECK-LABEL: func.func @chain(
// CHECK: %[[W:.*]] = memref.view {{.*}} to memref<2x6xi8, 1>
// CHECK: %[[C:.*]] = memref.subview %[[W]][0, 0] [2, 4] [1, 1] {{.*}} to memref<2x4xi8, strided<[6, 1]>, 1>
// CHECK: memref.subview %[[C]][0, 0] [2, 2] [1, 1] {{.*}} to memref<2x2xi8, strided<[6, 1]>, 1>
// CHECK: memref.subview %[[C]][0, 2] [2, 2] [1, 1] {{.*}} to memref<2x2xi8, strided<[6, 1], offset: 2>, 1>
func.func @chain(%x: tensor<2x2xi8>) -> tensor<2x6xi8> {
  %a = tosa.abs %x : (tensor<2x2xi8>) -> tensor<2x2xi8>
  %b = tosa.bitwise_not %x : (tensor<2x2xi8>) -> tensor<2x2xi8>
  %c = tosa.concat %a, %b {axis = 1 : i32} : (tensor<2x2xi8>, tensor<2x2xi8>) -> tensor<2x4xi8>
  %d = tosa.clz %x : (tensor<2x2xi8>) -> tensor<2x2xi8>
  %0 = tosa.concat %c, %d {axis = 1 : i32} : (tensor<2x4xi8>, tensor<2x2xi8>) -> tensor<2x6xi8>
  return %0 : tensor<2x6xi8>
}

// -----

// One value in two concatenations is part of one of them, and copied into the other.
// CHECK-LABEL: func.func @twice(
// CHECK: call @twice_0_abs(
// CHECK-COUNT-1: _rest_0(
// CHECK-NOT: _rest
func.func @twice(%x: tensor<1x64xi8>) -> (tensor<2x64xi8>, tensor<2x64xi8>) {
  %a = tosa.abs %x : (tensor<1x64xi8>) -> tensor<1x64xi8>
  %b = tosa.bitwise_not %x : (tensor<1x64xi8>) -> tensor<1x64xi8>
  %c = tosa.clz %x : (tensor<1x64xi8>) -> tensor<1x64xi8>
  %0 = tosa.concat %a, %b {axis = 0 : i32} : (tensor<1x64xi8>, tensor<1x64xi8>) -> tensor<2x64xi8>
  %1 = tosa.concat %a, %c {axis = 0 : i32} : (tensor<1x64xi8>, tensor<1x64xi8>) -> tensor<2x64xi8>
  return %0, %1 : tensor<2x64xi8>, tensor<2x64xi8>
}

// -----

// Values put into a constant one after another are one kernel, which fills what is left: columns 2 and 5.
// CHECK-LABEL: func.func private @inserts_2_insert_slice_rest
// CHECK-COUNT-2: linalg.fill
// CHECK-LABEL: func.func @inserts(
// CHECK: memref.subview %{{.*}}[0, 0] [4, 2] [1, 1]
// CHECK: memref.subview %{{.*}}[0, 3] [4, 2] [1, 1]
func.func @inserts(%x: tensor<4x2xi8>) -> tensor<4x6xi8> {
  %k = arith.constant 1 : i8
  %e = tensor.empty() : tensor<4x6xi8>
  %f = linalg.fill ins(%k : i8) outs(%e : tensor<4x6xi8>) -> tensor<4x6xi8>
  %a = tosa.abs %x : (tensor<4x2xi8>) -> tensor<4x2xi8>
  %b = tosa.bitwise_not %x : (tensor<4x2xi8>) -> tensor<4x2xi8>
  %g = tensor.insert_slice %a into %f[0, 0] [4, 2] [1, 1] : tensor<4x2xi8> into tensor<4x6xi8>
  %h = tensor.insert_slice %b into %g[0, 3] [4, 2] [1, 1] : tensor<4x2xi8> into tensor<4x6xi8>
  return %h : tensor<4x6xi8>
}
