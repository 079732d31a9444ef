// RUN: l2opt-opt %s -split-input-file --allow-unregistered-dialect --l2-form-kernels | FileCheck %s

// Two operands of 4 channels each in rows of 8: the second starts at channel 4.
// CHECK-LABEL: @channels_0_concat
// CHECK-SAME:  l2.within = [{read = 0 : i64, sizes = array<i64: 1, 2, 2, 4>, starts = array<i64: 0, 0, 0, 0>
// CHECK-SAME:  whole = "written", written = 0 : i64}, {read = 1 : i64, sizes = array<i64: 1, 2, 2, 4>, starts = array<i64: 0, 0, 0, 4>
func.func @channels(%a: tensor<1x2x2x4xi8>, %b: tensor<1x2x2x4xi8>) -> tensor<1x2x2x8xi8> {
  %0 = tosa.concat %a, %b {axis = 3 : i32} : (tensor<1x2x2x4xi8>, tensor<1x2x2x4xi8>) -> tensor<1x2x2x8xi8>
  return %0 : tensor<1x2x2x8xi8>
}

// -----

// The result is rows 2 and 3 of the argument.
// CHECK-LABEL: @rows_0_slice
// CHECK-SAME:  l2.within = [{read = 0 : i64, sizes = array<i64: 2, 8>, starts = array<i64: 2, 0>, steps = array<i64: 1, 1>, whole = "read"
func.func @rows(%a: tensor<4x8xi8>) -> tensor<2x8xi8> {
  %s = tosa.const_shape {values = dense<[2, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %n = tosa.const_shape {values = dense<[2, 8]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %0 = tosa.slice %a, %s, %n : (tensor<4x8xi8>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<2x8xi8>
  return %0 : tensor<2x8xi8>
}

// -----

// The argument lies one row down and two columns in.
// CHECK-LABEL: @border_0_pad
// CHECK-SAME:  sizes = array<i64: 2, 3>, starts = array<i64: 1, 2>
func.func @border(%a: tensor<2x3xf32>) -> tensor<4x5xf32> {
  %c = arith.constant 1.5 : f32
  %0 = tensor.pad %a low[1, 2] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %c : f32
  } : tensor<2x3xf32> to tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----

// Every second column, without the dimension of one row.
// CHECK-LABEL: @every_second_0_extract_slice
// CHECK-SAME:  sizes = array<i64: 1, 3>, starts = array<i64: 1, 0>, steps = array<i64: 1, 2>, whole = "read"
func.func @every_second(%a: tensor<4x6xf32>) -> tensor<3xf32> {
  %0 = tensor.extract_slice %a[1, 0] [1, 3] [1, 2] : tensor<4x6xf32> to tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// What moves elements in another order, and what computes, states no choices.
// CHECK-LABEL: @neither_0_reverse
// CHECK-NOT:   l2.within
func.func @neither(%a: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %0 = tosa.reverse %a {axis = 0 : i32} : (tensor<4x6xf32>) -> tensor<4x6xf32>
  %1 = tosa.abs %0 : (tensor<4x6xf32>) -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}

// -----

// A transpose that moves dimensions of one element only is a view, and no kernel.
// CHECK-LABEL: @turned(
// CHECK-NEXT:  tosa.transpose
// CHECK-NEXT:  call @turned_0_abs
func.func @turned(%a: tensor<1x6x1x4xi8>) -> tensor<1x1x6x4xi8> {
  %0 = tosa.transpose %a {perms = array<i32: 0, 2, 1, 3>} : (tensor<1x6x1x4xi8>) -> tensor<1x1x6x4xi8>
  %1 = tosa.abs %0 : (tensor<1x1x6x4xi8>) -> tensor<1x1x6x4xi8>
  return %1 : tensor<1x1x6x4xi8>
}

// -----

// What is not known to take operands with gaps asks for contiguous ones: its argument 0 and its result.
// CHECK-LABEL: @foreign_0_op
// CHECK-SAME:  l2.contiguous = array<i64: 0, 1>
func.func @foreign(%a: tensor<4xi8>) -> tensor<4xi8> {
  %0 = "vendor.op"(%a) : (tensor<4xi8>) -> tensor<4xi8>
  return %0 : tensor<4xi8>
}
