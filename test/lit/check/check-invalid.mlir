// Each fault is found, at its place.
// RUN: l2opt-opt %s --l2-check --split-input-file --verify-diagnostics

// a is read after b took its bytes.
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{the buffer that is read lies here}}
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  // expected-note@below {{written here, at step 1}}
  memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
  // expected-error@below {{'%view' read at step 2: bytes [0, 64) of L2 were overwritten by '%view_0'}}
  memref.copy %a, %x : memref<64xi8, 1> to memref<64xi8>
  return
}

// -----

// Only the last 64 bytes of a are taken: they are read through a view of a view.
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  // expected-note@below {{the buffer that is read lies here}}
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<128xi8, 1>
  %zero = arith.constant 0 : i8
  linalg.fill ins(%zero : i8) outs(%a : memref<128xi8, 1>)
  %rows = memref.expand_shape %a [[0, 1]] output_shape [8, 16] : memref<128xi8, 1> into memref<8x16xi8, 1>
  %low = memref.subview %rows[4, 0] [4, 16] [1, 1] : memref<8x16xi8, 1> to memref<4x16xi8, strided<[16, 1], offset: 64>, 1>
  %flat = memref.collapse_shape %low [[0, 1]] : memref<4x16xi8, strided<[16, 1], offset: 64>, 1> into memref<64xi8, strided<[1], offset: 64>, 1>
  %b = memref.view %l2[%c64][] : memref<128xi8, 1> to memref<64xi8, 1>
  // expected-note@below {{written here, at step 1}}
  memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
  // expected-error@below {{'%collapse_shape' read at step 2: bytes [64, 128) of L2 were overwritten by '%view_0'}}
  memref.copy %flat, %x : memref<64xi8, strided<[1], offset: 64>, 1> to memref<64xi8>
  return
}

// -----

// What is returned is read at the end.
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64}) -> memref<64xi8, 1>
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{the buffer that is read lies here}}
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  // expected-note@below {{written here, at step 1}}
  memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
  // expected-error@below {{'%view' read at step 2: bytes [0, 64) of L2 were overwritten by '%view_0'}}
  return %a : memref<64xi8, 1>
}

// -----

// The second iteration reads what the first one overwrote.
func.func @main(%x: memref<64xi8>, %n: index, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 3 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  // expected-note@below {{the buffer that is read lies here}}
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  scf.for %i = %c0 to %n step %c1 {
    // expected-error@below {{'%view' read at step 1: bytes [0, 64) of L2 were overwritten by '%view_0'}}
    memref.copy %a, %x : memref<64xi8, 1> to memref<64xi8>
    // expected-note@below {{written here, at step 1}}
    memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
  }
  return
}

// -----

// One of the branches overwrites a.
func.func @main(%x: memref<64xi8>, %p: i1, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 3 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  // expected-note@below {{the buffer that is read lies here}}
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  scf.if %p {
    %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
    // expected-note@below {{written here, at step 1}}
    memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
  }
  // expected-error@below {{'%view' read at step 2: bytes [0, 64) of L2 were overwritten by '%view_0'}}
  memref.copy %a, %x : memref<64xi8, 1> to memref<64xi8>
  return
}

// -----

// Nothing writes a before it is read; b's bytes are no value of c.
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{the buffer that is read lies here}}
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  // expected-error@below {{'%view' read at step 0: nothing has written any of it}}
  memref.copy %a, %x : memref<64xi8, 1> to memref<64xi8>
  return
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  // expected-note@below {{the buffer that is read lies here}}
  %c = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  // expected-note@below {{written here, at step 0}}
  memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
  // expected-error@below {{'%view_0' read at step 1: bytes [0, 64) of L2 hold only '%view'}}
  memref.copy %c, %x : memref<64xi8, 1> to memref<64xi8>
  return
}

// -----

// In place, and not declared.
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{'%view' lies here}}
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  // expected-error@below {{'%view_0' written at step 1: bytes [0, 64) of L2 belong to '%view', which it reads, and does not declare this in 'l2.in_place'}}
  call @kernel(%a, %b) : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  return
}
func.func private @kernel(%a: memref<64xi8, 1>, %o: memref<64xi8, 1>) {
  linalg.copy ins(%a : memref<64xi8, 1>) outs(%o : memref<64xi8, 1>)
  return
}

// -----

// Declared, but not at the same byte.
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  // expected-note@below {{'%view' lies here}}
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<128xi8, 1>
  %b = memref.view %l2[%c64][] : memref<128xi8, 1> to memref<64xi8, 1>
  %zero = arith.constant 0 : i8
  linalg.fill ins(%zero : i8) outs(%a : memref<128xi8, 1>)
  // expected-error@below {{'%view_0' written at step 1: bytes [64, 128) of L2 belong to '%view', which it reads, and they do not start at the same byte}}
  call @kernel(%a, %b) {l2.in_place = [array<i64: 1, 0>]} : (memref<128xi8, 1>, memref<64xi8, 1>) -> ()
  return
}
func.func private @kernel(%a: memref<128xi8, 1>, %o: memref<64xi8, 1>) {
  %half = memref.subview %a[0] [64] [1] : memref<128xi8, 1> to memref<64xi8, strided<[1]>, 1>
  linalg.copy ins(%half : memref<64xi8, strided<[1]>, 1>) outs(%o : memref<64xi8, 1>)
  return
}

// -----

// Declared, for a kernel which fills its result first.
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{'%view' lies here}}
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  // expected-error@below {{belong to '%view', which 'linalg.add' in its body still needs}}
  call @kernel(%a, %b) {l2.in_place = [array<i64: 1, 0>]} : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  return
}
func.func private @kernel(%a: memref<64xi8, 1>, %o: memref<64xi8, 1>) {
  %zero = arith.constant 0 : i8
  linalg.fill ins(%zero : i8) outs(%o : memref<64xi8, 1>)
  linalg.add ins(%a, %a : memref<64xi8, 1>, memref<64xi8, 1>) outs(%o : memref<64xi8, 1>)
  return
}

// -----

// Declared, for a kernel which reads its operand backwards.
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{'%view' lies here}}
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  // expected-error@below {{belong to '%view', which 'linalg.generic' in its body still needs}}
  call @kernel(%a, %b) {l2.in_place = [array<i64: 1, 0>]} : (memref<64xi8, 1>, memref<64xi8, 1>) -> ()
  return
}
func.func private @kernel(%a: memref<64xi8, 1>, %o: memref<64xi8, 1>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (63 - d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : memref<64xi8, 1>) outs(%o : memref<64xi8, 1>) {
  ^bb0(%in: i8, %out: i8):
    linalg.yield %in : i8
  }
  return
}

// -----

// Iterations that may run together share one temporary's bytes with another.
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.parallel (%i) = (%c0) to (%c64) step (%c1) {
    %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
    // expected-note@below {{'%view_0' lies here}}
    %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
    // expected-error@below {{'%view' written at step 0: bytes [0, 64) of L2 belong to '%view_0', which another iteration may be using}}
    memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
    memref.copy %a, %x : memref<64xi8, 1> to memref<64xi8>
    memref.copy %x, %b : memref<64xi8> to memref<64xi8, 1>
    memref.copy %b, %x : memref<64xi8, 1> to memref<64xi8>
  }
  return
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c32 = arith.constant 32 : index
  // expected-error@below {{view at offset 32 of the L2 arena: want a multiple of 64}}
  %a = memref.view %l2[%c32][] : memref<64xi8, 1> to memref<32xi8, 1>
  return
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  // expected-error@below {{view of bytes [64, 128) of the L2 arena, which has 64 B}}
  %a = memref.view %l2[%c64][] : memref<64xi8, 1> to memref<64xi8, 1>
  return
}

// -----

func.func @main(%n: index, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  // expected-error@below {{view of the L2 arena: want a constant offset, got a computed one}}
  %a = memref.view %l2[%n][] : memref<64xi8, 1> to memref<64xi8, 1>
  return
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  %far = memref.reinterpret_cast %a to offset: [32], sizes: [64], strides: [1] : memref<64xi8, 1> to memref<64xi8, strided<[1], offset: 32>, 1>
  // expected-error@below {{'%reinterpret_cast' is bytes [32, 96) of '%view', which has 64 B}}
  memref.copy %x, %far : memref<64xi8> to memref<64xi8, strided<[1], offset: 32>, 1>
  return
}

// -----

// expected-error@below {{L2 arena of 128 B; L2 has 64 B}}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  return
}

// -----

// expected-error@below {{L2 arena: 'l2.arenas' has alignment 64, the arena has 32}}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 32 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  return
}

// -----

// expected-error@below {{L2 arena: want memref<128xi8>, got memref<64xi8, 1>}}
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  return
}

// -----

// expected-error@below {{'@main' has an arena, and no 'l2.arenas' that says so}}
func.func @main(%l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64}) {
  return
}

// -----

// expected-error@below {{no function with 'l2.arenas': want packed IR}}
module {
  func.func @main() {
    return
  }
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  // expected-error@below {{'memref.alloc' makes storage in L2's space 1 : i64, outside of the arena}}
  %a = memref.alloc() : memref<64xi8, 1>
  call @kernel(%a) : (memref<64xi8, 1>) -> ()
  return
}
func.func private @kernel(%a: memref<64xi8, 1>) {
  return
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  return
}
func.func private @kernel(%a: memref<64xi8, 1>) {
  // expected-error@below {{'memref.alloca' makes storage in L2's space 1 : i64, outside of the arena}}
  %b = memref.alloca() : memref<64xi8, 1>
  return
}

// -----

// expected-error@below {{'l2.plan' claims a peak of 64 B; the views use 128 B}}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.plan = {peak = 64 : i64}, l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %a = memref.view %l2[%c64][] : memref<128xi8, 1> to memref<64xi8, 1>
  return
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  // expected-error@below {{'memref.cast' uses the L2 arena: want only 'memref.view' of it}}
  %a = memref.cast %l2 : memref<64xi8, 1> to memref<?xi8, 1>
  return
}

// -----

func.func @main(%p: i1, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  // expected-error@below {{'builtin.unrealized_conversion_cast' takes a part of an arena and makes what may share its bytes: not understood}}
  %b = builtin.unrealized_conversion_cast %a : memref<64xi8, 1> to !llvm.ptr
  return
}

// -----

func.func @main(%n: index, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  // expected-error@below {{'memref.dealloc' frees a part of an arena}}
  memref.dealloc %a : memref<64xi8, 1>
  return
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  call @a(%a) : (memref<64xi8, 1>) -> ()
  return
}
func.func private @a(%a: memref<64xi8, 1>) {
  call @b(%a) : (memref<64xi8, 1>) -> ()
  return
}
func.func private @b(%a: memref<64xi8, 1>) {
  // expected-error@below {{'@a' calls itself: recursion is not understood}}
  call @a(%a) : (memref<64xi8, 1>) -> ()
  return
}

// -----

// expected-error@below {{'func.func' has branches between blocks: want structured control flow}}
func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  cf.br ^next
^next:
  return
}

// -----

func.func @main(%x: memref<64xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %a = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  %b = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<64xi8, 1>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8, 1>
  // expected-error@below {{'l2.in_place': want pairs such as [array<i64: 1, 0>], got 1 : i64}}
  linalg.copy {l2.in_place = 1 : i64} ins(%a : memref<64xi8, 1>) outs(%b : memref<64xi8, 1>)
  return
}

// -----

// The next run finds t's bytes where the state was.
func.func @counter(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.init = @counter_init, l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i8
  %c64 = arith.constant 64 : index
  // expected-note@below {{the buffer that is read lies here}}
  %state = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %t = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<128xi8, 1>
  // expected-error@below {{'%view' read at step 0: bytes [0, 64) of L2 were overwritten by '%view_0'}}
  memref.copy %state, %x : memref<64xi8, 1> to memref<64xi8>
  // expected-note@below {{written here, at step 1}}
  linalg.fill ins(%zero : i8) outs(%t : memref<128xi8, 1>)
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

// -----

// Which of the two, both read before they are written, is the state?
func.func @counter(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.init = @counter_init, l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  // expected-note@below {{one lies here}}
  %state = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  // expected-error@below {{two buffers lie where '@counter_init' writes state}}
  %t = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  memref.copy %state, %x : memref<64xi8, 1> to memref<64xi8>
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

// -----

// A buffer at the state's place that is written before it is read is no state; what the next run finds there is lost.
func.func @counter(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.init = @counter_init, l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{the buffer that is read lies here}}
  %state = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %t = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  // expected-error@below {{'%view' read at step 0: bytes [0, 64) of L2 were overwritten by '%view_0'}}
  memref.copy %state, %x : memref<64xi8, 1> to memref<64xi8>
  // expected-note@below {{written here, at step 1}}
  memref.copy %x, %t : memref<64xi8> to memref<64xi8, 1>
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

// -----

// Rows of 8 hold a in columns 0 to 3 and b in columns 4 to 7. With b a column too early, it takes column 3 of a.
func.func @main(%x: memref<4x4xi8>, %y: memref<4x4xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 3 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{the buffer that is read lies here}}
  %w = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<4x8xi8, 1>
  %a = memref.subview %w[0, 0] [4, 4] [1, 1] : memref<4x8xi8, 1> to memref<4x4xi8, strided<[8, 1]>, 1>
  %b = memref.subview %w[0, 3] [4, 4] [1, 1] : memref<4x8xi8, 1> to memref<4x4xi8, strided<[8, 1], offset: 3>, 1>
  memref.copy %x, %a : memref<4x4xi8> to memref<4x4xi8, strided<[8, 1]>, 1>
  // expected-note@below {{written here, at step 1}}
  memref.copy %y, %b : memref<4x4xi8> to memref<4x4xi8, strided<[8, 1], offset: 3>, 1>
  // expected-error@below {{'%subview' read at step 2: some of it was overwritten by another part of the same buffer}}
  memref.copy %a, %x : memref<4x4xi8, strided<[8, 1]>, 1> to memref<4x4xi8>
  return
}

// -----

// Nobody writes columns 4 to 7 of w before it is read: bytes 4 to 7 of the first row are the first of them.
func.func @main(%x: memref<4x4xi8>, %y: memref<4x8xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 3 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{the buffer that is read lies here}}
  %w = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<4x8xi8, 1>
  %a = memref.subview %w[0, 0] [4, 4] [1, 1] : memref<4x8xi8, 1> to memref<4x4xi8, strided<[8, 1]>, 1>
  memref.copy %x, %a : memref<4x4xi8> to memref<4x4xi8, strided<[8, 1]>, 1>
  // expected-error@below {{'%view' read at step 1: nothing has written bytes [4, 8) of L2}}
  memref.copy %w, %y : memref<4x8xi8, 1> to memref<4x8xi8>
  return
}

// -----

// One kernel reads columns 0 to 3 and writes columns 3 to 6 of the same rows.
func.func private @shift(%a: memref<4x4xi8, strided<[8, 1]>, 1>, %b: memref<4x4xi8, strided<[8, 1], offset: 3>, 1>) {
  linalg.copy ins(%a : memref<4x4xi8, strided<[8, 1]>, 1>) outs(%b : memref<4x4xi8, strided<[8, 1], offset: 3>, 1>)
  return
}
func.func @main(%x: memref<4x4xi8>, %l2: memref<64xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 64 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 64 : i64, alignment = 64 : i64, capacity = 64 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  // expected-note@below {{'%subview' lies here}}
  %w = memref.view %l2[%c0][] : memref<64xi8, 1> to memref<4x8xi8, 1>
  %a = memref.subview %w[0, 0] [4, 4] [1, 1] : memref<4x8xi8, 1> to memref<4x4xi8, strided<[8, 1]>, 1>
  %b = memref.subview %w[0, 3] [4, 4] [1, 1] : memref<4x8xi8, 1> to memref<4x4xi8, strided<[8, 1], offset: 3>, 1>
  memref.copy %x, %a : memref<4x4xi8> to memref<4x4xi8, strided<[8, 1]>, 1>
  // expected-error@below {{'%subview_0' written at step 1: bytes [3, 4) of L2 belong to '%subview', which it reads, and does not declare this in 'l2.in_place'}}
  call @shift(%a, %b) : (memref<4x4xi8, strided<[8, 1]>, 1>, memref<4x4xi8, strided<[8, 1], offset: 3>, 1>) -> ()
  return
}
