"""Boxes under another shape hold the same elements, element by element."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l2opt.passes.ops.boxes import Boxes

Shape = list[int]


@st.composite
def shapes(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """Two of the same size."""
    size = draw(st.sampled_from([1, 2, 6, 8, 12, 24, 36]))
    found = []
    for _ in range(2):
        left, shape = size, []
        while left > 1:
            shape.append(draw(st.sampled_from([k for k in range(1, left + 1) if left % k == 0])))
            left //= shape[-1]
        found.append(shape or [1])
    return found[0], found[1]


def elements(boxes: Boxes, shape: Shape) -> list[int]:
    numbers = np.arange(prod(shape)).reshape(shape)
    return [
        int(each) for each in numbers[tuple(slice(*pair) for pair in zip(boxes.lo[0], boxes.hi[0], strict=True))].flat
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shapes(), st.data())
def test_reshaped(pair: tuple[Shape, Shape], data: st.DataObject) -> None:
    shape, other = pair
    first = [data.draw(st.integers(0, size - 1)) for size in shape]
    boxes = Boxes.of([(lo, data.draw(st.integers(lo, size))) for lo, size in zip(first, shape, strict=True)], 1)
    made = boxes.reshaped(shape, other)
    if made is not None:
        assert elements(made, other) == elements(boxes, shape)


@pytest.mark.parametrize(
    ("shape", "ranges", "other", "wanted"),
    [
        ([4, 5, 6], [(0, 4), (2, 3), (0, 6)], [4, 5, 6, 1], [(0, 4), (2, 3), (0, 6), (0, 1)]),  # a row of each
        ([4, 5, 6], [(0, 4), (2, 3), (0, 6)], [2, 2, 5, 3, 2], [(0, 2), (0, 2), (2, 3), (0, 3), (0, 2)]),
        ([4, 6], [(0, 4), (2, 3)], [24], None),  # a column is no range
    ],
)
def test_what_lies_apart_is_regrouped_dimension_by_dimension(
    shape: Shape, ranges: list[tuple[int, int]], other: Shape, wanted: list[tuple[int, int]] | None
) -> None:
    made = Boxes.of([*ranges], 1).reshaped(shape, other)
    found = None if made is None else [(int(lo), int(hi)) for lo, hi in zip(made.lo[0], made.hi[0], strict=True)]
    assert found == wanted
