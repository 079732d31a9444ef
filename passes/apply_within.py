"""Parts of other buffers in the l2 dialect: a buffer that lies inside another becomes an `l2.view` of a region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from l2opt.dialect.l2 import BufferOp, KernelOp, PlacementOp, ViewOp
from l2opt.mlir import func, ir
from l2opt.passes.extract_within import Offer
from l2opt.passes.ops import defining_op
from l2opt.plan import Plan

__all__ = ["apply_within", "taken_offers"]


def taken_offers(offers: Sequence[Offer], plan: Plan) -> list[Offer]:
    """The offers that `plan` takes, one a part."""
    taken: dict[str, Offer] = {}
    for offer in offers:
        if plan.aliases.get(offer.part) == offer.alias:
            taken.setdefault(offer.part, offer)
    return list(taken.values())


def apply_within(fn: func.FuncOp, ops: dict[str, Any], taken: Sequence[Offer]) -> None:
    """Make each part a view of its whole, declared after all buffers, and name on each kernel the moves that go.

    `ops`: id -> operation; what is replaced, is replaced there too.
    """
    by_part = {offer.part: offer for offer in taken}
    for part in _wholes_first(by_part):
        ops[part] = _make_view(ops[part], ops[by_part[part].within.kernel], by_part[part])
    _views_last(fn)
    positions: dict[str, list[int]] = {}
    for offer in taken:
        positions.setdefault(offer.within.kernel, []).append(offer.choice)
    for kernel, choices in positions.items():
        ops[kernel].attributes["within"] = ir.DenseI64ArrayAttr.get(sorted(choices))


def _wholes_first(by_part: Mapping[str, Offer]) -> list[str]:
    found: dict[str, None] = {}
    for part in by_part:
        chain = []
        while part in by_part and part not in found:
            chain.append(part)
            part = by_part[part].whole
        found.update(dict.fromkeys(reversed(chain)))
    return list(found)


def _make_view(part: BufferOp, kernel: KernelOp, offer: Offer) -> ViewOp:
    choice = offer.region
    source = kernel.writes[choice.written] if choice.whole == "written" else kernel.reads[choice.read]
    region = {name: ir.DenseI64ArrayAttr.get(getattr(choice.region, name)) for name in ("starts", "sizes", "steps")}
    more = {"name": part.attributes["name"]} if "name" in part.attributes else {}
    with ir.InsertionPoint(part.operation), part.location:
        view = ViewOp.of(source, offer.within.offset, part.integer("bytes"), part.type_of("holds"), **region, **more)
    part.result.replace_all_uses_with(view.result)
    part.operation.erase()
    return view


def _views_last(fn: func.FuncOp) -> None:
    """Move views behind all buffers, each behind what it is a view of."""
    operations = list(fn.entry_block.operations)
    last = [op for op in operations if isinstance(op, (BufferOp, PlacementOp))][-1].operation
    done: set[ir.Operation] = set()
    for op in operations:
        chain = []
        while isinstance(op, ViewOp) and op.operation not in done:
            chain.append(op.operation)
            done.add(op.operation)
            source = defining_op(op.operands[0])
            assert source is not None
            op = source.opview
        for view in reversed(chain):
            view.move_after(last)
            last = view
