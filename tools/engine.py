"""Running a function of a module on this machine: lowered to LLVM, called with numpy arrays.

Memrefs are passed as descriptors over the arrays' memory; results become arguments that the function writes. Element
types without a numpy counterpart travel as integers of their size (bf16 as uint16, i4 as one byte each).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from l2opt.errors import L2OptError
from l2opt.mlir import ExecutionEngine, PassManager, func, ir
from l2opt.passes.arena import element_bytes
from l2opt.passes.diagnostics import LocatedError, silence
from l2opt.passes.execution import erase_spaces, simplify_copies
from l2opt.passes.odd_widths import widen_odd_elements

__all__ = ["Executable", "array_for", "compile_module", "dtype_of", "lower"]

TO_LOOPS = (
    "builtin.module(convert-linalg-to-loops,expand-strided-metadata,fold-memref-alias-ops,lower-affine,"
    "convert-scf-to-cf)"
)
TO_LLVM = (
    "builtin.module(expand-strided-metadata,lower-affine,func.func(arith-expand),convert-math-to-llvm,"
    "convert-math-to-libm,convert-arith-to-llvm,convert-complex-to-llvm,convert-index-to-llvm,convert-cf-to-llvm,"
    "finalize-memref-to-llvm,convert-func-to-llvm,reconcile-unrealized-casts)"
)
RESULTS_TO_ARGUMENTS = "builtin.module(buffer-results-to-out-params{modify-public-functions=true})"
ALIGNMENT = 64  # bytes; of every array that is passed


class Executable:
    """A compiled function."""

    def __init__(self, engine: ExecutionEngine, name: str, types: Sequence[ir.MemRefType]) -> None:
        self._engine = engine
        self._name = name
        self.signature = [(tuple(type_.shape), dtype_of(type_.element_type)) for type_ in types]

    def __call__(self, arrays: Sequence[np.ndarray[Any, Any]]) -> None:
        """Run it on `arrays`, one for each argument and then each result, which it reads and writes in place."""
        for array, (shape, dtype) in zip(arrays, self.signature, strict=True):
            assert (array.shape, array.dtype) == (shape, dtype), f"want {shape} of {dtype}"
            assert array.flags.c_contiguous, "want contiguous arrays"
        descriptors = [_descriptor(array) for array in arrays]
        pointers = [ctypes.pointer(ctypes.pointer(each)) for each in descriptors]
        self._engine.invoke(self._name, *pointers)


def compile_module(module: ir.Module, names: Sequence[str], opt_level: int) -> dict[str, Executable]:
    """Lower `module`, on memrefs, to LLVM in place and compile it; its functions `names`. Raises L2OptError."""
    erase_spaces(module)
    lower(module, RESULTS_TO_ARGUMENTS)
    simplify_copies(module)
    types = {}
    for fn in module.body.operations:
        if isinstance(fn, func.FuncOp) and fn.sym_name.value in names:
            types[fn.sym_name.value] = [_memref(fn, k, type_) for k, type_ in enumerate(fn.type.inputs)]
            fn.attributes["llvm.emit_c_interface"] = ir.UnitAttr.get()
    lower(module, TO_LOOPS)
    widen_odd_elements(module)
    lower(module, TO_LLVM)
    _refuse_leftovers(module)
    try:
        engine = ExecutionEngine(module, opt_level=opt_level)
    except RuntimeError as error:
        raise L2OptError(f"does not compile for this machine: {error}") from error
    return {name: Executable(engine, name, types[name]) for name in names}


def array_for(shape: Sequence[int], dtype: np.dtype[Any], fill: int = 0) -> np.ndarray[Any, Any]:
    """An aligned array with every byte `fill`."""
    size = prod(shape) * dtype.itemsize
    try:
        raw = np.full(size + ALIGNMENT, fill, np.uint8)
    except (MemoryError, ValueError) as error:
        raise L2OptError(f"an array of {size} bytes is more than this machine gives") from error
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def dtype_of(element: ir.Type) -> np.dtype[Any]:
    """The numpy type of an element's memory. Raises L2OptError."""
    if isinstance(element, (ir.F16Type, ir.F32Type, ir.F64Type)):
        return np.dtype(f"float{element.width}")
    if isinstance(element, ir.IntegerType):
        if element.width == 1:
            return np.dtype(np.bool_)
        size = element_bytes(element)
        if size <= 8:
            return np.dtype(f"{'u' if element.is_unsigned else ''}int{8 * size}")
    if isinstance(element, ir.IndexType):
        return np.dtype(np.int64)
    if isinstance(element, ir.FloatType) and element_bytes(element) <= 2:
        return np.dtype(f"uint{8 * element_bytes(element)}")
    raise L2OptError(f"no numpy type for elements of type {element}")


def lower(module: ir.Module, pipeline: str) -> None:
    """Run `pipeline`. Raises a LocatedError with what it says first if it fails."""
    with silence(module.context) as said:
        try:
            PassManager.parse(pipeline).run(module.operation)
        except ir.MLIRError as error:
            where, message = said[0] if said else (module.operation.location, str(error))
            raise LocatedError(where, f"cannot be lowered to run here: {message}") from error


def _memref(fn: func.FuncOp, position: int, type_: ir.Type) -> ir.MemRefType:
    if not isinstance(type_, ir.MemRefType):
        raise LocatedError(
            fn, f"argument {position} of '@{fn.sym_name.value}' is {type_}: want tensors or memrefs to run"
        )
    if type_.affine_map != ir.AffineMap.get_identity(type_.rank):
        raise LocatedError(
            fn, f"argument {position} of '@{fn.sym_name.value}' is {type_}: want contiguous memrefs to run"
        )
    return type_


def _refuse_leftovers(module: ir.Module) -> None:
    """Raise a LocatedError at the first operation that has not become LLVM."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if not op.name.startswith(("llvm.", "builtin.module")):
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    found.sort(key=lambda op: op.name.startswith(("builtin.", "bufferization.", "memref.")))  # what waits for the rest
    if found:
        raise LocatedError(found[0], f"'{found[0].name}' cannot be run here: no lowering to LLVM takes it")


def _descriptor(array: np.ndarray[Any, Any]) -> ctypes.Structure:
    """A memref descriptor over the memory of `array`."""
    rank = array.ndim
    fields: list[tuple[str, Any]] = [
        ("allocated", ctypes.c_void_p),
        ("aligned", ctypes.c_void_p),
        ("offset", ctypes.c_longlong),
    ]
    if rank:
        fields += [("shape", ctypes.c_longlong * rank), ("strides", ctypes.c_longlong * rank)]
    kind = type("Descriptor", (ctypes.Structure,), {"_fields_": fields})
    address = array.ctypes.data
    descriptor: ctypes.Structure = kind(address, address, 0)
    if rank:
        descriptor.shape[:] = array.shape
        descriptor.strides[:] = [stride // array.itemsize for stride in array.strides]
    return descriptor
