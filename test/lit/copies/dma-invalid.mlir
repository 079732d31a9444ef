// RUN: l2opt-opt %s --split-input-file --verify-diagnostics --l2-check

// The target is read before the transfer is waited for: nothing is there yet.
func.func private @start(memref<*xi8>, memref<*xi8, 1>, i64) attributes {l2.dma = "start"}
func.func private @wait(i64) attributes {l2.dma = "wait"}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<64xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c0_i8 = arith.constant 0 : i8
  %tag = arith.constant 0 : i64
  %d = memref.view %ddr[%c0][] : memref<64xi8> to memref<64xi8>
  %from = memref.cast %d : memref<64xi8> to memref<*xi8>
  // expected-note@below {{the buffer that is read lies here}}
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %to = memref.cast %a : memref<64xi8, 1> to memref<*xi8, 1>
  linalg.fill ins(%c0_i8 : i8) outs(%d : memref<64xi8>)
  // expected-note@below {{written here, at step 1}}
  call @start(%from, %to, %tag) : (memref<*xi8>, memref<*xi8, 1>, i64) -> ()
  // expected-error@below {{'%view_0' read at step 2: bytes [0, 64) of L2 hold only '%view_0'}}
  memref.copy %a, %x : memref<64xi8, 1> to memref<64xi8>
  call @wait(%tag) : (i64) -> ()
  return
}

// -----

// The source changes while it is moved.
func.func private @start(memref<*xi8>, memref<*xi8, 1>, i64) attributes {l2.dma = "start"}
func.func private @wait(i64) attributes {l2.dma = "wait"}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<64xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c0_i8 = arith.constant 0 : i8
  %tag = arith.constant 0 : i64
  // expected-note@below {{the buffer that is read lies here}}
  %d = memref.view %ddr[%c0][] : memref<64xi8> to memref<64xi8>
  %from = memref.cast %d : memref<64xi8> to memref<*xi8>
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %to = memref.cast %a : memref<64xi8, 1> to memref<*xi8, 1>
  linalg.fill ins(%c0_i8 : i8) outs(%d : memref<64xi8>)
  call @start(%from, %to, %tag) : (memref<*xi8>, memref<*xi8, 1>, i64) -> ()
  // expected-note@below {{written here, at step 2}}
  linalg.fill ins(%c0_i8 : i8) outs(%d : memref<64xi8>)
  // expected-error@below {{'%cast' read at step 3: it was written while it was moved}}
  call @wait(%tag) : (i64) -> ()
  return
}

// -----

// Something else is written where the transfer writes.
func.func private @start(memref<*xi8>, memref<*xi8, 1>, i64) attributes {l2.dma = "start"}
func.func private @wait(i64) attributes {l2.dma = "wait"}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<64xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c0_i8 = arith.constant 0 : i8
  %tag = arith.constant 0 : i64
  %d = memref.view %ddr[%c0][] : memref<64xi8> to memref<64xi8>
  %from = memref.cast %d : memref<64xi8> to memref<*xi8>
  // expected-note@below {{the buffer that is read lies here}}
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %to = memref.cast %a : memref<64xi8, 1> to memref<*xi8, 1>
  linalg.fill ins(%c0_i8 : i8) outs(%d : memref<64xi8>)
  call @start(%from, %to, %tag) : (memref<*xi8>, memref<*xi8, 1>, i64) -> ()
  %b = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  // expected-note@below {{written here, at step 2}}
  linalg.fill ins(%c0_i8 : i8) outs(%b : memref<64xi8, 1>)
  // expected-error@below {{'%cast_1' read at step 3: bytes [0, 64) of L2 were overwritten by '%view_2'}}
  call @wait(%tag) : (i64) -> ()
  return
}

// -----

// Nothing waits.
func.func private @start(memref<*xi8>, memref<*xi8, 1>, i64) attributes {l2.dma = "start"}
func.func private @wait(i64) attributes {l2.dma = "wait"}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<64xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c0_i8 = arith.constant 0 : i8
  %tag = arith.constant 0 : i64
  %d = memref.view %ddr[%c0][] : memref<64xi8> to memref<64xi8>
  %from = memref.cast %d : memref<64xi8> to memref<*xi8>
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %to = memref.cast %a : memref<64xi8, 1> to memref<*xi8, 1>
  linalg.fill ins(%c0_i8 : i8) outs(%d : memref<64xi8>)
  // expected-error@below {{transfer 0 is never waited for}}
  call @start(%from, %to, %tag) : (memref<*xi8>, memref<*xi8, 1>, i64) -> ()
  return
}

// -----

// A wait without a start.
func.func private @start(memref<*xi8>, memref<*xi8, 1>, i64) attributes {l2.dma = "start"}
func.func private @wait(i64) attributes {l2.dma = "wait"}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<64xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c0_i8 = arith.constant 0 : i8
  %tag = arith.constant 0 : i64
  %d = memref.view %ddr[%c0][] : memref<64xi8> to memref<64xi8>
  %from = memref.cast %d : memref<64xi8> to memref<*xi8>
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %to = memref.cast %a : memref<64xi8, 1> to memref<*xi8, 1>
  linalg.fill ins(%c0_i8 : i8) outs(%d : memref<64xi8>)
  // expected-error@below {{wait for transfer 0, which has not started}}
  call @wait(%tag) : (i64) -> ()
  return
}

// -----

// A tag that is in flight.
func.func private @start(memref<*xi8>, memref<*xi8, 1>, i64) attributes {l2.dma = "start"}
func.func private @wait(i64) attributes {l2.dma = "wait"}
func.func @main(%x: memref<64xi8>, %l2: memref<128xi8, 1> {l2.arena = "L2", l2.alignment = 64 : i64, l2.capacity = 128 : i64}, %ddr: memref<64xi8> {l2.arena = "DDR", l2.alignment = 64 : i64})
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 128 : i64, alignment = 64 : i64, capacity = 128 : i64}, DDR = {argument = 2 : i64, bytes = 64 : i64, alignment = 64 : i64}}} {
  %c0 = arith.constant 0 : index
  %c0_i8 = arith.constant 0 : i8
  %tag = arith.constant 0 : i64
  %d = memref.view %ddr[%c0][] : memref<64xi8> to memref<64xi8>
  %from = memref.cast %d : memref<64xi8> to memref<*xi8>
  %a = memref.view %l2[%c0][] : memref<128xi8, 1> to memref<64xi8, 1>
  %to = memref.cast %a : memref<64xi8, 1> to memref<*xi8, 1>
  linalg.fill ins(%c0_i8 : i8) outs(%d : memref<64xi8>)
  // expected-note@below {{its transfer started here}}
  call @start(%from, %to, %tag) : (memref<*xi8>, memref<*xi8, 1>, i64) -> ()
  // expected-error@below {{transfer 0 starts again before it was waited for}}
  call @start(%from, %to, %tag) : (memref<*xi8>, memref<*xi8, 1>, i64) -> ()
  call @wait(%tag) : (i64) -> ()
  return
}
