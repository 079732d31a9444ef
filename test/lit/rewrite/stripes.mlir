// Convolutions of 3 rows between small tensors: whole, what they exchange takes 128 KiB; in stripes a few rows of it.
// RUN: l2opt-opt %s --l2-rewrite-stripes="rewrite=stripes l2=32KB" | FileCheck %s
// RUN: l2opt-opt %s --l2-rewrite-stripes="l2=32KB" | FileCheck %s --check-prefix=NONE
// RUN: l2opt-opt %s --l2-rewrite-stripes="rewrite=stripes l2=256KB" | FileCheck %s --check-prefix=NONE
// RUN: l2opt plan %s --l2=32KB | FileCheck %s --check-prefix=WHOLE
// RUN: l2opt plan %s --l2=32KB --rewrite=stripes | FileCheck %s --check-prefix=STRIPES
// RUN: l2opt run %s --l2=32KB --fill-weights=1 --check --rewrite=stripes | FileCheck %s --check-prefix=DONE
// RUN: l2opt run %s --l2=24KB --fill-weights=1 --check --rewrite=all --overlap=safe --dma=async | FileCheck %s --check-prefix=DONE

// NONE-NOT: tensor.extract_slice
// WHOLE: fits         no
// STRIPES: fits         yes
// DONE: packed equals unpacked, bit for bit

// The first stripe is padded above alone, and keeps the rows that the second reads again.
// CHECK: %[[X:.*]] = tensor.extract_slice %arg0[0, 0, 0, 0]
// CHECK: tosa.conv2d %[[X]], {{.*}}pad = array<i64: 1, 0, 1, 1>
// CHECK: tosa.conv2d {{.*}}pad = array<i64: 1, 0, 1, 1>
// CHECK: %[[HALO:.*]] = tensor.extract_slice {{.*}} to tensor<1x2x32x64xi8>
// CHECK: %[[NEW:.*]] = tosa.clamp
// CHECK: tensor.concat dim(1) %[[HALO]], %[[NEW]]
// CHECK: tosa.conv2d {{.*}}pad = array<i64: 0, 0, 1, 1>
// CHECK: tosa.conv2d {{.*}}pad = array<i64: 0, 1, 1, 1>
// CHECK: %[[ALL:.*]] = tensor.concat dim(1) {{.*}} -> tensor<1x64x32x2xi8>
// CHECK: return %[[ALL]]

func.func @main(%x: tensor<1x64x32x2xi8>) -> tensor<1x64x32x2xi8> {
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %z32 = "tosa.const"() {values = dense<0> : tensor<1xi32>} : () -> tensor<1xi32>
  %m = "tosa.const"() {values = dense<1518500250> : tensor<1xi32>} : () -> tensor<1xi32>
  %s = "tosa.const"() {values = dense<38> : tensor<1xi8>} : () -> tensor<1xi8>
  %w0 = "tosa.const"() {values = dense_resource<__elided__> : tensor<64x3x3x2xi8>} : () -> tensor<64x3x3x2xi8>
  %b0 = "tosa.const"() {values = dense_resource<__elided__> : tensor<64xi32>} : () -> tensor<64xi32>
  %a0 = tosa.conv2d %x, %w0, %b0, %z, %z {acc_type = i32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x64x32x2xi8>, tensor<64x3x3x2xi8>, tensor<64xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x64x32x64xi32>
  %v0 = tosa.rescale %a0, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x64x32x64xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x64x32x64xi8>
  %c0 = tosa.clamp %v0 {min_val = -100 : i8, max_val = 100 : i8} : (tensor<1x64x32x64xi8>) -> tensor<1x64x32x64xi8>
  %w1 = "tosa.const"() {values = dense_resource<__elided__> : tensor<2x3x3x64xi8>} : () -> tensor<2x3x3x64xi8>
  %b1 = "tosa.const"() {values = dense_resource<__elided__> : tensor<2xi32>} : () -> tensor<2xi32>
  %a1 = tosa.conv2d %c0, %w1, %b1, %z, %z {acc_type = i32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x64x32x64xi8>, tensor<2x3x3x64xi8>, tensor<2xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x64x32x2xi32>
  %v1 = tosa.rescale %a1, %m, %s, %z32, %z {input_unsigned = false, output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : (tensor<1x64x32x2xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x64x32x2xi8>
  return %v1 : tensor<1x64x32x2xi8>
}
