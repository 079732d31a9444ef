// With --weights=auto a constant that several kernels use is in L2 while there is room, brought in once; one used once is
// streamed, since L2 saves it nothing. What tensors move does not rise.
// RUN: l2opt-opt %s --pack-l2=256 --weights=auto --fuse=none --merge=none --order=program | FileCheck %s
// RUN: l2opt-opt %s --pack-l2=128 --weights=auto --fuse=none --merge=none --order=program | FileCheck %s --check-prefix=FULL

// The input and the first sum, 128, and the constant, 64.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: peak = 192 : i64
// CHECK: %[[ONCE:.*]] = memref.get_global @main_constant_{{.*}} : memref<64xi8>
// CHECK: memref.copy %[[ONCE]], %[[IN:.*]] : memref<64xi8> to memref<64xi8, 1>
// CHECK: call @{{.*}}(%{{.*}}, %[[IN]], %{{.*}})
// CHECK-NOT: get_global
// CHECK: call @{{.*}}(%{{.*}}, %[[IN]], %{{.*}})
// CHECK: %[[FAR:.*]] = memref.get_global
// CHECK: call @{{.*}}(%{{.*}}, %[[FAR]], %{{.*}})
// FULL-LABEL: func.func @main(
// FULL-SAME: fits = true
// FULL-SAME: peak = 128 : i64
func.func @main(%x: tensor<64xi8>) -> tensor<64xi8> {
  %w = "tosa.const"() {values = dense<"0x000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F"> : tensor<64xi8>} : () -> tensor<64xi8>
  %v = "tosa.const"() {values = dense<"0x010102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F"> : tensor<64xi8>} : () -> tensor<64xi8>
  %0 = tosa.maximum %x, %w : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  %1 = tosa.minimum %0, %w : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  %2 = tosa.maximum %1, %v : (tensor<64xi8>, tensor<64xi8>) -> tensor<64xi8>
  return %2 : tensor<64xi8>
}
