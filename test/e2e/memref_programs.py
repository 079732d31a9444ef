"""Random programs on memrefs as text: arguments and globals that are read and written, also in part, in loops, branches
and calls, and by names that may be the same memory; and a run of one packed beside it unpacked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from l2opt.mlir import ir
from l2opt.passes.check_ir_module import check_module
from l2opt.passes.pipelines import PACK, pipeline
from l2opt.tools.compare import PackedProgram, clone
from l2opt.tools.recording import Array, ReferenceProgram

__all__ = ["M", "differences", "packed_and_unpacked", "program", "programs"]

M = "memref<64xi32>"
HALF = "memref<32xi32, strided<[1], offset: {}>>"


@dataclass
class _Builder:
    draw: st.DrawFn
    lines: list[str] = field(default_factory=list)
    readable: list[str] = field(default_factory=lambda: ["%x", "%o", "%p", "%g", "%w"])
    writable: list[str] = field(default_factory=lambda: ["%x", "%o", "%p", "%g"])
    names: int = 0

    def fresh(self) -> str:
        self.names += 1
        return f"%v{self.names}"

    def pick(self, names: Sequence[str]) -> str:
        return self.draw(st.sampled_from(list(names)))

    def target(self) -> str:
        """To be written whole: one that there is, or a new allocation."""
        if self.draw(st.integers(0, 2)):
            return self.pick(self.writable)
        name = self.fresh()
        self.lines.append(f"{name} = memref.alloc() : {M}")
        self.readable.append(name)
        self.writable.append(name)
        return name


def _binary(b: _Builder) -> None:
    one, other, kind = b.pick(b.readable), b.pick(b.readable), b.pick(["add", "sub", "mul", "max"])
    b.lines.append(f"linalg.{kind} ins({one}, {other} : {M}, {M}) outs({b.target()} : {M})")


def _copy(b: _Builder) -> None:
    source, target = b.pick(b.readable), b.target()
    b.lines.append(f"memref.copy {source}, {target} : {M} to {M}")


def _fill(b: _Builder) -> None:
    b.lines.append(f"linalg.fill ins(%number : i32) outs({b.target()} : {M})")


def _accumulate(b: _Builder) -> None:
    """Reads what it writes."""
    source, target = b.pick(b.readable), b.pick(b.writable)
    b.lines.append(
        "linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],"
        f' iterator_types = ["parallel"]}} ins({source} : {M}) outs({target} : {M}) {{\n^bb0(%a: i32, %b: i32):\n'
        "%s = arith.addi %a, %b : i32\nlinalg.yield %s : i32\n}"
    )


def _part(b: _Builder) -> None:
    """Half of one is written, of a half, which may be the same one."""
    ends = []
    for name in (b.pick(b.readable), b.pick(b.writable)):
        offset, view = b.pick(["0", "32"]), b.fresh()
        b.lines.append(f"{view} = memref.subview {name}[{offset}] [32] [1] : {M} to {HALF.format(offset)}")
        ends.append((view, HALF.format(offset)))
    (source, kind), (target, to) = ends
    b.lines.append(f"linalg.add ins({source}, {source} : {kind}, {kind}) outs({target} : {to})")


def _loop(b: _Builder) -> None:
    """In an order that shows where two names are one memory."""
    source, target, at = b.pick(b.readable), b.pick(b.writable), b.pick(["%i", "%j"])
    around = b.pick(["scf.if %yes {", "scf.if %no {", "scf.execute_region {"])
    end = "scf.yield\n}" if "region" in around else "}"
    b.lines.append(
        f"{around}\nscf.for %i = %zero to %end step %one {{\n%j = arith.subi %last, %i : index\n"
        f"%a = memref.load {source}[{at}] : {M}\n%b = memref.load {target}[%i] : {M}\n"
        f"%c = arith.addi %a, %b : i32\nmemref.store %c, {target}[%i] : {M}\n}}\n{end}"
    )


def _call(b: _Builder) -> None:
    b.lines.append(b.pick(["func.call @unknown() : () -> ()", f"func.call @twice({b.pick(b.writable)}) : ({M}) -> ()"]))


@st.composite
def programs(draw: st.DrawFn, alone: bool = False) -> str:
    """As `program`."""
    b = _Builder(draw)
    kinds = [_binary, _binary, _binary, _copy, _fill, _accumulate, _part, _loop, _call]
    for _ in range(draw(st.integers(2, 9))):
        draw(st.sampled_from(kinds))(b)
    named = [name for name in b.writable if name != "%g"]
    results = draw(st.lists(st.sampled_from(named), max_size=2, unique=True))
    return program("\n".join(b.lines), results, alone)


def program(body: str, results: Sequence[str] = (), alone: bool = False) -> str:
    """Of three arguments, %x, %o and %p, a global %g, which `@unknown` doubles, and a constant one, %w. `alone`:
    arguments are `llvm.noalias`."""
    types = ", ".join([M] * len(results))
    arguments = ", ".join(f"{name}: {M}{' {llvm.noalias}' if alone else ''}" for name in ("%x", "%o", "%p"))
    numbers = ", ".join(str(3 * k + 1) for k in range(64))
    return f"""
memref.global "private" constant @w : {M} = dense<[{numbers}]>
memref.global "private" @g : {M} = dense<[{numbers}]>
func.func private @unknown() {{
  %g = memref.get_global @g : {M}
  linalg.add ins(%g, %g : {M}, {M}) outs(%g : {M})
  return
}}
func.func private @twice(%a: {M}) {{
  linalg.add ins(%a, %a : {M}, {M}) outs(%a : {M})
  return
}}
func.func @main({arguments}){f" -> ({types})" if results else ""} {{
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.constant 64 : index
  %last = arith.constant 63 : index
  %number = arith.constant 7 : i32
  %yes = arith.constant true
  %no = arith.constant false
  %g = memref.get_global @g : {M}
  %w = memref.get_global @w : {M}
{body}
  return {", ".join(results)}{f" : {types}" if results else ""}
}}"""


def differences(
    packed: ir.Module, reference: ir.Module, same: Sequence[int] = (0, 1, 2), at_start: bool = True
) -> list[str]:
    """What differs after each of two runs, of all that the caller sees. Argument k is the memory number `same[k]`."""
    program = PackedProgram(packed, "", 0, checked=True, at_start=at_start)
    wanted = ReferenceProgram(reference, "", 0)
    rng = np.random.default_rng(0)
    given = [np.array(rng.integers(-1000, 1000, 64), dtype=np.int32) for _ in range(3)]
    one, other = _aligned(given), _aligned(given)
    found = []
    for run in range(2):
        results = [program([one[k] for k in same]), wanted([other[k] for k in same])]
        ends = zip([*one, *results[0]], [*other, *results[1]], strict=True)
        found += [f"run {run}: {k}" for k, (got, want) in enumerate(ends) if got.tobytes() != want.tobytes()]
    return found


def _aligned(arrays: Sequence[Array]) -> list[Array]:
    made = []
    for array in arrays:
        room = np.zeros(array.nbytes + 64, dtype=np.int8)
        start = -room.ctypes.data % 64
        made.append(room[start : start + array.nbytes].view(array.dtype))
        made[-1][...] = array
    return made


def packed_and_unpacked(text: str, values: dict[str, str]) -> tuple[ir.Module, ir.Module]:
    """The final IR, which has passed the checker, and the program as it was; in the context at hand."""
    module = ir.Module.parse(text)
    reference = clone(module)
    for stage in pipeline(PACK, values):
        stage.run(module)
    assert module.operation.verify()
    assert [str(fault) for each in check_module(module) for fault in each.faults] == []
    return module, reference
