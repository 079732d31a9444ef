// IR printing covers own passes and MLIR's, goes to stderr, and leaves stdout as it was.
// RUN: l2opt-opt %s --l2-form-kernels --mlir-print-ir-after-all 2>&1 >/dev/null | FileCheck %s --check-prefix=AFTER-ALL
// RUN: l2opt-opt %s --l2-form-kernels --mlir-print-ir-before-all 2>&1 >/dev/null | FileCheck %s --check-prefix=BEFORE-ALL
// RUN: l2opt-opt %s --pass-pipeline='builtin.module(func.func(canonicalize,cse),l2-form-kernels)' --mlir-print-ir-after=cse,l2-form-kernels 2>&1 >/dev/null | FileCheck %s --check-prefix=AFTER --implicit-check-not='IR Dump'
// RUN: l2opt-opt %s --pass-pipeline='builtin.module(func.func(canonicalize,cse),l2-form-kernels)' --mlir-print-ir-before=canonicalize --mlir-print-ir-before=l2-form-kernels 2>&1 >/dev/null | FileCheck %s --check-prefix=BEFORE --implicit-check-not='IR Dump'
// RUN: l2opt-opt %s --l2-form-kernels --mlir-print-ir-after-all 2>/dev/null | FileCheck %s --check-prefix=CLEAN --implicit-check-not='IR Dump'
// RUN: not l2opt-opt %s --l2-form-kernels --mlir-print-ir-after=cse 2>&1 | FileCheck %s --check-prefix=ABSENT

// AFTER-ALL: IR Dump After FormKernels (l2-form-kernels)
// AFTER-ALL: call @main_0_abs
// BEFORE-ALL: IR Dump Before FormKernels (l2-form-kernels)
// BEFORE-ALL-NOT: call
// BEFORE-ALL: tosa.abs
// AFTER: IR Dump After cse
// AFTER-NOT: call
// AFTER: IR Dump After l2-form-kernels
// AFTER: call @main_0_abs
// BEFORE: IR Dump Before canonicalize
// BEFORE: IR Dump Before l2-form-kernels
// CLEAN: module {
// ABSENT: error: IR printing: pass 'cse' is not in the pipeline
func.func @main(%arg0: tensor<4xi32>) -> tensor<4xi32> {
  %0 = tosa.abs %arg0 : (tensor<4xi32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
