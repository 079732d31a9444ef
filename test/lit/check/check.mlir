// Sound packed programs pass, and stay as they are.
// RUN: l2opt-opt %s --l2-check | mlir-opt -o %t && mlir-opt %s -o %t.as-is && diff %t %t.as-is
// RUN: l2opt check %s | FileCheck %s

// CHECK:      @chain: sound; 6 steps, 5 buffers, L2 192 of 256 B, DDR 0 B
// CHECK-NEXT: @loop: sound; 3 steps, 3 buffers, L2 192 of 192 B, DDR 64 B
// CHECK-NEXT: @swapped_in_a_loop: sound; 4 steps, 2 buffers, L2 128 of 128 B, DDR 0 B
// CHECK-NEXT: @branches: sound; 4 steps, 4 buffers, L2 128 of 128 B, DDR 0 B
// CHECK-NEXT: @halves: sound; 5 steps, 2 buffers, L2 256 of 256 B, DDR 0 B
// CHECK-NEXT: @allocated: sound; 2 steps, 1 buffer, L2 64 of 64 B, DDR 0 B
// CHECK-NEXT: @counter: sound; 3 steps, 2 buffers, L2 128 of 128 B, DDR 0 B
// CHECK-NEXT: @counter_init: sound; 1 step, 1 buffer, L2 64 of 128 B, DDR 0 B

#id = affine_map<(d0) -> (d0)>

// d is written over b, which is dead by then; e in place of d.
func.func @chain(%x: memref<64xi8>, %l2: memref<192xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 256 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64}) -> memref<64xi8, 1>
    attributes {l2.plan = {peak = 192 : i64}, l2.arenas = {L2 = {argument = 1 : i64, bytes = 192 : i64, alignment = 64 : i64, capacity = 256 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %a = memref.view %l2[%c0][] : memref<192xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  %b = memref.view %l2[%c64][] : memref<192xi8, 1> to memref<64xi8, 1>
  call @relu(%a, %b) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  %c = memref.view %l2[%c128][] : memref<192xi8, 1> to memref<64xi8, 1>
  call @relu(%b, %c) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  %d = memref.view %l2[%c64][] : memref<192xi8, 1> to memref<64xi8, 1>
  call @add(%a, %c, %d) : (memref<64xi8, 1>, memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  %e = memref.view %l2[%c64][] : memref<192xi8, 1> to memref<64xi8, 1>
  call @relu(%d, %e) {l2.in_place = [array<i64: 1, 0>]} : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  return %e : memref<64xi8, 1>
}

// acc lives through the loop, t inside one iteration, w in DDR.
func.func @loop(%x: memref<64xi8>, %n: index, %l2: memref<192xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 192 : i64}, %ddr: memref<64xi8> {l2.arena = "DDR", l2.alignment = 64 : i64}) -> memref<64xi8, 1>
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 192 : i64, alignment = 64 : i64, capacity = 192 : i64}, DDR = {argument = 3 : i64, bytes = 64 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  %acc = memref.view %l2[%c0][] : memref<192xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %acc : memref<64xi8> to memref<64xi8, 1>
  %w = memref.view %ddr[%c0][] : memref<64xi8> to memref<64xi8>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %acc) -> memref<64xi8, 1> {
    %t = memref.view %l2[%c128][] : memref<192xi8, 1> to memref<64xi8, 1>
    linalg.copy ins(%s : memref<64xi8, 1>) outs(%w : memref<64xi8>)
    func.call @add(%s, %s, %t) : (memref<64xi8, 1>, memref<64xi8, 1>, memref<64xi8, 1>) -> ()
    func.call @relu(%t, %s) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
    scf.yield %s : memref<64xi8, 1>
  }
  return %r : memref<64xi8, 1>
}

// The two buffers change places in each iteration.
func.func @swapped_in_a_loop(%x: memref<64xi8>, %n: index, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64}) -> memref<64xi8, 1>
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 3 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %b = memref.view %l2[%c64][] : memref<128xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%s = %a, %t = %b) -> (memref<64xi8, 1>, memref<64xi8, 1>) {
    func.call @relu(%s, %t) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
    scf.yield %t, %s : memref<64xi8, 1>, memref<64xi8, 1>
  }
  return %r#1 : memref<64xi8, 1>
}

// What the branches write shares bytes; each reads its own.
func.func @branches(%x: memref<64xi8>, %p: i1, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64}) -> memref<64xi8, 1>
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 3 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %out = memref.view %l2[%c64][] : memref<128xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %out : memref<64xi8> to memref<64xi8, 1>
  scf.if %p {
    %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
    func.call @relu(%out, %a) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
    func.call @relu(%a, %out) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  } else {
    %b = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
    memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
    func.call @relu(%b, %out) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  }
  %c = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  call @relu(%out, %c) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  return %c : memref<64xi8, 1>
}

// b takes the bytes of rows of a that are no longer read: a [0, 256), its even rows are at 0..31, 64..95, ...
func.func @halves(%x: memref<4x32xi8>, %y: memref<4x32xi8>, %l2: memref<256xi8, 1> {l2.arena = "L2", l2.alignment = 32 : i64, l2.capacity = 256 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 32 : i64}) -> memref<4x32xi8, strided<[64, 1]>, 1>
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 256 : i64, alignment = 32 : i64, capacity = 256 : i64}, DDR = {argument = 3 : i64, bytes = 0 : i64, alignment = 32 : i64}}} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %a = memref.view %l2[%c0][] : memref<256xi8, 1> to memref<8x32xi8, 1>
  %even = memref.subview %a[0, 0] [4, 32] [2, 1] : memref<8x32xi8, 1> to memref<4x32xi8, strided<[64, 1]>, 1>
  %odd = memref.subview %a[1, 0] [4, 32] [2, 1] : memref<8x32xi8, 1> to memref<4x32xi8, strided<[64, 1], offset: 32>, 1>
  memref.copy %x, %even : memref<4x32xi8> to memref<4x32xi8, strided<[64, 1]>, 1>
  memref.copy %x, %odd : memref<4x32xi8> to memref<4x32xi8, strided<[64, 1], offset: 32>, 1>
  %b = memref.view %l2[%c32][] : memref<256xi8, 1> to memref<32xi8, 1>
  %row = memref.subview %x[0, 0] [1, 32] [1, 1] : memref<4x32xi8> to memref<32xi8, strided<[1]>>
  memref.copy %row, %b : memref<32xi8, strided<[1]>> to memref<32xi8, 1>
  memref.copy %even, %y : memref<4x32xi8, strided<[64, 1]>, 1> to memref<4x32xi8>
  return %even : memref<4x32xi8, strided<[64, 1]>, 1>
}

func.func @allocated(%x: memref<64xi8>) -> memref<64xi8, 1>
    attributes {l2.arenas = {L2 = {bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {bytes = 0 : i64, alignment = 64 : i64}}} {
  %l2 = memref.alloc() {alignment = 64 : i64, l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64} : memref<64xi8, 1>
  %ddr = memref.alloc() {alignment = 64 : i64, l2.arena = "DDR", l2.alignment = 64 : i64} : memref<0xi8>
  %c0 = arith.constant 0 : index
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  return %a : memref<64xi8, 1>
}

// The state is written by @counter_init, and read by the next run as this one leaves it.
func.func @counter(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.init = @counter_init, l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %state = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %t = memref.view %l2[%c64][] : memref<128xi8, 1> to memref<64xi8, 1>
  call @add(%state, %state, %t) : (memref<64xi8, 1>, memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  call @relu(%t, %state) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  memref.copy %t, %x : memref<64xi8, 1> to memref<64xi8>
  return
}
func.func @counter_init(%l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 0 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 1 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1 : i8
  %state = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  linalg.fill ins(%one : i8) outs(%state : memref<64xi8, 1>)
  return
}

func.func private @relu(%a: memref<64xi8, 1>, %o: memref<64xi8, 1>) {
  %zero = arith.constant 0 : i8
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : memref<64xi8, 1>) outs(%o : memref<64xi8, 1>) {
  ^bb0(%in: i8, %out: i8):
    %max = arith.maxsi %in, %zero : i8
    linalg.yield %max : i8
  }
  return
}
func.func private @add(%a: memref<64xi8, 1>, %b: memref<64xi8, 1>, %o: memref<64xi8, 1>) {
  linalg.add ins(%a, %b : memref<64xi8, 1>, memref<64xi8, 1>) outs(%o : memref<64xi8, 1>)
  return
}

// -----

// Two parts of 4 columns in rows of 8, written apart and read together; a part of the whole is read last.
// CHECK-LABEL: @parts
func.func @parts(%x: memref<4x4xi8>, %y: memref<4x8xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 3 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %w = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<4x8xi8, 1>
  %a = memref.subview %w[0, 0] [4, 4] [1, 1] : memref<4x8xi8, 1> to memref<4x4xi8, strided<[8, 1]>, 1>
  %b = memref.subview %w[0, 4] [4, 4] [1, 1] : memref<4x8xi8, 1> to memref<4x4xi8, strided<[8, 1], offset: 4>, 1>
  memref.copy %x, %a : memref<4x4xi8> to memref<4x4xi8, strided<[8, 1]>, 1>
  memref.copy %a, %b : memref<4x4xi8, strided<[8, 1]>, 1> to memref<4x4xi8, strided<[8, 1], offset: 4>, 1>
  memref.copy %w, %y : memref<4x8xi8, 1> to memref<4x8xi8>
  memref.copy %b, %x : memref<4x4xi8, strided<[8, 1], offset: 4>, 1> to memref<4x4xi8>
  return
}
