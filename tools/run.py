"""Execute a network on this machine, packed or not; with --check, prove that packing changed nothing.

Without --l2 the network runs as it is. With --l2 it is packed first, as by l2opt-opt, and runs in its arenas. --check
runs both and compares what every kernel wrote bit for bit, with poison in all that a kernel is about to overwrite.
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np

from l2opt.errors import L2OptError, UsageError
from l2opt.mlir import PassManager, ir
from l2opt.passes.diagnostics import Collector, LocatedError
from l2opt.passes.dma import DMA
from l2opt.passes.dma_binding import has_transfers
from l2opt.passes.elided import elided_constants
from l2opt.passes.fill_weights import FillWeights
from l2opt.passes.form_kernels import prepare
from l2opt.passes.functions import INIT, functions, is_tensor_level, target_function
from l2opt.passes.pipeline import run as run_stages
from l2opt.passes.pipelines import PACK, options_of, pipeline
from l2opt.passes.types import static_tensor, tensor_bytes
from l2opt.tools import output, source
from l2opt.tools.arguments import add_options, given_options
from l2opt.tools.compare import Comparison, PackedProgram, clone, compare
from l2opt.tools.engine import Executable
from l2opt.tools.import_options import MODEL_HELP, add_import_options, asked
from l2opt.tools.importing import read_model
from l2opt.tools.inputs import make_inputs, read_inputs
from l2opt.tools.recording import Array, ReferenceProgram

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `l2opt run` accepts."""
    parser.add_argument("model", metavar="MODEL", help=f"{MODEL_HELP}; packed or not")
    parser.add_argument("--check", action="store_true", help="compare packed and unpacked, bit for bit")
    parser.add_argument("--input", action="append", default=[], metavar="[N=]FILE", help=".npy for argument N, or .npz")
    parser.add_argument("--output", metavar="FILE.npz", help="write the results there, as result0, result1, ...")
    parser.add_argument("--seed", type=int, default=0, help="seed of inputs that are not given (default: 0)")
    parser.add_argument("--runs", type=int, default=1, help="how often to run, from the state that the last run left")
    parser.add_argument("--fill-weights", type=int, metavar="SEED", help="random values for constants that were elided")
    parser.add_argument("--opt-level", type=int, choices=range(4), default=0, help="of the compiler (default: 0)")
    add_import_options(parser)
    add_options(parser.add_argument_group("planning"), options_of(PACK).values())


def run(arguments: argparse.Namespace) -> int:
    """Runs the model as asked. Raises L2OptError, also for a difference found by --check."""
    if arguments.runs < 1:
        raise UsageError(f"option --runs: want at least 1, got {arguments.runs}")
    values = given_options(arguments)
    given = read_inputs(arguments.input)
    read = read_model(arguments.model, asked(arguments))
    collector = Collector(read.name)
    with source.new_context(allow_unregistered=True) as context, ir.Location.unknown(context):
        module = source.parse(read, context, collector)
        where = module.operation.location
        with collector.reporting(where):
            name = _prepare(module, values.get("function", ""), arguments.fill_weights)
        if arguments.check and "l2.arenas" in target_function(module, name).attributes:
            raise L2OptError(f"'@{name}' is packed already: --check wants the unpacked network, to compare with")
        packs = arguments.check or "l2" in values
        reference = clone(module)
        if packs:
            run_stages(module, pipeline(PACK, values), collector)
        with collector.reporting(where):
            if arguments.check:
                return _check(module, reference, name, given, arguments)
            _execute(module, name, given, arguments, packed=packs)
    return 0


def _prepare(module: ir.Module, function: str, seed: int | None) -> str:
    """Fill what was elided, if asked to, and bring the function into its form. Its name."""
    if seed is not None:
        FillWeights(seed).run(module)
    else:
        elided = list(elided_constants(module))
        if elided:
            text = f"{len(elided)} constants have no data, this one first: give --fill-weights=SEED for random values"
            raise LocatedError(elided[0][0], text)
    fn = target_function(module, function)
    if "l2.arenas" not in fn.attributes and is_tensor_level(fn):
        fn = prepare(module, function)
    name = str(fn.sym_name.value)
    _drop_others(module, name)
    _refuse_unknown(module)
    return name


def _refuse_unknown(module: ir.Module) -> None:
    """LocatedError for the first operation that no pass here lowers, though it can be planned if its values can."""
    unknown: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "tosa.custom" or not module.context.is_registered_operation(op.name):
            unknown.append(op)
            return ir.WalkResult.INTERRUPT
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    for op in unknown:
        for value in (*op.operands, *op.results):
            if not isinstance(value.type, ir.MemRefType):
                tensor_bytes(static_tensor(value.type, op), op, {})
        raise LocatedError(op, f"'{source.full_name(op)}' has no lowering here: it can be planned, not run")


def _drop_others(module: ir.Module, name: str) -> None:
    """Drop the functions that `name` does not reach. LocatedError for one that it does, and that has no body."""
    init = target_function(module, name).attributes
    kept = {name} | ({str(init[INIT].value)} if INIT in init else set())
    for fn in functions(module):
        if fn.sym_name.value not in kept:
            fn.attributes["sym_visibility"] = ir.StringAttr.get("private")
    PassManager.parse("builtin.module(symbol-dce)").run(module.operation)
    for fn in functions(module):
        if fn.is_external and DMA not in fn.attributes:
            raise LocatedError(fn, f"'@{fn.sym_name.value}' has no body: its code is not here to run")


def _check(
    module: ir.Module, reference: ir.Module, name: str, given: dict[int, Array], arguments: argparse.Namespace
) -> int:
    plan = target_function(module, name).attributes["l2.plan"]
    inputs = partial(_inputs, given=given, seed=arguments.seed)
    again = (clone(module), clone(reference)) if has_transfers(module) else None
    made = compare(module, reference, name, inputs, arguments.opt_level, arguments.runs)
    if made.difference is not None:
        raise L2OptError(f"'@{name}' packed differs from unpacked: {made.difference}")
    if again is not None:
        late = compare(*again, name, inputs, arguments.opt_level, arguments.runs, at_start=False)
        if late.difference is not None:
            text = f"'@{name}' packed differs from unpacked when transfers copy as late as at their wait"
            raise L2OptError(f"{text}: {late.difference}")
    if made.distinct < 2 and made.elements > made.values:
        raise L2OptError(f"'@{name}': every value compared is constant, which proves nothing; give other inputs")
    _report(name, made, plan["peak"].value, plan["traffic"].value)
    return 0


def _inputs(program: Executable, count: int, run: int, given: dict[int, Array], seed: int) -> list[Array]:
    return make_inputs(program, count, given, seed + run)


def _report(name: str, made: Comparison, peak: int, traffic: int) -> None:
    distinct = ", ".join(str(each) for each in made.results_distinct)
    print(f"@{name}: packed equals unpacked, bit for bit")
    print(f"  {made.kernels} kernels in {peak} B of L2, {traffic} B of DDR traffic; {made.poisoned} operands poisoned")
    if made.transfers:
        print(f"  {made.transfers} asynchronous transfers, run as copies at their start and as copies at their wait")
    print(f"  {made.values} values of {made.elements} elements compared, {made.constant} of them constant")
    print(f"  distinct values in the results: {distinct}")


def _execute(
    module: ir.Module, name: str, given: dict[int, Array], arguments: argparse.Namespace, *, packed: bool
) -> None:
    """Run once or several times, print the last run's results and write them."""
    program: PackedProgram | ReferenceProgram
    if packed or "l2.arenas" in target_function(module, name).attributes:
        program = PackedProgram(module, name, arguments.opt_level, checked=False)
    else:
        program = ReferenceProgram(module, name, arguments.opt_level)
    results: list[Array] = []
    for run_ in range(arguments.runs):
        results = program(make_inputs(program.main, program.inputs, given, arguments.seed + run_))
    for k, array in enumerate(results):
        low, high = (array.min(), array.max()) if array.size else ("-", "-")
        shape = "x".join(str(extent) for extent in array.shape)
        print(f"result{k}: {shape} {array.dtype}, from {low} to {high}, {len(np.unique(array))} distinct")
    if arguments.output:
        output.write_arrays(arguments.output, {f"result{k}": array for k, array in enumerate(results)})
