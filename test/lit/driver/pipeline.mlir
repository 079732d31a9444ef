// Own passes and MLIR's run in one pipeline, in the order written; flags of own passes are a pipeline too.
// RUN: l2opt-opt %s --pass-pipeline='builtin.module(func.func(canonicalize,cse),l2-form-kernels{fuse=none},symbol-dce)' | FileCheck %s
// RUN: l2opt-opt %s -pass-pipeline='builtin.module( func.func( canonicalize , cse ) , l2-form-kernels{ fuse="none" } )' | FileCheck %s
// RUN: cat %s | l2opt-opt - --l2-form-kernels=fuse=none | FileCheck %s
// RUN: cat %s | l2opt-opt -l2-form-kernels='fuse=none function=main' | FileCheck %s
// RUN: l2opt-opt %s --l2-form-kernels=fuse=none --l2-bufferize -o %t && FileCheck %s --check-prefix=BUFFERS < %t
// RUN: l2opt-opt %s | FileCheck %s --check-prefix=AS-IS

// CHECK:       func.func private @[[ABS:.*]](
// CHECK:         tosa.abs
// CHECK:       func.func private @[[NEG:.*]](
// CHECK:         tosa.negate
// CHECK-LABEL: func.func @main
// CHECK-NEXT:    %[[A:.*]] = call @[[ABS]](%arg0)
// CHECK-NEXT:    %[[B:.*]] = call @[[NEG]](%[[A]])
// CHECK-NEXT:    return %[[B]]

// BUFFERS-COUNT-2: "l2.kernel"

// AS-IS-LABEL: func.func @main
// AS-IS:         tosa.abs
// AS-IS-NEXT:    tosa.negate
func.func @main(%arg0: tensor<4xi32>) -> tensor<4xi32> {
  %zero = "tosa.const"() <{values = dense<0> : tensor<1xi32>}> : () -> tensor<1xi32>
  %0 = tosa.abs %arg0 : (tensor<4xi32>) -> tensor<4xi32>
  %1 = tosa.negate %0, %zero, %zero : (tensor<4xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<4xi32>
  return %1 : tensor<4xi32>
}
