// Help is generated from the registry: every pass, its options, its manual.
// RUN: l2opt-opt --help | FileCheck %s
// RUN: l2opt-opt --help-pass=l2-pack | FileCheck %s --check-prefix=MANUAL
// RUN: l2opt --help | FileCheck %s --check-prefix=L2OPT
// RUN: l2opt plan --help | FileCheck %s --check-prefix=PLAN

// CHECK: usage: l2opt-opt
// CHECK: packing options, with --pack-l2:
// CHECK: --l2 SIZE
// CHECK: passes, in a pipeline as NAME{OPTION=VALUE ...}
// CHECK: --l2-form-kernels[='OPTION=VALUE ...']
// CHECK: --l2-bufferize[='OPTION=VALUE ...']
// CHECK: --l2-pack[='OPTION=VALUE ...']
// CHECK: l2=SIZE
// CHECK: --l2-materialize[='OPTION=VALUE ...']
// CHECK: --l2-lower-kernels[='OPTION=VALUE ...']
// CHECK: --l2-check[='OPTION=VALUE ...']
// MANUAL: l2-pack: Plan the memory of a function
// MANUAL: Pre: a function after l2-bufferize
// L2OPT-DAG: plan
// L2OPT-DAG: pack
// L2OPT-DAG: run
// L2OPT-DAG: check
// PLAN: usage: l2opt plan
// PLAN: planning options:
