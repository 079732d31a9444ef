// A result may lie a declared distance below the operand that it is made of, if the body bears that distance out.
// RUN: l2opt-opt %s --allow-unregistered-dialect --l2-check --split-input-file -o %t

// Each row is the larger of a row and the one before: row r needs rows r - 1 and r, so nothing below row r - 1 may be
// lost when row r - 1 of the result is written: one row of 16 bytes between them.
func.func private @blur(%a: memref<8x16xi8, 1>, %b: memref<8x16xi8, 1>) attributes {l2.parts = 8 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %first = memref.alloc() : memref<1x16xi8>
  %top = memref.subview %a[0, 0] [1, 16] [1, 1] : memref<8x16xi8, 1> to memref<1x16xi8, strided<[16, 1]>, 1>
  memref.copy %top, %first : memref<1x16xi8, strided<[16, 1]>, 1> to memref<1x16xi8>
  %to = memref.subview %b[0, 0] [1, 16] [1, 1] : memref<8x16xi8, 1> to memref<1x16xi8, strided<[16, 1]>, 1>
  memref.copy %first, %to : memref<1x16xi8> to memref<1x16xi8, strided<[16, 1]>, 1>
  scf.for %i = %c0 to %c7 step %c1 {
    %row = memref.alloc() : memref<1x16xi8>
    %j = arith.addi %i, %c1 : index
    %before = memref.subview %a[%i, 0] [1, 16] [1, 1] : memref<8x16xi8, 1> to memref<1x16xi8, strided<[16, 1], offset: ?>, 1>
    %here = memref.subview %a[%j, 0] [1, 16] [1, 1] : memref<8x16xi8, 1> to memref<1x16xi8, strided<[16, 1], offset: ?>, 1>
    linalg.max ins(%before, %here : memref<1x16xi8, strided<[16, 1], offset: ?>, 1>, memref<1x16xi8, strided<[16, 1], offset: ?>, 1>) outs(%row : memref<1x16xi8>)
    %out = memref.subview %b[%j, 0] [1, 16] [1, 1] : memref<8x16xi8, 1> to memref<1x16xi8, strided<[16, 1], offset: ?>, 1>
    memref.copy %row, %out : memref<1x16xi8> to memref<1x16xi8, strided<[16, 1], offset: ?>, 1>
  }
  return
}

func.func @main(%x: memref<8x16xi8>, %l2: memref<144xi8, 1> {l2.arena = "L2", l2.alignment = 16 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 16 : i64}) -> memref<8x16xi8, 1>
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 144 : i64, alignment = 16 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 16 : i64}}} {
  %at = arith.constant 16 : index
  %c0 = arith.constant 0 : index
  %a = memref.view %l2[%at][] : memref<144xi8, 1> to memref<8x16xi8, 1>
  %b = memref.view %l2[%c0][] : memref<144xi8, 1> to memref<8x16xi8, 1>
  memref.copy %x, %a : memref<8x16xi8> to memref<8x16xi8, 1>
  call @blur(%a, %b) {l2.overlap = [array<i64: 1, 0, 16>]} : (memref<8x16xi8, 1>, memref<8x16xi8, 1>) -> ()
  return %b : memref<8x16xi8, 1>
}

// -----

// A body on tensors is taken at its word, where 'l2.parts' binds it.
func.func private @device(%a: memref<8x16xi8, 1>, %b: memref<8x16xi8, 1>) attributes {l2.kernel, l2.parts = 8 : i64} {
  %0 = bufferization.to_tensor %a restrict : memref<8x16xi8, 1> to tensor<8x16xi8>
  %1 = "mydevice.blur"(%0) : (tensor<8x16xi8>) -> tensor<8x16xi8>
  bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<8x16xi8>, memref<8x16xi8, 1>) -> ()
  return
}

func.func @main(%x: memref<8x16xi8>, %l2: memref<144xi8, 1> {l2.arena = "L2", l2.alignment = 16 : i64}, %ddr: memref<0xi8> {l2.arena = "DDR", l2.alignment = 16 : i64}) -> memref<8x16xi8, 1>
    attributes {l2.arenas = {L2 = {argument = 1 : i64, bytes = 144 : i64, alignment = 16 : i64}, DDR = {argument = 2 : i64, bytes = 0 : i64, alignment = 16 : i64}}} {
  %at = arith.constant 16 : index
  %c0 = arith.constant 0 : index
  %a = memref.view %l2[%at][] : memref<144xi8, 1> to memref<8x16xi8, 1>
  %b = memref.view %l2[%c0][] : memref<144xi8, 1> to memref<8x16xi8, 1>
  memref.copy %x, %a : memref<8x16xi8> to memref<8x16xi8, 1>
  call @device(%a, %b) {l2.overlap = [array<i64: 1, 0, 16>]} : (memref<8x16xi8, 1>, memref<8x16xi8, 1>) -> ()
  return %b : memref<8x16xi8, 1>
}
