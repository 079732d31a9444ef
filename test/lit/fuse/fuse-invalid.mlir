// What cannot be made into kernels is refused where it is.
// RUN: l2opt-opt %s --split-input-file --l2-form-kernels --allow-unregistered-dialect --verify-diagnostics

func.func @dynamic(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{want a static shape, got tensor<?xf32>; give the dynamic dimensions a size first}}
  %0 = tensor.cast %x : tensor<4xf32> to tensor<?xf32>
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'@blocks' has 2 blocks: want one, with scf for control flow}}
func.func @blocks(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^a
^a:
  return %x : tensor<4xf32>
}

// -----

func.func @unknown_type(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{want values that are tensors of static shape, got !foo.bar}}
  %0 = "foo.op"(%x) : (tensor<4xf32>) -> !foo.bar
  return %x : tensor<4xf32>
}

// -----

func.func @loops(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{recursive call @loops -> @loops: want calls that end, to plan their memory}}
  %0 = call @loops(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
