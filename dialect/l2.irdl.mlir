// The article's picture as a dialect: kernels, joined by buffers of five kinds, in memories.
// Also loadable by stock `mlir-opt --irdl-file=l2.irdl.mlir`.
irdl.dialect @l2 {
  // A reference to a buffer: bytes that hold one tensor value.
  irdl.type @ref {}

  // A memory that arenas lie in: its name ("L2" or "DDR"), the alignment of what is placed there, and the attribute that
  // memrefs in it carry. `capacity` (bytes) is given where the memory is bounded.
  irdl.operation @memory {
    %name = irdl.base "#builtin.string"
    %alignment = irdl.base "#builtin.integer"
    %space = irdl.any
    irdl.attributes { "memory" = %name, "alignment" = %alignment, "space" = %space }
  }

  // Declares a buffer: its kind, its bytes and the tensor it holds. An input takes the function's argument, a constant its
  // value; a variable names its initial value in `initial`.
  irdl.operation @buffer {
    %source = irdl.any
    %input = irdl.is "input"
    %output = irdl.is "output"
    %constant = irdl.is "constant"
    %variable = irdl.is "variable"
    %tensor = irdl.is "tensor"
    %kind = irdl.any_of(%input, %output, %constant, %variable, %tensor)
    %bytes = irdl.base "#builtin.integer"
    %holds = irdl.base "#builtin.type"
    %buffer = irdl.base @l2::@ref
    irdl.attributes { "kind" = %kind, "bytes" = %bytes, "holds" = %holds }
    irdl.operands(source: optional %source)
    irdl.results(buffer: %buffer)
  }

  // A buffer that is part of another: `offset` bytes from its start, holding the tensor `holds`. Without further
  // attributes these are `bytes` bytes in a row; with `starts`, `sizes` and `steps` (arrays of i64, one number for each
  // dimension of the tensor that the other holds) that region of it, with gaps or without.
  irdl.operation @view {
    %source = irdl.base @l2::@ref
    %offset = irdl.base "#builtin.integer"
    %bytes = irdl.base "#builtin.integer"
    %holds = irdl.base "#builtin.type"
    %view = irdl.base @l2::@ref
    irdl.attributes { "offset" = %offset, "bytes" = %bytes, "holds" = %holds }
    irdl.operands(source: %source)
    irdl.results(view: %view)
  }

  // One step. `callee` is a private function on tensors: the buffers read are its arguments, the buffers written its
  // results. `in_place` holds pairs (written, read) of positions that may share bytes; `within` lists positions in the
  // callee's `l2.within` of moves that are no work, since one operand lies in the other; `scratch` is bytes of L2 that the
  // kernel needs for itself.
  irdl.operation @kernel {
    %read = irdl.base @l2::@ref
    %written = irdl.base @l2::@ref
    %callee = irdl.base "#builtin.symbol_ref"
    irdl.attributes { "callee" = %callee }
    irdl.operands(reads: variadic %read, writes: variadic %written)
  }

  // Where a buffer is during the steps [start, end): `offset` bytes into the arena of `memory`.
  irdl.operation @placement {
    %buffer = irdl.base @l2::@ref
    %l2 = irdl.is "L2"
    %ddr = irdl.is "DDR"
    %memory = irdl.any_of(%l2, %ddr)
    %offset = irdl.base "#builtin.integer"
    %start = irdl.base "#builtin.integer"
    %end = irdl.base "#builtin.integer"
    irdl.attributes { "memory" = %memory, "offset" = %offset, "start" = %start, "end" = %end }
    irdl.operands(buffer: %buffer)
  }

  // A transfer of a whole buffer between memories, at its place among the kernels.
  irdl.operation @copy {
    %buffer = irdl.base @l2::@ref
    %l2 = irdl.is "L2"
    %ddr = irdl.is "DDR"
    %from = irdl.any_of(%l2, %ddr)
    %fl2 = irdl.is "L2"
    %fddr = irdl.is "DDR"
    %to = irdl.any_of(%fl2, %fddr)
    irdl.attributes { "from" = %from, "to" = %to }
    irdl.operands(buffer: %buffer)
  }

  // The tensor that a buffer holds at the end, for the function to return.
  irdl.operation @value {
    %buffer = irdl.base @l2::@ref
    %tensor = irdl.any
    irdl.operands(buffer: %buffer)
    irdl.results(value: %tensor)
  }
}
