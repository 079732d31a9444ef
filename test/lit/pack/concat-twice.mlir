// A concatenation of a value with itself: the value lies in one of its places, and is read for the other.

// RUN: l2opt-opt --pack-l2=0 %s | FileCheck %s
// RUN: l2opt-opt --pack-l2=0 %s | l2opt check - | FileCheck %s --check-prefix=SOUND

// Two bytes read and two written by abs, two read and two written by concat.
// CHECK: func.func private @main_1_concat_rest_0
// CHECK: func.func @main
// CHECK-SAME: traffic = 8 : i64
// SOUND: @main: sound
func.func @main(%x: tensor<1x2xi8>) -> tensor<2x2xi8> {
  %a = tosa.abs %x : (tensor<1x2xi8>) -> tensor<1x2xi8>
  %c = tosa.concat %a, %a {axis = 0 : i32} : (tensor<1x2xi8>, tensor<1x2xi8>) -> tensor<2x2xi8>
  return %c : tensor<2x2xi8>
}
