"""The vocabulary of the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from l2opt.mlir import ir
from l2opt.passes.regions import Region

__all__ = ["Assembly", "Piece", "Role", "Traits", "defining_op", "same_shape_operands"]


class Role(Enum):
    """How an operation takes part in kernels."""

    CONSTANT = "constant"  # a value known now: repeated in each kernel that uses it, never a kernel
    VIEW = "view"  # the first operand's bytes, in order, under another shape
    ELEMENTWISE = "elementwise"  # each result element from the operand elements at its place
    REDUCE = "reduce"  # folds dimensions of one tensor
    PAD = "pad"  # the first operand inside a border of one value
    MOVE = "move"  # rearranges elements: concat, slice, transpose, gather
    WINDOW = "window"  # a convolution or pool: takes elements of its first operand through a sliding window
    COMPUTE = "compute"  # any other


def defining_op(value: ir.Value) -> ir.Operation | None:
    """The operation that makes `value`; None for an argument of a block."""
    return None if isinstance(value, ir.BlockArgument) else value.owner.operation


def same_shape_operands(op: ir.Operation) -> tuple[int, ...]:
    """Operands whose shape is that of the result: the ones that an elementwise operation reads at its own place."""
    shape = ir.ShapedType(op.results[0].type).shape
    return tuple(
        k
        for k, value in enumerate(op.operands)
        if isinstance(value.type, ir.RankedTensorType) and ir.RankedTensorType(value.type).shape == shape
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """A box of a result that is a region of an operand, element for element."""

    operand: int
    source: Region  # of the operand
    target: Region  # of the result; without dimensions of one element, both have the same sizes


@dataclass(frozen=True, slots=True)
class Assembly:
    """A result put together from `pieces`, each over what was there before; the rest holds `fill`."""

    pieces: tuple[Piece, ...]
    fill: ir.Attribute | None = None  # an element; None: the pieces leave nothing


@dataclass(frozen=True, slots=True)
class Traits:
    """What a planner needs to know of an operation."""

    role: Role
    parameters: frozenset[int] | str = frozenset()  # operands that must stay constants in the kernel; or "rest", "all"
    aligned: Callable[[ir.Operation], tuple[int, ...]] = (
        same_shape_operands  # ELEMENTWISE: operands read at their place
    )
    widening: bool = False  # may turn a narrow integer into a wide one, cheaply enough to be repeated
    carries: Callable[[ir.Operation, ir.Operation], bool] | None = (
        None  # WINDOW: (this, a pad or slice) -> does it itself
    )
    scratch: bool = False  # tensors inside its regions need memory of their own
    moves: Callable[[ir.Operation], Assembly | None] | None = (
        None  # MOVE, PAD: how the result is put together, if known
    )
    into: int | None = None  # MOVE: the operand that the result is, but for what is moved into it
    permutes: bool = False  # MOVE: the result is the first operand with its dimensions in another order
    strided_reads: bool = True  # operands may lie with gaps between their rows, as parts of larger tensors do
    strided_writes: bool = True  # so may the result

    def is_parameter(self, operand: int) -> bool:
        if isinstance(self.parameters, str):
            return self.parameters == "all" or operand > 0
        return operand in self.parameters
