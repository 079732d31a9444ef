"""Random problems and options: the only place where the tests of the core draw from."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from l2opt.plan import Alias, Buffer, InPlace, Kernel, Kind, Memory, Options, Overlap, Problem, Within
from l2opt.plan.items import Item, disjoint

__all__ = [
    "cut_rectangles",
    "items",
    "options",
    "problems",
    "rectangles",
    "residency_problems",
    "standing_items",
]

SIZES = (0, 1, 2, 3, 4, 5, 8, 9, 16)


@st.composite
def problems(draw: st.DrawFn, max_kernels: int = 7, pins: bool = True) -> Problem:
    """Graphs with branches, views, slices of one parent, state, scratch, pins; choices in place, within, to overlap."""
    return _Builder(draw, pins).build(draw(st.integers(0, max_kernels)))


@st.composite
def residency_problems(draw: st.DrawFn) -> Problem:
    """Up to four kernels on up to five roots, for trying every residency; no zero-copy choices and no overlaps."""
    buffers: list[Buffer] = []
    kernels: list[Kernel] = []
    in_place: list[InPlace] = []

    def add(kind: Kind, size: int | None = None, view: Alias | None = None) -> Buffer:
        words = ["free"] * 9 + ["DDR", "L2"] + ["external"] * 2 * (kind in (Kind.INPUT, Kind.CONSTANT))
        where = draw(st.sampled_from(words)) if view is None else "free"
        buffers.append(
            Buffer(
                f"b{len(buffers)}",
                draw(st.sampled_from([1, 2, 3, 4, 5, 6, 8])) if size is None else size,
                kind,
                view_of=view,
                live_out=draw(st.integers(0, 11)) == 0,
                pinned=where if where in ("L2", "DDR") else None,
                external=where == "external",
            )
        )
        return buffers[-1]

    first = [Kind.INPUT, Kind.INPUT, Kind.VARIABLE, Kind.CONSTANT]
    values = [add(kind) for kind in draw(st.lists(st.sampled_from(first), min_size=1, max_size=2))]
    for k in range(draw(st.integers(1, 4))):
        reads = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))
        writes = [b for b in values if b.kind is Kind.VARIABLE and draw(st.integers(0, 3)) == 0]
        if sum(b.view_of is None for b in buffers) < 5:
            whole = add(draw(st.sampled_from([Kind.TENSOR, Kind.TENSOR, Kind.TENSOR, Kind.OUTPUT])))
            writes.append(whole)
            if draw(st.integers(0, 2)):  # of one source, so that it is known which one a plan takes
                in_place.append(InPlace(f"k{k}", draw(st.sampled_from(reads)).id, whole.id))
            made = [whole]
            if whole.size > 1 and draw(st.integers(0, 2)) == 0:
                cut = draw(st.integers(1, whole.size - 1))
                made.append(add(Kind.TENSOR, cut, Alias(whole.id, 0)))
                made.append(add(Kind.TENSOR, whole.size - cut, Alias(whole.id, cut)))
            values += made[draw(st.integers(0, len(made) - 1)) :]
        scratch = draw(st.sampled_from([0, 0, 0, 2, 3]))
        kernels.append(
            Kernel(f"k{k}", f"k{k}", tuple(b.id for b in reads), tuple(b.id for b in writes), scratch=scratch)
        )
    l2 = Memory("L2", draw(st.integers(0, 10)), draw(st.sampled_from([1, 1, 2, 4])))
    return Problem(tuple(kernels), tuple(buffers), l2, Memory("DDR", None, 1), tuple(in_place))


def options() -> st.SearchStrategy[Options]:
    return st.builds(
        Options,
        order=st.sampled_from(["program", "memory", "memory", "traffic"]),
        merge=st.sampled_from(["alias", "none"]),
        pack=st.sampled_from(["offsets", "slots"]),
        slots=st.sampled_from(["best", "first-come"]),
        overlap=st.sampled_from(["none", "safe"]),
    )


def rectangles(max_size: int = 6) -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """Start, end, size of plain lifetimes."""
    one = st.tuples(st.integers(0, 6), st.integers(1, 4), st.integers(1, 9))
    return st.lists(one.map(lambda t: (t[0], t[0] + t[1], t[2])), max_size=max_size)


class _Builder:
    def __init__(self, draw: st.DrawFn, pins: bool) -> None:
        self.draw = draw
        self.pins = pins
        self.buffers: list[Buffer] = []
        self.kernels: list[Kernel] = []
        self.in_place: list[InPlace] = []
        self.within: list[Within] = []
        self.overlaps: list[Overlap] = []
        self.values: list[Buffer] = []  # written, or there from the start
        self.slices: list[Buffer] = []  # views of parents, not written yet

    def build(self, kernels: int) -> Problem:
        for kind in self.draw(st.lists(st.sampled_from([Kind.INPUT, Kind.CONSTANT, Kind.VARIABLE]), max_size=3)):
            self.values.append(self.declare(kind))
        for k in range(kernels):
            if self.values and self.draw(st.integers(0, 3)) == 0:
                self.add_join(f"k{k}") if self.draw(st.booleans()) else self.add_split(f"k{k}")
            else:
                self.add_kernel(f"k{k}")
        alignment = self.draw(st.sampled_from([1, 4, 8]))
        capacity = self.draw(st.sampled_from([None, 0, 1, 7, 16, 24, 40, 64, 200]))
        return Problem(
            tuple(self.kernels),
            tuple(self.buffers),
            Memory("L2", capacity, alignment),
            Memory("DDR", None, self.draw(st.sampled_from([1, 4]))),
            tuple(self.in_place),
            tuple(self.within),
            tuple(self.overlaps),
        )

    def declare(self, kind: Kind, size: int | None = None, view: Alias | None = None) -> Buffer:
        if size is None:
            size = self.draw(st.sampled_from(SIZES))
        where = "free"
        if view is None and self.pins:
            words = ["free"] * 6 + ["DDR"] + (["external"] if kind in (Kind.INPUT, Kind.CONSTANT) else [])
            where = self.draw(st.sampled_from(words))
        buffer = Buffer(
            f"b{len(self.buffers)}",
            size,
            kind,
            view_of=view,
            live_out=self.draw(st.integers(0, 9)) == 0,
            pinned="DDR" if where == "DDR" else None,
            external=where == "external",
        )
        self.buffers.append(buffer)
        return buffer

    def add_kernel(self, name: str) -> None:
        reads = self.draw(st.lists(st.sampled_from(self.values), max_size=3)) if self.values else []
        writes = [self.result() for _ in range(self.draw(st.integers(0, 2)))]
        variables = [v for v in self.values if v.kind is Kind.VARIABLE]
        if variables and self.draw(st.booleans()):
            writes.append(variables[0])
        after = self.draw(st.lists(st.sampled_from(self.kernels), max_size=1)) if self.kernels else []
        self.kernels.append(
            Kernel(
                name,
                name,
                tuple(b.id for b in reads),
                tuple(b.id for b in writes),
                scratch=self.draw(st.sampled_from([0, 0, 0, 5, 8])),
                after=tuple(k.id for k in after),
            )
        )
        for source in reads:
            for target in writes:
                if self.draw(st.booleans()):
                    self.in_place.append(InPlace(name, source.id, target.id))
                if self.draw(st.integers(0, 2)) == 0:
                    distance = self.draw(st.integers(0, 1 + source.size // 2))
                    self.overlaps.append(Overlap(name, source.id, target.id, distance))
        self.values.extend(b for b in writes if b not in self.values)
        if reads and self.draw(st.integers(0, 3)) == 0:
            self.add_view(self.draw(st.sampled_from(reads)))

    def add_join(self, name: str) -> None:
        """Parts side by side in a whole, or in its rows, with something around them."""
        parts = self.draw(st.lists(st.sampled_from(self.values), min_size=1, max_size=3))
        rows = self.draw(st.sampled_from([1, 1, 1, 2, 3]))
        runs = [-(-part.size // rows) for part in parts]
        before, after = self.draw(st.sampled_from([(0, 0), (0, 0), (1, 2)]))
        row = before + sum(runs) + after
        kind = self.draw(st.sampled_from([Kind.TENSOR, Kind.TENSOR, Kind.TENSOR, Kind.OUTPUT]))
        whole = self.declare(kind, row * rows)
        offset = before
        for part, run in zip(parts, runs, strict=True):
            self.nest(name, part, whole, offset, rows)
            offset += run
        self.kernels.append(Kernel(name, name, tuple(part.id for part in parts), (whole.id,)))
        self.values.append(whole)

    def add_split(self, name: str) -> None:
        """Parts of a whole, or of its rows; they may share bytes."""
        whole = self.draw(st.sampled_from(self.values))
        rows = self.draw(st.sampled_from([rows for rows in (1, 1, 2, 3) if whole.size % rows == 0]))
        parts = []
        for _ in range(self.draw(st.integers(1, 2))):
            lo = self.draw(st.integers(0, whole.size // rows))
            hi = self.draw(st.integers(lo, whole.size // rows))
            parts.append(self.declare(Kind.TENSOR, (hi - lo) * rows))
            self.nest(name, parts[-1], whole, lo, rows)
        self.kernels.append(Kernel(name, name, (whole.id,), tuple(part.id for part in parts)))
        self.values.extend(parts)

    def nest(self, kernel: str, part: Buffer, whole: Buffer, offset: int, rows: int) -> None:
        row, run = whole.size // rows, part.size // rows
        if part.size % rows or not part.size or self.draw(st.integers(0, 5)) == 0:
            return
        extent = (rows - 1) * row + run
        known = self.draw(st.integers(0, 3)) > 0
        if not known and extent > part.size and offset + part.size > row:
            return
        self.within.append(Within(kernel, part.id, whole.id, offset, extent, rows if known else 0))

    def add_view(self, source: Buffer) -> None:
        start = self.draw(st.integers(0, source.size))
        end = self.draw(st.integers(start, source.size))
        self.values.append(self.declare(Kind.TENSOR, end - start, Alias(source.id, start)))

    def result(self) -> Buffer:
        """A new buffer; or a slice of a parent that is read once some of it is written."""
        if self.slices and self.draw(st.booleans()):
            return self.slices.pop()
        if self.draw(st.integers(0, 4)) == 0:
            sizes = self.draw(st.lists(st.sampled_from(SIZES), min_size=2, max_size=3))
            parent = self.declare(Kind.TENSOR, sum(sizes))
            offset = 0
            for size in sizes:
                self.slices.append(self.declare(Kind.TENSOR, size, Alias(parent.id, offset)))
                offset += size
            self.values.append(parent)
            return parent
        kind = self.draw(st.sampled_from([Kind.TENSOR, Kind.TENSOR, Kind.OUTPUT]))
        return self.declare(kind)


@st.composite
def items(draw: st.DrawFn, max_items: int = 5, windows: bool = True) -> list[Item]:
    """Items of one or two pieces, some aligned, some with a window of offsets."""
    drawn = []
    for i in range(draw(st.integers(0, max_items))):
        count = draw(st.integers(1, 2))
        corners = [draw(st.tuples(*[st.integers(0, 4)] * 4)) for _ in range(count)]
        pieces = disjoint((start, start + steps + 1, lo, lo + size + 1) for start, steps, lo, size in corners)
        alignment = draw(st.sampled_from([None, 2, 3, 4]))
        first = draw(st.integers(0, 4)) * (alignment or 1)
        item = Item(f"b{i}", pieces, (), 1, alignment=alignment)
        if windows and draw(st.booleans()):
            item = replace(item, window=(first, first + draw(st.sampled_from([0, 6]))))
        drawn.append(item)
    return drawn


@st.composite
def standing_items(draw: st.DrawFn, max_items: int = 4) -> list[Item]:
    """Items whose bytes are one run from the offset up at every step: gaps, steps down and up, windows, alignment."""
    drawn = []
    for i in range(draw(st.integers(0, max_items))):
        at, pieces = draw(st.integers(0, 3)), []
        for _ in range(draw(st.integers(1, 3))):
            end = at + draw(st.integers(1, 2))
            pieces.append((at, end, 0, draw(st.integers(1, 4))))
            at = end + draw(st.integers(0, 1))
        alignment = draw(st.sampled_from([None, None, 2, 3, 4]))
        item = Item(f"b{i}", disjoint(pieces), (), 1, alignment=alignment)
        if draw(st.integers(0, 3)) == 0:
            first = draw(st.integers(0, 3)) * (alignment or 1)
            item = replace(item, window=(first, first + draw(st.sampled_from([0, 3]))))
        drawn.append(item)
    return drawn


@st.composite
def cut_rectangles(draw: st.DrawFn) -> tuple[list[tuple[int, int, int]], int]:
    """A rectangle of steps x bytes cut into buffers, in any order; they pack into its height with no byte wasted."""
    height = draw(st.integers(4, 40))
    parts = [(0, draw(st.integers(4, 20)), height)]
    for _ in range(draw(st.integers(0, 20))):
        start, end, size = parts.pop(draw(st.integers(0, len(parts) - 1)))
        if draw(st.booleans()) and end - start > 1:
            at = draw(st.integers(start + 1, end - 1))
            parts += [(start, at, size), (at, end, size)]
        elif size > 1:
            at = draw(st.integers(1, size - 1))
            parts += [(start, end, at), (start, end, size - at)]
        else:
            parts.append((start, end, size))
    return draw(st.permutations(parts)), height
