"""The arenas that packed IR declares, and the root views in them.

A function's `l2.arenas` says of each memory's arena how large it is, its alignment, its memory's capacity and, unless
the function allocates it, which argument it is. All of it must agree with the argument or allocation itself. A root
view is a `memref.view` of an arena at a constant offset that the arena's alignment divides, whole inside the arena;
nothing else may use an arena.
"""

from __future__ import annotations

from dataclasses import dataclass

from l2opt.mlir import func, ir
from l2opt.passes.check_ir_views import Target, constant_index, layout_of, stride_bytes
from l2opt.passes.diagnostics import LocatedError

__all__ = ["Arena", "RootView", "arenas_of", "root_view"]

_NAMES = ("L2", "DDR")


@dataclass(frozen=True, slots=True)
class Arena:
    """One arena of a function. The arenas lie behind one another in a single space of byte positions."""

    name: str
    value: ir.Value
    bytes: int
    alignment: int
    capacity: int | None
    start: int  # position of its first byte

    @property
    def space(self) -> ir.Attribute | None:
        return self.value.type.memory_space


@dataclass(frozen=True, slots=True)
class RootView:
    """A logical buffer: the `memref.view` that makes it."""

    op: ir.Operation
    arena: Arena
    target: Target


def arenas_of(fn: func.FuncOp) -> list[Arena]:
    """The arenas that `fn` declares, L2 first. LocatedError where the declarations are missing or do not agree."""
    declared = fn.attributes["l2.arenas"]
    if not isinstance(declared, ir.DictAttr) or sorted(_keys(declared)) != sorted(_NAMES):
        raise LocatedError(fn, f"'l2.arenas': want a dictionary with {' and '.join(_NAMES)}, got {declared}")
    arenas: list[Arena] = []
    for name in _NAMES:
        start = sum(arena.bytes for arena in arenas)
        arena = _arena(fn, name, declared[name], start)
        _check_uses(arena)
        arenas.append(arena)
    return arenas


def root_view(op: ir.Operation, arena: Arena, root: int) -> RootView:
    """The root that `op`, a `memref.view` of `arena`, makes. LocatedError if it is misplaced."""
    offset = constant_index(op.operands[1])
    if offset is None:
        raise LocatedError(op, f"view of the {arena.name} arena: want a constant offset, got a computed one")
    type_ = op.results[0].type
    layout = layout_of(type_)
    if layout is None:
        raise LocatedError(op, f"view of the {arena.name} arena: want a static shape, got {type_}")
    target = Target(root, arena.start + offset, 0, tuple(type_.shape), layout[1], stride_bytes(type_.element_type))
    low, high = (edge - arena.start for edge in target.extent)
    if offset < 0 or high > arena.bytes:
        raise LocatedError(op, f"view of bytes [{low}, {high}) of the {arena.name} arena, which has {arena.bytes} B")
    if offset % arena.alignment:
        message = f"view at offset {offset} of the {arena.name} arena: want a multiple of {arena.alignment}"
        raise LocatedError(op, message)
    return RootView(op, arena, target)


def _arena(fn: func.FuncOp, name: str, declared: ir.Attribute, start: int) -> Arena:
    if not isinstance(declared, ir.DictAttr):
        raise LocatedError(fn, f"'l2.arenas': want a dictionary for {name}, got {declared}")
    wanted = {key: _integer(fn, name, key, declared[key]) for key in _keys(declared)}
    for key in ("bytes", "alignment"):
        if key not in wanted:
            raise LocatedError(fn, f"'l2.arenas': want {name!r} to have {key!r}, got {declared}")
    value, attributes = _argument(fn, name, wanted["argument"]) if "argument" in wanted else _allocation(fn, name)
    found = {key: attributes.get(f"l2.{key}") for key in ("alignment", "capacity")}
    for key, attribute in found.items():
        number = None if attribute is None else _integer(fn, name, key, attribute)
        if number != wanted.get(key):
            raise LocatedError(fn, f"{name} arena: 'l2.arenas' has {key} {wanted.get(key)}, the arena has {number}")
    _check_type(fn, name, value.type, wanted["bytes"])
    capacity = wanted.get("capacity")
    if wanted["alignment"] < 1:
        raise LocatedError(fn, f"{name} arena: want alignment >= 1, got {wanted['alignment']}")
    if capacity is not None and wanted["bytes"] > capacity:
        raise LocatedError(fn, f"{name} arena of {wanted['bytes']} B; {name} has {capacity} B")
    return Arena(name, value, wanted["bytes"], wanted["alignment"], capacity, start)


def _argument(fn: func.FuncOp, name: str, index: int) -> tuple[ir.Value, dict[str, ir.Attribute]]:
    if not 0 <= index < len(fn.arguments):
        raise LocatedError(fn, f"{name} arena: want one of {len(fn.arguments)} arguments, got argument {index}")
    every = list(fn.attributes["arg_attrs"]) if "arg_attrs" in fn.attributes else []
    attributes = {key: every[index][key] for key in _keys(every[index])} if every else {}
    if not _is_label(attributes.get("l2.arena"), name):
        raise LocatedError(fn, f"{name} arena: argument {index} has no 'l2.arena = \"{name}\"'")
    return fn.arguments[index], attributes


def _allocation(fn: func.FuncOp, name: str) -> tuple[ir.Value, dict[str, ir.Attribute]]:
    found = [
        view.operation
        for view in fn.entry_block
        if view.operation.name == "memref.alloc" and _is_label(view.operation.attributes.get("l2.arena"), name)
    ]
    if len(found) != 1:
        raise LocatedError(fn, f"{name} arena: want one argument or 'memref.alloc', got {len(found)} allocations")
    attributes = dict(found[0].attributes.items())
    alignment, wanted = attributes.get("alignment"), attributes.get("l2.alignment")
    if alignment is None or wanted is None or ir.IntegerAttr(alignment).value % ir.IntegerAttr(wanted).value:
        raise LocatedError(found[0], f"{name} arena: want an allocation aligned to {wanted}, got {alignment}")
    return found[0].results[0], attributes


def _is_label(attribute: ir.Attribute | None, name: str) -> bool:
    return isinstance(attribute, ir.StringAttr) and attribute.value == name


def _check_type(fn: func.FuncOp, name: str, type_: ir.Type, size: int) -> None:
    element = ir.IntegerType.get_signless(8, fn.context)
    good = isinstance(type_, ir.MemRefType) and layout_of(type_) == (0, (1,))
    if not good or type_.element_type != element or list(type_.shape) != [size]:
        raise LocatedError(fn, f"{name} arena: want memref<{size}xi8>, got {type_}")


def _check_uses(arena: Arena) -> None:
    for use in arena.value.uses:
        op = use.owner.operation
        if not (op.name == "memref.view" and use.operand_number == 0):
            raise LocatedError(op, f"'{op.name}' uses the {arena.name} arena: want only 'memref.view' of it")


def _integer(fn: func.FuncOp, name: str, key: str, attribute: ir.Attribute) -> int:
    if not isinstance(attribute, ir.IntegerAttr):
        raise LocatedError(fn, f"{name} arena: want an integer as {key}, got {attribute}")
    return int(attribute.value)


def _keys(attribute: ir.DictAttr) -> list[str]:
    return [attribute[index].name for index in range(len(attribute))]
