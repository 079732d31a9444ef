// With dma=async a copy is a start, as early as legal, and a wait, as late as legal. The input %y enters the place of %x
// as soon as the first kernel has read that, while %a leaves L2; both are waited for before the second kernel, which reads
// the one and writes over the other.
// RUN: l2opt-opt %s --l2-materialize='dma=async' --l2-lower-kernels --l2-check | FileCheck %s
// RUN: l2opt-opt %s --l2-materialize='dma=async' --l2-lower-kernels | l2opt check - | FileCheck %s --check-prefix=SOUND
// RUN: l2opt-opt %s --l2-materialize='dma=async' --l2-lower-kernels | mlir-opt -o %t
// SOUND: @main: sound; 13 steps, 7 buffers, 4 asynchronous transfers, L2 128 of 128 B, DDR 64 B

// CHECK-DAG: func.func private @l2_dma_start_i8_DDR_to_L2(memref<*xi8>, memref<*xi8, 1>, i64) attributes {l2.dma = "start"}
// CHECK-DAG: func.func private @l2_dma_start_i8_L2_to_DDR(memref<*xi8, 1>, memref<*xi8>, i64) attributes {l2.dma = "start"}
// CHECK-DAG: func.func private @l2_dma_wait(i64) attributes {l2.dma = "wait"}
// CHECK-LABEL: func.func @main(
// CHECK-NOT: memref.copy
// CHECK: call @l2_dma_start_i8_DDR_to_L2({{.*}}, {{.*}}, %[[T0:c0_i64]])
// CHECK-NEXT: call @l2_dma_wait(%[[T0]])
// CHECK: call @abs(
// CHECK: %[[Y:.*]] = memref.cast %arg1
// CHECK: call @l2_dma_start_i8_DDR_to_L2(%[[Y]], {{.*}}, %[[T0]])
// CHECK: call @l2_dma_start_i8_L2_to_DDR({{.*}}, {{.*}}, %[[T1:c1_i64]])
// CHECK: call @l2_dma_wait(%[[T1]])
// CHECK-NEXT: call @l2_dma_wait(%[[T0]])
// CHECK-NEXT: call @abs(
// CHECK: call @l2_dma_start_i8_DDR_to_L2({{.*}}, {{.*}}, %[[T0]])
// CHECK-NEXT: call @l2_dma_wait(%[[T0]])
// CHECK-NEXT: call @maximum(
"l2.memory"() {memory = "L2", alignment = 64 : i64, space = 1 : i64, capacity = 128 : i64} : () -> ()
"l2.memory"() {memory = "DDR", alignment = 64 : i64, space = 0 : i64} : () -> ()

func.func private @abs(%x: tensor<64xi8>) -> tensor<64xi8> attributes {l2.kernel} {
  %0 = tosa.abs %x : (tensor<64xi8>) -> tensor<64xi8>
  return %0 : tensor<64xi8>
}
func.func private @maximum(%x: tensor<64xi8>, %y: tensor<64xi8>) -> tensor<64xi8> attributes {l2.kernel} {
  %0 = tosa.maximum %x, %y : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  return %0 : tensor<64xi8>
}

func.func @main(%x: tensor<64xi8>, %y: tensor<64xi8>) -> tensor<64xi8> attributes {l2.plan = {peak = 128 : i64}} {
  %in = "l2.buffer"(%x) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  "l2.placement"(%in) {memory = "L2", offset = 0 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  %late = "l2.buffer"(%y) {kind = "input", bytes = 64 : i64, holds = tensor<64xi8>} : (tensor<64xi8>) -> !l2.ref
  "l2.placement"(%late) {memory = "L2", offset = 0 : i64, start = 1 : i64, end = 2 : i64} : (!l2.ref) -> ()
  %a = "l2.buffer"() {kind = "tensor", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.placement"(%a) {memory = "L2", offset = 64 : i64, start = 0 : i64, end = 1 : i64} : (!l2.ref) -> ()
  "l2.placement"(%a) {memory = "DDR", offset = 0 : i64, start = 1 : i64, end = 4 : i64} : (!l2.ref) -> ()
  "l2.placement"(%a) {memory = "L2", offset = 0 : i64, start = 2 : i64, end = 3 : i64} : (!l2.ref) -> ()
  %b = "l2.buffer"() {kind = "tensor", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.placement"(%b) {memory = "L2", offset = 64 : i64, start = 1 : i64, end = 3 : i64} : (!l2.ref) -> ()
  %c = "l2.buffer"() {kind = "output", bytes = 64 : i64, holds = tensor<64xi8>} : () -> !l2.ref
  "l2.placement"(%c) {memory = "L2", offset = 0 : i64, start = 3 : i64, end = 4 : i64} : (!l2.ref) -> ()
  "l2.kernel"(%in, %a) {callee = @abs, id = "k0", operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  "l2.copy"(%a) {from = "L2", to = "DDR"} : (!l2.ref) -> ()
  "l2.kernel"(%late, %b) {callee = @abs, id = "k1", operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  "l2.copy"(%a) {from = "DDR", to = "L2"} : (!l2.ref) -> ()
  "l2.kernel"(%a, %b, %b) {callee = @maximum, id = "k2", in_place = [array<i64: 0, 1>], operandSegmentSizes = array<i32: 2, 1>} : (!l2.ref, !l2.ref, !l2.ref) -> ()
  "l2.kernel"(%a, %c) {callee = @abs, id = "k3", operandSegmentSizes = array<i32: 1, 1>} : (!l2.ref, !l2.ref) -> ()
  %r = "l2.value"(%c) : (!l2.ref) -> tensor<64xi8>
  return %r : tensor<64xi8>
}
