"""Regions of tensors agree with what numpy does with slices."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l2opt.passes.regions import Region, blocks, dense_strides, reshape_strides, subtract


@st.composite
def regions(draw: st.DrawFn, shape: tuple[int, ...] | None = None) -> tuple[tuple[int, ...], Region]:
    """A shape, and a region inside it."""
    if shape is None:
        shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    steps = tuple(draw(st.sampled_from([1, 1, 1, 2])) for _ in shape)
    sizes = tuple(draw(st.integers(1, 1 + (extent - 1) // step)) for extent, step in zip(shape, steps, strict=True))
    last = [extent - (size - 1) * step - 1 for extent, size, step in zip(shape, sizes, steps, strict=True)]
    return shape, Region(tuple(draw(st.integers(0, most)) for most in last), sizes, steps)


@st.composite
def shapes_of(draw: st.DrawFn, elements: int) -> tuple[int, ...]:
    """A shape with that many elements."""
    shape = []
    while elements > 1:
        shape.append(draw(st.sampled_from([k for k in range(2, elements + 1) if elements % k == 0])))
        elements //= shape[-1]
    for _ in range(draw(st.integers(0, 2))):
        shape.insert(draw(st.integers(0, len(shape))), 1)
    return tuple(shape) or (1,)


def cut(array: np.ndarray, region: Region) -> np.ndarray:
    ends = [start + size * step for start, size, step in zip(region.starts, region.sizes, region.steps, strict=True)]
    return array[tuple(slice(*each) for each in zip(region.starts, ends, region.steps, strict=True))]


@given(st.data())
def test_a_region_takes_another_shape_exactly_where_numpy_needs_no_copy(data: st.DataObject) -> None:
    shape, region = data.draw(regions())
    new = data.draw(shapes_of(prod(region.sizes)))
    view = cut(np.arange(prod(shape)).reshape(shape), region)
    shared = view.view()
    try:
        shared.shape = new
        free = True
    except AttributeError:
        free = False
    strides = reshape_strides(region.sizes, region.strides(dense_strides(shape)), new)
    assert (strides is not None) == free
    assert (region.breaks(shape) <= blocks(new)) == free
    if strides is not None:
        found = [each for each, extent in zip(strides, new, strict=True) if extent > 1]
        assert found == [each // 8 for each, extent in zip(shared.strides, new, strict=True) if extent > 1]


@given(st.data())
def test_breaks_of_a_chain_of_regions_are_never_missed(data: st.DataObject) -> None:
    shape, outer = data.draw(regions())
    _, inner = data.draw(regions(outer.sizes))
    both = inner.of(outer)
    array = np.arange(prod(shape)).reshape(shape)
    assert np.array_equal(cut(array, both), cut(cut(array, outer), inner))
    assert both.breaks(shape) <= inner.breaks(outer.sizes, outer.breaks(shape))


@given(st.data())
def test_start_and_extent_are_those_of_the_elements(data: st.DataObject) -> None:
    shape, region = data.draw(regions())
    elements = cut(np.arange(prod(shape)).reshape(shape), region)
    assert region.start(dense_strides(shape)) == elements.min()
    assert region.extent(dense_strides(shape)) == elements.max() - elements.min() + 1
    assert region.inside(shape)


@given(st.data())
def test_a_box_without_boxes_is_the_rest_once(data: st.DataObject) -> None:
    shape, _ = data.draw(regions())
    holes = [data.draw(regions(shape))[1] for _ in range(data.draw(st.integers(0, 3)))]
    holes = [
        Region.box(hole.starts, [1 if step > 1 else size for size, step in zip(hole.sizes, hole.steps, strict=True)])
        for hole in holes
    ]
    count = np.zeros(shape, int)
    for piece in subtract(Region.all_of(shape), holes):
        cut(count, piece)[...] += 1
    wanted = np.ones(shape, int)
    for hole in holes:
        cut(wanted, hole)[...] = 0
    assert np.array_equal(count, wanted)


@pytest.mark.parametrize(
    ("starts", "sizes", "steps"), [((-1,), (2,), (1,)), ((3,), (2,), (1,)), ((0,), (3,), (2,)), ((0,), (0,), (1,))]
)
def test_what_reaches_out_is_not_inside(starts: tuple, sizes: tuple, steps: tuple) -> None:
    assert not Region(starts, sizes, steps).inside((4,))


@given(st.data())
def test_rows_are_equal_runs_in_equal_rows(data: st.DataObject) -> None:
    shape, region = data.draw(regions())
    rows = region.rows(shape)
    elements = cut(np.arange(prod(shape)).reshape(shape), region).reshape(-1)
    if rows:
        row, run = prod(shape) // rows, elements.size // rows
        wanted = [k * row + elements[0] + each for k in range(rows) for each in range(run)]
        assert elements.tolist() == wanted
