// RUN: l2opt-opt %s -split-input-file --allow-unregistered-dialect -verify-diagnostics --l2-pack

// expected-error@+1 {{'l2.within': region [0, 2][2, 3][1, 1] outside of tensor<2x4xi8>}}
func.func private @outside(%a: tensor<2x3xi8>) -> tensor<2x4xi8> attributes {l2.kernel, l2.within = [
    {read = 0, written = 0, whole = "written", starts = array<i64: 0, 2>, sizes = array<i64: 2, 3>, steps = array<i64: 1, 1>}]} {
  %0 = "vendor.op"(%a) : (tensor<2x3xi8>) -> tensor<2x4xi8>
  return %0 : tensor<2x4xi8>
}
func.func @main() {
  %0 = "l2.buffer"() {bytes = 6 : i64, holds = tensor<2x3xi8>, kind = "tensor"} : () -> !l2.ref
  %1 = "l2.buffer"() {bytes = 8 : i64, holds = tensor<2x4xi8>, kind = "tensor"} : () -> !l2.ref
  "l2.kernel"(%0, %1) {callee = @outside, operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  return
}

// -----

// expected-error@+1 {{'l2.within': region [0, 0][2, 2][1, 1] of tensor<2x4xi8> is no tensor<2x3xi8>}}
func.func private @other(%a: tensor<2x3xi8>) -> tensor<2x4xi8> attributes {l2.kernel, l2.within = [
    {read = 0, written = 0, whole = "written", starts = array<i64: 0, 0>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>}]} {
  %0 = "vendor.op"(%a) : (tensor<2x3xi8>) -> tensor<2x4xi8>
  return %0 : tensor<2x4xi8>
}
func.func @main() {
  %0 = "l2.buffer"() {bytes = 6 : i64, holds = tensor<2x3xi8>, kind = "tensor"} : () -> !l2.ref
  %1 = "l2.buffer"() {bytes = 8 : i64, holds = tensor<2x4xi8>, kind = "tensor"} : () -> !l2.ref
  "l2.kernel"(%0, %1) {callee = @other, operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  return
}

// -----

// expected-error@+1 {{'l2.within': argument 1, result 0; the kernel has 1 arguments and 1 results}}
func.func private @missing(%a: tensor<4xi8>) -> tensor<4xi8> attributes {l2.kernel, l2.within = [
    {read = 1, written = 0, whole = "read", starts = array<i64: 0>, sizes = array<i64: 4>, steps = array<i64: 1>}]} {
  %0 = "vendor.op"(%a) : (tensor<4xi8>) -> tensor<4xi8>
  return %0 : tensor<4xi8>
}
func.func @main() {
  %0 = "l2.buffer"() {bytes = 4 : i64, holds = tensor<4xi8>, kind = "tensor"} : () -> !l2.ref
  %1 = "l2.buffer"() {bytes = 4 : i64, holds = tensor<4xi8>, kind = "tensor"} : () -> !l2.ref
  "l2.kernel"(%0, %1) {callee = @missing, operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  return
}

// -----

// expected-error@+1 {{'l2.within': want choices such as}}
func.func private @odd(%a: tensor<4xi8>) -> tensor<4xi8> attributes {l2.kernel, l2.within = [{read = 0}]} {
  %0 = "vendor.op"(%a) : (tensor<4xi8>) -> tensor<4xi8>
  return %0 : tensor<4xi8>
}
func.func @main() {
  %0 = "l2.buffer"() {bytes = 4 : i64, holds = tensor<4xi8>, kind = "tensor"} : () -> !l2.ref
  %1 = "l2.buffer"() {bytes = 4 : i64, holds = tensor<4xi8>, kind = "tensor"} : () -> !l2.ref
  "l2.kernel"(%0, %1) {callee = @odd, operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  return
}
