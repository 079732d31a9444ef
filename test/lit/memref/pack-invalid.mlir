// What cannot be planned is refused at its place.
// RUN: l2opt-opt %s --l2-pack='l2=1KB function=main' --split-input-file --verify-diagnostics

func.func @main(%n: index, %x: memref<4xi8>) {
  // expected-error@below {{allocation of memref<?xi8>: want a static shape; give the dynamic dimensions a size first}}
  %a = memref.alloc(%n) : memref<?xi8>
  return
}

// -----

// expected-error@below {{argument of type memref<?xi8>: want a memref of static shape}}
func.func @main(%x: memref<?xi8>) {
  return
}

// -----

// expected-error@below {{argument of type memref<*xi8>: want a memref of static shape}}
func.func @main(%x: memref<*xi8>) {
  return
}

// -----

func.func @main(%x: memref<4xi8>) {
  // expected-error@below {{allocation of memref<4x4xi8, strided<[1, 4]>>: want the identity layout}}
  %a = memref.alloc() : memref<4x4xi8, strided<[1, 4]>>
  return
}

// -----

func.func @main(%x: memref<4xi8>) {
  // expected-error@below {{allocation aligned to 128 B; offsets are aligned to 64 B}}
  %a = memref.alloc() {alignment = 128 : i64} : memref<4xi8>
  memref.copy %x, %a : memref<4xi8> to memref<4xi8>
  return
}

// -----

func.func @main(%x: memref<4xi8>) {
  // expected-note@below {{made here}}
  %a = memref.alloc() : memref<4xi8>
  // expected-error@below {{it reads an allocation that nothing has written}}
  memref.copy %a, %x : memref<4xi8> to memref<4xi8>
  return
}

// -----

func.func @main(%x: memref<4xi8>) {
  // expected-error@below {{allocation of memref<4xmemref<4xi8>>: want elements of a fixed size, got memref<4xi8>}}
  %a = memref.alloc() : memref<4xmemref<4xi8>>
  return
}

// -----

// expected-error@below {{'func.func' has branches between blocks: want structured control flow}}
func.func @main(%x: memref<4xi8>) {
  cf.br ^next
^next:
  return
}

// -----

func.func @main(%x: memref<4xi8>, %p: i1) {
  %a = memref.alloc() : memref<4xi8>
  memref.copy %x, %a : memref<4xi8> to memref<4xi8>
  // expected-error@below {{'bufferization.dealloc': want it lowered to 'memref.dealloc' before (lower-deallocations)}}
  bufferization.dealloc (%a : memref<4xi8>) if (%p)
  return
}
