"""Irregularly wired networks, our own definitions: random graphs, searched cells, nested skips.

Such wirings are where the order of kernels decides the peak.
"""

from __future__ import annotations

import random
from typing import Any

from entries import Entry
from keras_blocks import classify, conv, depthwise, model, separable

__all__ = ["ENTRIES"]

Shape = tuple[int, ...]


def _edges(seed: int, count: int, near: int, rewired: float) -> list[list[int]]:
    """Each node's predecessors in a Watts-Strogatz ring of `count` nodes, its edges turned from low to high."""
    draw = random.Random(seed)
    into: list[set[int]] = [set() for _ in range(count)]
    for node in range(count):
        for distance in range(1, near // 2 + 1):
            other = (node + distance) % count
            if draw.random() < rewired:
                other = draw.choice([each for each in range(count) if each != node])
            into[max(node, other)].add(min(node, other))
    return [sorted(each) for each in into]


def _random_stage(x: Any, filters: int, seed: int, count: int) -> Any:
    from keras import layers

    edges = _edges(seed, count, 4, 0.75)
    used = {source for sources in edges for source in sources}
    made: list[Any] = []
    for sources in edges:
        inputs = [made[source] for source in sources]
        joined = (layers.Add()(inputs) if len(inputs) > 1 else inputs[0]) if inputs else x
        made.append(separable(joined, filters, strides=1 if inputs else 2))
    return layers.Average()([made[node] for node in range(count) if node not in used] or made[-1:])


def _randomly_wired(shape: Shape, width: int, count: int) -> Any:
    """Xie et al.'s networks: three stages of random graphs."""
    x, made = model(shape)
    x = conv(x, width // 2, 3, 2)
    for stage in range(3):
        x = _random_stage(x, width << stage, stage + 1, count)
    return made(classify(conv(x, 512, 1), 100))


DARTS = (("s", 0, "s", 1), ("s", 0, "s", 1), ("s", 1, "i", 0), ("i", 0, "d", 2))
NARROW = (("m", 0, "m", 1), ("i", 2, "m", 1), ("m", 0, "i", 2), ("i", 2, "m", 1))


def _operation(x: Any, kind: str, filters: int, strides: int) -> Any:
    """s, d: separable, dilated convolution; m: pooling; i: the value itself."""
    from keras import layers

    if kind == "s":
        return separable(x, filters, 3, strides)
    if kind == "d":
        return separable(x, filters, 3, strides, dilation=2 if strides == 1 else 1)
    if kind == "m":
        return layers.MaxPooling2D(3, strides, padding="same")(x)
    return x if strides == 1 else conv(x, filters, 1, 2)


def _cell(before: Any, last: Any, filters: int, narrows: bool) -> Any:
    from keras import layers

    if before.shape[1] != last.shape[1]:
        before = conv(before, filters, 1, 2)
    states = [conv(before, filters, 1), conv(last, filters, 1)]
    for kind, source, other_kind, other in NARROW if narrows else DARTS:
        pair = [
            _operation(states[at], name, filters, 2 if narrows and at < 2 else 1)
            for name, at in ((kind, source), (other_kind, other))
        ]
        states.append(layers.Add()(pair))
    return layers.Concatenate()(states[2:])


def _searched_cells(shape: Shape, filters: int, cells: int, classes: int) -> Any:
    """Liu et al.'s kind of network: cells of two inputs, four sums and a concatenation."""
    x, made = model(shape)
    before = last = conv(x, 3 * filters, 3, 1 if shape[1] < 64 else 2)
    for cell in range(cells):
        narrows = cell in (cells // 3, 2 * cells // 3)
        filters *= 2 if narrows else 1
        before, last = last, _cell(before, last, filters, narrows)
    return made(classify(last, classes))


def _multiple_scales(shape: Shape, width: int, blocks: int) -> Any:
    """Wang et al.'s kind of network: scales side by side that exchange what they hold."""
    from keras import layers

    x, made = model(shape)
    scales = [conv(conv(x, width, 3, 2), width, 3, 2)]
    for block in range(blocks):
        scales.append(conv(scales[-1], width << len(scales), 3, 2)) if block < 2 else None
        scales = [conv(conv(scale, scale.shape[-1]), scale.shape[-1]) for scale in scales]
        scales = [
            layers.Add()([_rescaled(other, at - index, scale.shape[-1]) for index, other in enumerate(scales)])
            for at, scale in enumerate(scales)
        ]
    full = scales[0].shape[1]
    joined = layers.Concatenate()([_rescaled(each, -index, each.shape[-1]) for index, each in enumerate(scales)])
    assert joined.shape[1] == full
    return made(layers.Conv2D(17, 1)(conv(joined, 64, 1)))


def _rescaled(x: Any, halvings: int, filters: int) -> Any:
    from keras import layers

    for _ in range(halvings):
        x = conv(depthwise(x, 3, 2), filters, 1, activation=None)
    if halvings < 0:
        x = layers.UpSampling2D(1 << -halvings)(conv(x, filters, 1, activation=None))
    return x


def _entry(name: str, family: str, shape: Shape, make: Any, *values: Any) -> Entry:
    return Entry(name, family, "keras", shape, lambda: make(shape, *values), own=True)


ENTRIES = (
    _entry("own_randwire_32_112", "classification", (1, 112, 112, 3), _randomly_wired, 32, 12),
    _entry("own_randwire_64_224", "classification", (1, 224, 224, 3), _randomly_wired, 64, 20),
    _entry("own_darts_32", "classification", (1, 32, 32, 3), _searched_cells, 16, 8, 10),
    _entry("own_darts_224", "classification", (1, 224, 224, 3), _searched_cells, 24, 9, 1000),
    _entry("own_hrnet_pose_192", "landmark", (1, 192, 192, 3), _multiple_scales, 16, 4),
)
