"""Irregular networks as problems: cells, randomly wired stages, dense and nested graphs. One byte an element.

A kernel is a convolution with its activation, a pool, a sum or a concatenation. A sum may be written over any of its
operands; what is concatenated, along channels that lie together, may lie in the result. Each generator is
deterministic in its arguments.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from l2opt.plan import Buffer, InPlace, Kernel, Kind, Memory, Problem, Within

__all__ = ["FAMILIES", "Net", "arguments", "measured"]

R = TypeVar("R")


@dataclass
class Net:
    """A network in the making: values are names of buffers."""

    buffers: list[Buffer] = field(default_factory=list)
    kernels: list[Kernel] = field(default_factory=list)
    in_place: list[InPlace] = field(default_factory=list)
    within: list[Within] = field(default_factory=list)

    def input(self, size: int) -> str:
        self.buffers.append(Buffer(f"b{len(self.buffers)}", size, Kind.INPUT))
        return self.buffers[-1].id

    def op(self, name: str, reads: Sequence[str], size: int) -> str:
        self.buffers.append(Buffer(f"b{len(self.buffers)}", size))
        self.kernels.append(Kernel(f"k{len(self.kernels)}", name, tuple(dict.fromkeys(reads)), (self.buffers[-1].id,)))
        return self.buffers[-1].id

    def add(self, reads: Sequence[str], size: int) -> str:
        if len(set(reads)) == 1:
            return reads[0]
        target = self.op("add", reads, size)
        self.in_place += [InPlace(self.kernels[-1].id, source, target) for source in dict.fromkeys(reads)]
        return target

    def concat(self, reads: Sequence[str], area: int) -> str:
        """Along the channels of `area` points each."""
        size = sum(map(self.size, reads))
        whole = self.op("concat", reads, size)
        offset, row = 0, size // area
        for value in reads:
            run = self.size(value) // area
            extent = (area - 1) * row + run
            self.within.append(Within(self.kernels[-1].id, value, whole, offset, extent, area))
            offset += run
        return whole

    def separable(self, value: str, size: int, inner: int) -> str:
        return self.op("pointwise", [self.op("depthwise", [value], inner)], size)

    def problem(self, model: str) -> Problem:
        return Problem(
            tuple(self.kernels),
            tuple(self.buffers),
            Memory("L2", None),
            in_place=tuple(self.in_place),
            within=tuple(self.within),
            model=model,
        )

    def size(self, value: str) -> int:
        return next(b.size for b in reversed(self.buffers) if b.id == value)


def nasnet(cells: int, width: int, area: int) -> Problem:
    """NASNet-A cells (Zoph et al. 2018); the area falls at each third."""
    net = Net()
    before = last = net.op("stem", [net.input(area * 16 * 3)], area * width)
    for cell in range(cells):
        if cell in (cells // 3, 2 * cells // 3):
            area, width = area // 4, width * 2
        size = area * width
        left, right = net.op("fit", [before], size), net.op("fit", [last], size)
        parts = [
            net.add([_twice(net, right, size), right], size),
            net.add([_twice(net, left, size), _twice(net, right, size)], size),
            net.add([net.op("pool", [right], size), left], size),
            net.add([net.op("pool", [left], size), net.op("pool", [left], size)], size),
            net.add([_twice(net, left, size), _twice(net, left, size)], size),
        ]
        before, last = last, net.concat([left, *parts], area)
    net.op("head", [last], 1000)
    return net.problem(f"nasnet {cells} cells")


def _twice(net: Net, value: str, size: int) -> str:
    return net.separable(net.separable(value, size, net.size(value)), size, size)


def darts(cells: int, width: int, area: int) -> Problem:
    """DARTS_V2 normal cells (Liu et al. 2019): four sums, concatenated; the area falls at each third."""
    net = Net()
    before = last = net.op("stem", [net.input(area * 3)], area * width)
    for cell in range(cells):
        if cell in (cells // 3, 2 * cells // 3):
            area, width = area // 4, width * 2
        size = area * width
        a, b = net.op("fit", [before], size), net.op("fit", [last], size)
        n0 = net.add([_twice(net, a, size), _twice(net, b, size)], size)
        n1 = net.add([_twice(net, a, size), _twice(net, b, size)], size)
        n2 = net.add([_twice(net, b, size), a], size)
        n3 = net.add([a, net.separable(n0, size, size)], size)
        before, last = last, net.concat([n0, n1, n2, n3], area)
    net.op("head", [last], 1000)
    return net.problem(f"darts {cells} cells")


def swiftnet(seed: int, cells: int, nodes: int) -> Problem:
    """Cells of the kind that SwiftNet's search gives: random two-input nodes of unlike widths; loose ends joined."""
    draw = random.Random(f"swiftnet {seed} {cells} {nodes}")
    net = Net()
    area = 28 * 28
    last = net.op("stem", [net.input(4 * area * 3)], area * 24)
    for _ in range(cells):
        values = [last]
        loose: list[str] = []
        for _ in range(nodes):
            reads = draw.sample(values, min(len(values), draw.choice([1, 1, 2, 2, 3])))
            size = area * draw.choice([8, 16, 24, 32, 48])
            if draw.random() < 0.5:
                made = net.separable(net.concat(reads, area), size, area * 32)
            else:
                made = net.add([net.op("conv", [value], size) for value in reads], size)
            loose = [value for value in loose if value not in reads] + [made]
            values.append(made)
        last = net.concat(loose, area)
        area = area // 4
        last = net.op("reduce", [last], area * 64)
    return net.problem(f"swiftnet {seed}: {cells} x {nodes}")


def randwire(seed: int, stages: Sequence[int], area: int = 28 * 28, width: int = 78) -> Problem:
    """Stages wired by Watts and Strogatz's model, k = 4, p = 0.75 (Xie et al. 2019); a node sums, then convolves."""
    net = Net()
    last = net.op("stem", [net.input(area * 4 * 3)], area * width)
    for stage, nodes in enumerate(stages):
        size = area * width
        readers = _watts_strogatz(nodes, random.Random(f"randwire {seed} {stage} {nodes}"))
        made: list[str] = []
        for reads in readers:
            values = [made[i] for i in reads] or [last]
            made.append(net.op("conv", [net.add(values, net.size(values[0]))], size))
        ends = [made[i] for i in range(nodes) if not any(i in reads for reads in readers)]
        last = net.add(ends, size)
        area, width = area // 4, width * 2
    net.op("head", [last], 1000)
    return net.problem(f"randwire {seed}: {'+'.join(map(str, stages))}")


def _watts_strogatz(nodes: int, draw: random.Random) -> list[list[int]]:
    """Node -> nodes before it that it reads. A ring of four neighbours, three quarters of its edges rewired."""
    edges = {frozenset((i, (i + step) % nodes)) for step in (1, 2) for i in range(nodes)}
    for step in (1, 2):
        for i in range(nodes):
            old = frozenset((i, (i + step) % nodes))
            free = [j for j in range(nodes) if j != i and frozenset((i, j)) not in edges]
            if old in edges and free and draw.random() < 0.75:
                edges.remove(old)
                edges.add(frozenset((i, draw.choice(free))))
    return [[j for j in range(i) if frozenset((i, j)) in edges] for i in range(nodes)]


def densenet(layers: Sequence[int], growth: int, area: int) -> Problem:
    """Dense blocks (Huang et al. 2017): a layer reads all before it in its block."""
    net = Net()
    features = [net.op("stem", [net.input(area * 16 * 3)], area * 2 * growth)]
    for count in layers:
        for _ in range(count):
            features.append(net.op("conv3", [net.op("conv1", features, area * 4 * growth)], area * growth))
        total = sum(map(net.size, features)) // 2
        area //= 4
        features = [net.op("pool", [net.op("transition", features, total)], total // 4)]
    net.op("head", features, 1000)
    return net.problem(f"densenet {'+'.join(map(str, layers))}")


def inception(modules: int, width: int, area: int) -> Problem:
    """Inception v3's first module (Szegedy et al. 2016), in a row: four branches, joined."""
    net = Net()
    last = net.op("stem", [net.input(area * 16 * 3)], area * 3 * width)
    for module in range(modules):
        one = net.op("conv1", [last], area * width)
        five = net.op("conv5", [net.op("conv1", [last], area * width * 3 // 4)], area * width)
        double = net.op("conv3", [net.op("conv1", [last], area * width)], area * width * 3 // 2)
        double = net.op("conv3", [double], area * width * 3 // 2)
        pool = net.op("conv1", [net.op("pool", [last], net.size(last))], area * width // 2)
        last = net.concat([one, five, double, pool], area)
        if module % 4 == 3:
            last = net.op("pool", [last], net.size(last) // 4)
            area //= 4
            width *= 2
    net.op("head", [last], 1000)
    return net.problem(f"inception {modules} modules")


def unet_plus(depth: int, width: int, side: int) -> Problem:
    """U-Net++ (Zhou et al. 2018): node (i, j) reads its row before it and the node below, scaled up."""
    net = Net()
    size = [side * side * width * 2**i // 4**i for i in range(depth)]
    grid: list[list[str]] = [[] for _ in range(depth)]
    value = net.input(side * side * 3)
    for i in range(depth):
        value = net.op("down", [value], size[i]) if i else value
        grid[i].append(net.op("conv", [net.op("conv", [value], size[i])], size[i]))
        value = grid[i][0]
    for j in range(1, depth):
        for i in range(depth - j):
            up = net.op("up", [grid[i + 1][j - 1]], size[i])
            grid[i].append(net.op("conv", [net.op("conv", [*grid[i], up], size[i])], size[i]))
    net.op("head", [grid[0][-1]], side * side)
    return net.problem(f"unet++ depth {depth}")


def _nasnets() -> Iterator[Problem]:
    yield from (nasnet(cells, width, 28 * 28) for cells, width in ((3, 44), (6, 44), (12, 44), (18, 168)))


def _randwires() -> Iterator[Problem]:
    for nodes in (30, 40, 60, 80, 100, 150, 200, 300):
        yield from (randwire(seed, [nodes]) for seed in range(2))


FAMILIES: dict[str, Callable[[], Iterator[Problem]]] = {
    "NASNet": _nasnets,
    "DARTS": lambda: (darts(cells, width, 32 * 32) for cells, width in ((3, 16), (8, 16), (14, 48), (20, 36))),
    "SwiftNet": lambda: (swiftnet(seed, 3, nodes) for nodes in (6, 10, 14) for seed in range(4)),
    "RandWire, one graph": _randwires,
    "RandWire, 3 stages": lambda: (randwire(seed, [n, n, n]) for n in (10, 20, 32) for seed in range(3)),
    "DenseNet": lambda: (
        densenet(n, 32, 56 * 56) for n in ((6, 12), (6, 12, 24, 16), (6, 12, 32, 32), (6, 12, 48, 32))
    ),
    "Inception": lambda: (inception(modules, 64, 35 * 35) for modules in (2, 4, 8, 12)),
    "U-Net++": lambda: (unet_plus(depth, 32, 256) for depth in (3, 4, 5, 6)),
}


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser for families, and for a line a network."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("--each", action="store_true", help="a line a network too")
    parser.add_argument("families", nargs="*", help=f"of {', '.join(FAMILIES)} (default: all)")
    return parser


def measured(
    parsed: argparse.Namespace,
    measure: Callable[[Problem], R],
    show: Callable[[str, list[R]], None],
    most: float = math.inf,
) -> list[R]:
    """A row a network of at most `most` kernels, shown by family and all together; each alone if that is asked for."""
    rows: list[R] = []
    for family in parsed.families or FAMILIES:
        of_family = []
        for problem in FAMILIES[family]():
            if len(problem.kernels) > most:
                continue
            of_family.append(measure(problem))
            if parsed.each:
                show(f"  {problem.model}", of_family[-1:])
        if of_family:
            show(family, of_family)
        rows += of_family
    show("all", rows)
    return rows
