// RUN: l2opt-opt %s --split-input-file --verify-diagnostics --l2-form-kernels
// RUN: l2opt-opt %s -split-input-file -verify-diagnostics -l2-form-kernels -o %t.none && not ls %t.none

// expected-error @+1 {{has no body}}
func.func private @no_body(%arg0: tensor<4xi8>)

// -----

func.func @type_error(%arg0: i32) -> i64 {
  return %arg0 : i32 // expected-error {{doesn't match function result type}}
}

// -----

// expected-error-re @below {{not found for custom op 'foo.{{[a-z]+}}'}}
// expected-note @below {{Available dialects: }}
foo.bar

// -----

// expected-error @unknown {{no function to plan}}
