// A pad is part of the convolution or pool that would pad with the same value, and a kernel of its own otherwise.
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
