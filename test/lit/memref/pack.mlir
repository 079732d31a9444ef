// Allocations become views of the arenas; deallocations go; what derives from them moves to the arena's space.
// RUN: l2opt-opt %s --l2-pack='l2=1KB function=straight' | FileCheck %s --check-prefix=PLAN
// RUN: l2opt-opt %s --pass-pipeline='builtin.module(l2-pack{l2=1KB function=straight},l2-materialize{function=straight},l2-pack{l2=1KB function=regions},l2-materialize{function=regions},l2-pack{l2=64 function=spilled},l2-materialize{function=spilled},l2-pack{l2=1KB io=ddr function=returned},l2-materialize{function=returned arena=alloc},l2-check)' | mlir-opt | FileCheck %s

// Step:    0        1        2            3            4        5
//          a = x    b = a+x  c right = b  c left = b   d = b+c  out = d
// a, b, c, d take 256 B each, b may be written over a and d over b or c: at most b + c = 512. Beside a there is room for
// a copy of x, which is read twice: 256 B less from DDR, and 512 in all.
// PLAN-LABEL: func.func @straight
// PLAN-SAME:    l2.plan = {ddr_peak = 0 : i64, fits = true, lower_bound = 512 : i64, peak = 512 : i64, status = "optimal", traffic = 512 : i64
// PLAN:         %[[X:.*]] = memref.alloc() {l2.placements = [{end = 2 : i64, memory = "L2", offset = {{.*}} : i64, start = 0 : i64}]}
// PLAN:         %[[A:.*]] = memref.alloc() {l2.placements = [{end = 2 : i64, memory = "L2", offset = {{.*}} : i64, start = 0 : i64}]}
// PLAN-NEXT:    memref.copy %arg0, %[[X]]
// PLAN-NEXT:    linalg.copy ins(%[[X]] : memref<4x16xi32>) outs(%[[A]] : memref<4x16xi32>)
// PLAN:         memref.alloc() {l2.placements = [{end = 5 : i64, memory = "L2", offset = {{.*}} : i64, start = 1 : i64}]}

// CHECK-LABEL: func.func @straight(
// CHECK-SAME:    %arg2: memref<512xi8, 1> {l2.alignment = 64 : i64, l2.arena = "L2", l2.capacity = 1024 : i64}, %arg3: memref<0xi8> {l2.alignment = 64 : i64, l2.arena = "DDR"})
// CHECK-SAME:    l2.arenas = {DDR = {alignment = 64 : i64, argument = 3 : i64, bytes = 0 : i64}, L2 = {alignment = 64 : i64, argument = 2 : i64, bytes = 512 : i64, capacity = 1024 : i64}}
// CHECK:         %[[X:.*]] = memref.view %arg2[{{.*}}][] : memref<512xi8, 1> to memref<4x16xi32, 1>
// CHECK-NEXT:    %[[A:.*]] = memref.view %arg2[{{.*}}][] : memref<512xi8, 1> to memref<4x16xi32, 1>
// CHECK-NEXT:    memref.copy %arg0, %[[X]] : memref<4x16xi32> to memref<4x16xi32, 1>
// CHECK-NEXT:    linalg.copy ins(%[[X]] : memref<4x16xi32, 1>) outs(%[[A]] : memref<4x16xi32, 1>)
// CHECK:         %[[HALF:.*]] = memref.subview %{{.*}}[0, 8] [4, 8] [1, 1] : memref<4x16xi32, 1> to memref<4x8xi32, strided<[16, 1], offset: 8>, 1>
// CHECK-NEXT:    memref.cast %[[HALF]] : memref<4x8xi32, strided<[16, 1], offset: 8>, 1> to memref<4x8xi32, strided<[16, 1], offset: ?>, 1>
// CHECK-NOT:     memref.alloc
// CHECK-NOT:     memref.dealloc
// CHECK:         return
func.func @straight(%x: memref<4x16xi32>, %out: memref<4x16xi32>) {
  %a = memref.alloc() : memref<4x16xi32>
  linalg.copy ins(%x : memref<4x16xi32>) outs(%a : memref<4x16xi32>)
  %b = memref.alloc() : memref<4x16xi32>
  linalg.add ins(%a, %x : memref<4x16xi32>, memref<4x16xi32>) outs(%b : memref<4x16xi32>)
  %half = memref.subview %b[0, 8] [4, 8] [1, 1] : memref<4x16xi32> to memref<4x8xi32, strided<[16, 1], offset: 8>>
  %cast = memref.cast %half : memref<4x8xi32, strided<[16, 1], offset: 8>> to memref<4x8xi32, strided<[16, 1], offset: ?>>
  %c = memref.alloc() : memref<4x16xi32>
  %c_half = memref.subview %c[0, 8] [4, 8] [1, 1] : memref<4x16xi32> to memref<4x8xi32, strided<[16, 1], offset: 8>>
  memref.copy %cast, %c_half : memref<4x8xi32, strided<[16, 1], offset: ?>> to memref<4x8xi32, strided<[16, 1], offset: 8>>
  %c_rest = memref.subview %c[0, 0] [4, 8] [1, 1] : memref<4x16xi32> to memref<4x8xi32, strided<[16, 1]>>
  memref.copy %half, %c_rest : memref<4x8xi32, strided<[16, 1], offset: 8>> to memref<4x8xi32, strided<[16, 1]>>
  %d = memref.alloc() : memref<4x16xi32>
  linalg.add ins(%b, %c : memref<4x16xi32>, memref<4x16xi32>) outs(%d : memref<4x16xi32>)
  memref.copy %d, %out : memref<4x16xi32> to memref<4x16xi32>
  memref.dealloc %a : memref<4x16xi32>
  memref.dealloc %b : memref<4x16xi32>
  memref.dealloc %c : memref<4x16xi32>
  memref.dealloc %d : memref<4x16xi32>
  return
}

// The result of the branch is planned storage or the argument: it stays in the default space.
// What the loop allocates is made once; what it carries to its next iteration stays on the heap.
// CHECK-LABEL: func.func @regions(
// CHECK:         %[[IF:.*]] = scf.if %arg1 -> (memref<64xi8>) {
// CHECK-NEXT:      %[[U:.*]] = memref.view %arg3
// CHECK-NEXT:      memref.copy %arg0, %[[U]] : memref<64xi8> to memref<64xi8, 1>
// CHECK-NEXT:      %[[CAST:.*]] = memref.memory_space_cast %[[U]] : memref<64xi8, 1> to memref<64xi8>
// CHECK-NEXT:      scf.yield %[[CAST]] : memref<64xi8>
// CHECK-NEXT:    } else {
// CHECK-NEXT:      scf.yield %arg0 : memref<64xi8>
// CHECK:         %[[ACC:.*]] = memref.view %arg3
// CHECK:         scf.for {{.*}} iter_args(%[[S:.*]] = %[[ACC]]) -> (memref<64xi8, 1>) {
// CHECK-NEXT:      %[[T:.*]] = memref.view %arg3
// CHECK-NEXT:      linalg.add ins(%[[S]], %[[IF]] : memref<64xi8, 1>, memref<64xi8>) outs(%[[T]] : memref<64xi8, 1>)
// CHECK:           scf.yield %[[S]] : memref<64xi8, 1>
// CHECK:         scf.for {{.*}} iter_args({{.*}}) -> (memref<64xi8>) {
// CHECK-NEXT:      memref.alloc() : memref<64xi8>
func.func @regions(%x: memref<64xi8>, %p: i1, %n: index) -> memref<64xi8> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = scf.if %p -> memref<64xi8> {
    %u = memref.alloc() : memref<64xi8>
    memref.copy %x, %u : memref<64xi8> to memref<64xi8>
    scf.yield %u : memref<64xi8>
  } else {
    scf.yield %x : memref<64xi8>
  }
  %acc = memref.alloc() : memref<64xi8>
  linalg.copy ins(%v : memref<64xi8>) outs(%acc : memref<64xi8>)
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %acc) -> memref<64xi8> {
    %t = memref.alloc() : memref<64xi8>
    linalg.add ins(%s, %v : memref<64xi8>, memref<64xi8>) outs(%t : memref<64xi8>)
    memref.copy %t, %s : memref<64xi8> to memref<64xi8>
    memref.dealloc %t : memref<64xi8>
    scf.yield %s : memref<64xi8>
  }
  %q = scf.for %i = %c0 to %n step %c1 iter_args(%s = %r) -> memref<64xi8> {
    %t = memref.alloc() : memref<64xi8>
    linalg.add ins(%s, %v : memref<64xi8>, memref<64xi8>) outs(%t : memref<64xi8>)
    scf.yield %t : memref<64xi8>
  }
  return %q : memref<64xi8>
}

// 64 B of L2 hold one of a and b while both live; the other is in the DDR arena. The call takes the default space only.
// CHECK-LABEL: func.func @spilled(
// CHECK-SAME:    %arg1: memref<64xi8, 1> {{{.*}}}, %arg2: memref<64xi8> {{{.*}}})
// CHECK-DAG:     %[[L2:.*]] = memref.view %arg1[{{.*}}][] : memref<64xi8, 1> to memref<64xi8, 1>
// CHECK-DAG:     %[[DDR:.*]] = memref.view %arg2[{{.*}}][] : memref<64xi8> to memref<64xi8>
// CHECK:         memref.memory_space_cast %[[L2]] : memref<64xi8, 1> to memref<64xi8>
// CHECK:         call @vendor
func.func @spilled(%x: memref<64xi8>) {
  %a = memref.alloc() : memref<64xi8>
  %b = memref.alloc() : memref<64xi8>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8>
  linalg.add ins(%a, %a : memref<64xi8>, memref<64xi8>) outs(%b : memref<64xi8>)
  call @vendor(%a, %b) : (memref<64xi8>, memref<64xi8>) -> ()
  return
}
func.func private @vendor(memref<64xi8>, memref<64xi8>)

// With io=ddr, what is returned is in DDR. With arena=alloc the function has no more arguments than before.
// CHECK-LABEL: func.func @returned(%arg0: memref<64xi8>) -> memref<64xi8> attributes {l2.arenas = {DDR = {alignment = 64 : i64, bytes = 64 : i64}, L2 = {alignment = 64 : i64, bytes = 64 : i64, capacity = 1024 : i64}}
// CHECK:         memref.alloc() {alignment = 64 : i64, l2.alignment = 64 : i64, l2.arena = "L2", l2.capacity = 1024 : i64} : memref<64xi8, 1>
// CHECK:         %[[DDR:.*]] = memref.alloc() {alignment = 64 : i64, l2.alignment = 64 : i64, l2.arena = "DDR"} : memref<64xi8>
// CHECK:         %[[B:.*]] = memref.view %[[DDR]]
// CHECK:         return %[[B]] : memref<64xi8>
func.func @returned(%x: memref<64xi8>) -> memref<64xi8> {
  %a = memref.alloc() : memref<64xi8>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8>
  %b = memref.alloc() : memref<64xi8>
  linalg.add ins(%a, %a : memref<64xi8>, memref<64xi8>) outs(%b : memref<64xi8>)
  return %b : memref<64xi8>
}
