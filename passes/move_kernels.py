"""Kernels that only move elements: what each result is made of, and which operands may lie inside others.

A result is made of moves: boxes that are a region of an argument, or hold one constant. An argument that is moved as it
is may lie in the result from the start; a result that is moved as it is may lie in its argument: then that move is no
work. The kernel's attribute `l2.within` lists these choices, so that whoever makes kernels by other means can state
them too:

    l2.within = [{read = 0, written = 0, whole = "written", starts = array<i64: 0, 0, 0, 4>,
                  sizes = array<i64: 1, 8, 8, 4>, steps = array<i64: 1, 1, 1, 1>}]

says that argument 0 is the given region of result 0. `l2.partly` lists pairs of an argument that is not read whole, and
how many of its elements are. `l2.contiguous` lists operands, arguments then results, that must not have gaps. Not
handled: kernels that cut up what they put together, and regions of views inside the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from l2opt.mlir import func, ir
from l2opt.passes.diagnostics import LocatedError
from l2opt.passes.ops import Role, traits_of
from l2opt.passes.ops.scalar import constant_element
from l2opt.passes.regions import Region, subtract

__all__ = [
    "CONTIGUOUS",
    "KEPT",
    "PARTLY",
    "WITHIN",
    "Choice",
    "Move",
    "choices_of",
    "contiguous_operands",
    "moves_of",
    "partly_read",
    "possible_choices",
]

WITHIN = "l2.within"
KEPT = "l2.kept"  # on an operation: its result is not to lie inside anything else
PARTLY = "l2.partly"
CONTIGUOUS = "l2.contiguous"


@dataclass(frozen=True, slots=True)
class Move:
    """A box of a result: a region of an argument, or one constant everywhere."""

    target: Region
    argument: int = -1  # -1: `fill` instead
    source: Region | None = None
    fill: ir.Attribute | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The argument `read` is a region of the result `written`, or the other way round."""

    read: int
    written: int
    whole: str  # "written" or "read"
    region: Region  # of the whole

    @classmethod
    def parse(cls, attribute: ir.Attribute, where: ir.Operation) -> Choice:
        """Raises LocatedError."""
        try:
            lists = [tuple(ir.DenseI64ArrayAttr(attribute[name])) for name in ("starts", "sizes", "steps")]
            whole = str(ir.StringAttr(attribute["whole"]).value)
            read, written = (int(ir.IntegerAttr(attribute[name]).value) for name in ("read", "written"))
        except (KeyError, TypeError, ValueError):
            lists, whole, read, written = [], "", -1, -1
        if whole not in ("written", "read") or min(read, written) < 0 or len({len(each) for each in lists}) != 1:
            text = '{read, written, whole = "written" or "read", starts, sizes, steps}'
            raise LocatedError(where, f"'{WITHIN}': want choices such as {text}, got {attribute}")
        return cls(read, written, whole, Region(*lists))

    def attribute(self) -> ir.DictAttr:
        i64 = ir.IntegerType.get_signless(64)
        lists = {name: ir.DenseI64ArrayAttr.get(getattr(self.region, name)) for name in ("starts", "sizes", "steps")}
        numbers = {name: ir.IntegerAttr.get(i64, getattr(self, name)) for name in ("read", "written")}
        return ir.DictAttr.get({**numbers, "whole": ir.StringAttr.get(self.whole), **lists})


Known = dict[tuple[ir.Attribute, ir.Type], Choice]  # a stated choice and the signature that it fits -> what it says


def choices_of(fn: func.FuncOp, known: Known) -> list[Choice]:
    """The choices that the kernel states, of which those of earlier kernels are known; new ones are added. LocatedError
    for one that does not fit its signature."""
    if WITHIN not in fn.attributes:
        return []
    found, signature = [], fn.type
    for each in fn.attributes[WITHIN]:
        if (each, signature) not in known:
            known[each, signature] = Choice.parse(each, fn)
            _check_choice(fn, signature, known[each, signature])
        found.append(known[each, signature])
    return found


def contiguous_operands(fn: func.FuncOp) -> frozenset[int]:
    """Operands of the kernel, arguments then results, that must have no gaps."""
    return frozenset(ir.DenseI64ArrayAttr(fn.attributes[CONTIGUOUS])) if CONTIGUOUS in fn.attributes else frozenset()


def _check_choice(fn: func.FuncOp, signature: ir.FunctionType, choice: Choice) -> None:
    inputs, results = signature.inputs, signature.results
    if choice.read >= len(inputs) or choice.written >= len(results):
        counts = f"{len(inputs)} arguments and {len(results)} results"
        raise LocatedError(fn, f"'{WITHIN}': argument {choice.read}, result {choice.written}; the kernel has {counts}")
    read, written = inputs[choice.read], results[choice.written]
    whole, part = (written, read) if choice.whole == "written" else (read, written)
    fits = all(isinstance(type_, ir.RankedTensorType) and type_.has_static_shape for type_ in (whole, part))
    if not fits or not choice.region.inside(whole.shape):
        raise LocatedError(fn, f"'{WITHIN}': region {_text(choice.region)} outside of {whole}")
    if prod(choice.region.sizes) != prod(part.shape) or whole.element_type != part.element_type:
        raise LocatedError(fn, f"'{WITHIN}': region {_text(choice.region)} of {whole} is no {part}")


def _text(region: Region) -> str:
    return f"{list(region.starts)}{list(region.sizes)}{list(region.steps)}"


def possible_choices(moves: Sequence[Sequence[Move]], fn: func.FuncOp) -> Iterator[Choice]:
    """The choices that the moves of each result allow."""
    inputs, results = fn.type.inputs, fn.type.results
    for written, made in enumerate(moves):
        shape = tuple(results[written].shape)
        for move in made:
            if move.argument < 0 or move.source is None:
                continue
            if move.target.covers(shape):
                yield Choice(move.argument, written, "read", move.source)
            elif move.source.covers(tuple(inputs[move.argument].shape)):
                yield Choice(move.argument, written, "written", move.target)


def moves_of(fn: func.FuncOp) -> list[list[Move]] | None:
    """What each result of a kernel on tensors is made of; None if it does more than move elements."""
    block = fn.entry_block
    made: dict[ir.Value, list[Move] | None] = {}
    for k, argument in enumerate(block.arguments):
        whole = Region.all_of(argument.type.shape)
        made[argument] = [Move(whole, k, whole)]
    operations = [op.operation for op in block.operations]
    for op in operations[:-1]:
        for result in op.results:
            made[result] = _made(op, made) if isinstance(result.type, ir.RankedTensorType) else None
    found = [made.get(value) for value in operations[-1].operands]
    results = []
    for value, moves in zip(operations[-1].operands, found, strict=True):
        if moves is None or sum(prod(move.target.sizes) for move in moves) != prod(value.type.shape):
            return None
        results.append(moves)
    return results


def partly_read(moves: Sequence[Sequence[Move]], fn: func.FuncOp) -> dict[int, int]:
    """Arguments that a kernel which only moves elements does not read whole: how many elements it reads at most."""
    read = dict.fromkeys(range(len(fn.type.inputs)), 0)
    for move in (move for made in moves for move in made if move.argument >= 0):
        read[move.argument] += prod(move.target.sizes)
    return {k: count for k, count in read.items() if count < prod(fn.type.inputs[k].shape)}


def _made(op: ir.Operation, made: dict[ir.Value, list[Move] | None]) -> list[Move] | None:
    """The moves that make the first result of `op`; None if they are not known."""
    traits = traits_of(op)
    if op.name == "tensor.empty":
        return []
    if op.name == "linalg.fill" or traits.role is Role.CONSTANT:
        element = constant_element(op.operands[0] if op.name == "linalg.fill" else op.results[0])
        return None if element is None else [Move(Region.all_of(op.results[0].type.shape), fill=element)]
    assembly = traits.moves(op) if traits.moves else None
    if assembly is None:
        return None
    shape = op.results[0].type.shape
    moves: list[Move] = [] if assembly.fill is None else [Move(Region.all_of(shape), fill=assembly.fill)]
    for piece in assembly.pieces:
        operand = made.get(op.operands[piece.operand])
        if operand is None:
            return None
        added = _placed(operand, piece.source, piece.target, op.operands[piece.operand].type.shape)
        left = None if added is None else _covered(moves, piece.target)
        if added is None or left is None:
            return None
        moves = left + added
    return moves


def _placed(operand: list[Move], source: Region, target: Region, shape: Sequence[int]) -> list[Move] | None:
    """The moves of an operand of `shape`, its region `source` taken to `target`."""
    whole = Region.all_of(shape)
    if len(operand) == 1 and operand[0].source is not None and operand[0].target == operand[0].source == whole:
        return [Move(target, operand[0].argument, source)]
    if source != whole or len(target.sizes) != len(shape):
        return None
    return [replace(move, target=move.target.of(target)) for move in operand]


def _covered(moves: list[Move], target: Region) -> list[Move] | None:
    """What is left of `moves` when `target` is written over."""
    found: list[Move] = []
    for move in moves:
        if not move.target.meets(target):
            found.append(move)
            continue
        for box in subtract(move.target, [target]):
            if move.source is None:
                found.append(replace(move, target=box))
            elif len(move.source.sizes) == len(box.sizes):
                inner = Region.box([b - a for a, b in zip(move.target.starts, box.starts, strict=True)], box.sizes)
                found.append(replace(move, target=box, source=inner.of(move.source)))
            else:
                return None
    return found
