// A pad or slice is part of the window that would do it itself, and a kernel of its own otherwise.
// RUN: l2opt-opt %s --split-input-file --l2-form-kernels=fuse=none | FileCheck %s

// CHECK-LABEL: func.func @zero(
// CHECK-NOT: call @zero_{{.*}}pad
// CHECK: call @zero_0_conv2d(%arg0
func.func @zero(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x3x3x16xf32>} : () -> tensor<16x3x3x16xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %v = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %shape = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %p = tosa.pad %x, %shape, %v : (tensor<1x8x8x16xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x10x10x16xf32>
  %r = tosa.conv2d %p, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x10x10x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  return %r : tensor<1x8x8x16xf32>
}

// -----

// CHECK-LABEL: func.func @one(
// CHECK: call @one_0_pad(
// CHECK: call @one_1_conv2d(
func.func @one(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x3x3x16xf32>} : () -> tensor<16x3x3x16xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %v = "tosa.const"() {values = dense<1.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %shape = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %p = tosa.pad %x, %shape, %v : (tensor<1x8x8x16xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x10x10x16xf32>
  %r = tosa.conv2d %p, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x10x10x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  return %r : tensor<1x8x8x16xf32>
}

// -----

// CHECK-LABEL: func.func @least(
// CHECK: call @least_0_exp(
// CHECK-NEXT: call @least_1_max_pool2d(
// CHECK-NEXT: return
func.func @least(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %v = "tosa.const"() {values = dense<0xFF800000> : tensor<1xf32>} : () -> tensor<1xf32>
  %shape = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %e = tosa.exp %x : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
  %p = tosa.pad %e, %shape, %v : (tensor<1x8x8x16xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x10x10x16xf32>
  %r = tosa.max_pool2d %p {kernel = array<i64: 3, 3>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x10x10x16xf32>) -> tensor<1x8x8x16xf32>
  return %r : tensor<1x8x8x16xf32>
}

// -----

// Zero is no larger than any element after a clamp from zero.
// CHECK-LABEL: func.func @clamped(
// CHECK: call @clamped_0_clamp(
// CHECK-NEXT: call @clamped_1_max_pool2d(
// CHECK-NEXT: return
func.func @clamped(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %v = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %shape = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %e = tosa.clamp %x {max_val = 6.0 : f32, min_val = 0.0 : f32} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
  %p = tosa.pad %e, %shape, %v : (tensor<1x8x8x16xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x10x10x16xf32>
  %r = tosa.max_pool2d %p {kernel = array<i64: 3, 3>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x10x10x16xf32>) -> tensor<1x8x8x16xf32>
  return %r : tensor<1x8x8x16xf32>
}

// -----

// Zero may be larger than every element of a window.
// CHECK-LABEL: func.func @may_exceed(
// CHECK: call @may_exceed_0_tanh(
// CHECK-NEXT: call @may_exceed_1_pad(
// CHECK-NEXT: call @may_exceed_2_max_pool2d(
// CHECK-NEXT: return
func.func @may_exceed(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %v = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %shape = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %e = tosa.tanh %x : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
  %p = tosa.pad %e, %shape, %v : (tensor<1x8x8x16xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x10x10x16xf32>
  %r = tosa.max_pool2d %p {kernel = array<i64: 3, 3>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x10x10x16xf32>) -> tensor<1x8x8x16xf32>
  return %r : tensor<1x8x8x16xf32>
}

// -----

// A pad of the channels is no border of a window.
// CHECK-LABEL: func.func @channels(
// CHECK: call @channels_0_pad(
// CHECK: call @channels_1_conv2d(
func.func @channels(%x: tensor<1x8x8x8xf32>) -> tensor<1x8x8x16xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x3x3x16xf32>} : () -> tensor<16x3x3x16xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %shape = tosa.const_shape {values = dense<[0, 0, 0, 0, 0, 0, 0, 8]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %p = tosa.pad %x, %shape, %z : (tensor<1x8x8x8xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  %r = tosa.conv2d %p, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x8x8x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  return %r : tensor<1x8x8x16xf32>
}

// -----

// A pad that something else reads too is a buffer.
// CHECK-LABEL: func.func @shared(
// CHECK: call @shared_0_pad(
// CHECK: call @shared_1_conv2d(
func.func @shared(%x: tensor<1x8x8x16xf32>) -> (tensor<1x8x8x16xf32>, tensor<1x10x10x16xf32>) {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x3x3x16xf32>} : () -> tensor<16x3x3x16xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %shape = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %p = tosa.pad %x, %shape, %z : (tensor<1x8x8x16xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x10x10x16xf32>
  %r = tosa.conv2d %p, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x10x10x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  return %r, %p : tensor<1x8x8x16xf32>, tensor<1x10x10x16xf32>
}

// -----

// A pad that several windows carry is part of each.
// CHECK-LABEL: func.func @twice(
// CHECK: call @twice_0_conv2d(%arg0
// CHECK-NEXT: call @twice_1_conv2d(%arg0
// CHECK-NEXT: return
func.func @twice(%x: tensor<1x8x8x16xf32>) -> (tensor<1x8x8x16xf32>, tensor<1x8x8x16xf32>) {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x3x3x16xf32>} : () -> tensor<16x3x3x16xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %shape = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %p = tosa.pad %x, %shape, %z : (tensor<1x8x8x16xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x10x10x16xf32>
  %r = tosa.conv2d %p, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x10x10x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  %s = tosa.conv2d %p, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 2, 2>} : (tensor<1x10x10x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  return %r, %s : tensor<1x8x8x16xf32>, tensor<1x8x8x16xf32>
}

// -----

// Rows and columns that a window leaves out are no buffer: importers slice them off where a stride does not divide.
// CHECK-LABEL: func.func @slice(
// CHECK: call @slice_0_conv2d(%arg0
// CHECK-NEXT: return
func.func @slice(%x: tensor<1x8x8x16xf32>) -> tensor<1x3x3x16xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x3x3x16xf32>} : () -> tensor<16x3x3x16xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %start = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> !tosa.shape<4>
  %size = tosa.const_shape {values = dense<[1, 7, 7, 16]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %p = tosa.slice %x, %start, %size : (tensor<1x8x8x16xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x7x7x16xf32>
  %r = tosa.conv2d %p, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>} : (tensor<1x7x7x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x3x3x16xf32>
  return %r : tensor<1x3x3x16xf32>
}

// -----

// Leaving out channels is a copy.
// CHECK-LABEL: func.func @slice_channels(
// CHECK: call @slice_channels_0_slice(%arg0
// CHECK: call @slice_channels_1_conv2d(
func.func @slice_channels(%x: tensor<1x8x8x32xf32>) -> tensor<1x8x8x16xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense<1.0> : tensor<16x3x3x16xf32>} : () -> tensor<16x3x3x16xf32>
  %b = "tosa.const"() {values = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %start = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> !tosa.shape<4>
  %size = tosa.const_shape {values = dense<[1, 8, 8, 16]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %p = tosa.slice %x, %start, %size : (tensor<1x8x8x32xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x8x8x16xf32>
  %r = tosa.conv2d %p, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x8x8x16xf32>, tensor<16x3x3x16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x16xf32>
  return %r : tensor<1x8x8x16xf32>
}
