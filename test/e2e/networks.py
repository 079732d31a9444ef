"""Random small networks as text, in TOSA and tensor operations: branches, joins, views, concats, slices, pads on every
axis, reductions, state, values returned twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

__all__ = ["networks"]


@dataclass
class _Builder:
    """Lines of a function body, and the values that later lines can use."""

    draw: st.DrawFn
    element: str
    lines: list[str] = field(default_factory=list)
    values: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    count: int = 0

    def fresh(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def tensor(self, shape: tuple[int, ...], element: str = "") -> str:
        return f"tensor<{'x'.join(map(str, shape))}x{element or self.element}>"

    def op(self, text: str, operands: list[str], types: list[str], shape: tuple[int, ...]) -> None:
        name = self.fresh()
        joined = ", ".join(operands)
        head, _, attributes = text.partition(" ")
        line = f"{name} = tosa.{head} {joined} {attributes} : ({', '.join(types)}) -> {self.tensor(shape)}"
        self.lines.append(line.replace("  ", " "))
        self.values.append((name, shape))

    def constant(self, values: str, type_: str) -> str:
        name = self.fresh()
        self.lines.append(f'{name} = "tosa.const"() {{values = dense<{values}> : {type_}}} : () -> {type_}')
        return name

    def shape_constant(self, shape: tuple[int, ...]) -> tuple[str, str]:
        name, type_ = self.fresh(), f"!tosa.shape<{len(shape)}>"
        listed = ", ".join(map(str, shape))
        self.lines.append(
            f"{name} = tosa.const_shape {{values = dense<[{listed}]> : tensor<{len(shape)}xindex>}} : () -> {type_}"
        )
        return name, type_

    def pick(self) -> tuple[str, tuple[int, ...]]:
        recent = self.values[-4:]
        return self.draw(st.sampled_from(recent if self.draw(st.booleans()) else self.values))


def _unary(b: _Builder) -> None:
    value, shape = b.pick()
    kinds = ["abs", "clamp"] if b.element == "i8" else ["abs", "tanh", "exp", "clamp"]
    kind = b.draw(st.sampled_from(kinds))
    if kind == "clamp":
        low, high = ("-20 : i8", "90 : i8") if b.element == "i8" else ("-1.0 : f32", "1.5 : f32")
        kind = f"clamp {{min_val = {low}, max_val = {high}}}"
    b.op(kind, [value], [b.tensor(shape)], shape)


def _binary(b: _Builder) -> None:
    value, shape = b.pick()
    same = [name for name, other in b.values if other == shape]
    other = b.draw(st.sampled_from(same))
    b.op(b.draw(st.sampled_from(["maximum", "minimum"])), [value, other], [b.tensor(shape)] * 2, shape)


def _reshape(b: _Builder) -> None:
    value, shape = b.pick()
    n, h, w, c = shape
    new = b.draw(st.sampled_from([(n, w, h, c), (n, h * w, 1, c), (n, 1, h, w * c)]))
    constant, type_ = b.shape_constant(new)
    b.op("reshape", [value, constant], [b.tensor(shape), type_], new)


def _transpose(b: _Builder) -> None:
    value, shape = b.pick()
    order = b.draw(st.sampled_from([(0, 2, 1, 3), (0, 3, 1, 2), (0, 2, 3, 1), (2, 1, 0, 3)]))
    new = (shape[order[0]], shape[order[1]], shape[order[2]], shape[order[3]])
    listed = ", ".join(map(str, order))
    b.op(f"transpose {{perms = array<i32: {listed}>}}", [value], [b.tensor(shape)], new)


def _concat(b: _Builder) -> None:
    """Two to four values, or one, along any axis; a value may come twice."""
    value, shape = b.pick()
    axis = b.draw(st.integers(0, 3))
    rest = shape[:axis] + shape[axis + 1 :]
    same = [(name, other) for name, other in b.values if other[:axis] + other[axis + 1 :] == rest]
    others = [b.draw(st.sampled_from(same)) for _ in range(b.draw(st.integers(0, 3)))]
    taken = [(value, shape), *others]
    total = sum(other[axis] for _, other in taken)
    if total > 24:
        return
    types = [b.tensor(other) for _, other in taken]
    new = (*shape[:axis], total, *shape[axis + 1 :])
    b.op(f"concat {{axis = {axis} : i32}}", [name for name, _ in taken], types, new)


def _slice(b: _Builder) -> None:
    value, shape = b.pick()
    new = tuple(b.draw(st.integers(1, extent)) for extent in shape)
    start = tuple(b.draw(st.integers(0, extent - taken)) for extent, taken in zip(shape, new, strict=True))
    _cut(b, value, shape, start, new)


def _split(b: _Builder) -> None:
    """A value cut into all its parts along an axis."""
    value, shape = b.pick()
    axis = b.draw(st.integers(0, 3))
    at = 0
    while at < shape[axis]:
        taken = b.draw(st.integers(1, shape[axis] - at))
        start, size = [0] * 4, list(shape)
        start[axis], size[axis] = at, taken
        _cut(b, value, shape, tuple(start), tuple(size))
        at += taken


def _cut(b: _Builder, value: str, shape: tuple[int, ...], start: tuple[int, ...], size: tuple[int, ...]) -> None:
    first, first_type = b.shape_constant(start)
    extent, extent_type = b.shape_constant(size)
    b.op("slice", [value, first, extent], [b.tensor(shape), first_type, extent_type], size)


def _pad(b: _Builder) -> None:
    """A border of any width on any side."""
    value, shape = b.pick()
    widths = [b.draw(st.sampled_from([0, 0, 1, 2])) for _ in range(8)]
    new = tuple(extent + widths[2 * k] + widths[2 * k + 1] for k, extent in enumerate(shape))
    if max(new) > 24:
        return
    padding, padding_type = b.shape_constant(tuple(widths))
    constant = b.constant("7" if b.element == "i8" else "0.5", b.tensor((1,)))
    b.op("pad", [value, padding, constant], [b.tensor(shape), padding_type, b.tensor((1,))], new)


def _tensor_slice(b: _Builder) -> None:
    """Every n-th element from a start, in each dimension."""
    value, shape = b.pick()
    steps = tuple(b.draw(st.sampled_from([1, 1, 2])) for _ in shape)
    new = tuple(b.draw(st.integers(1, 1 + (extent - 1) // step)) for extent, step in zip(shape, steps, strict=True))
    last = [extent - (size - 1) * step - 1 for extent, size, step in zip(shape, new, steps, strict=True)]
    start = [b.draw(st.integers(0, most)) for most in last]
    name = b.fresh()
    b.lines.append(
        f"{name} = tensor.extract_slice {value}{start} {list(new)} {list(steps)} : {b.tensor(shape)} to {b.tensor(new)}"
    )
    b.values.append((name, new))


def _inserts(b: _Builder) -> None:
    """Values put one after another into a tensor that holds one constant, along an axis with gaps."""
    value, shape = b.pick()
    axis = b.draw(st.integers(0, 3))
    others = [name for name, other in b.values if other == shape]
    taken = [value, *(b.draw(st.sampled_from(others)) for _ in range(b.draw(st.integers(0, 2))))]
    gap = b.draw(st.integers(0, 1))
    total = len(taken) * (shape[axis] + gap) + gap
    if total > 24:
        return
    new = (*shape[:axis], total, *shape[axis + 1 :])
    low = "5 : i8" if b.element == "i8" else "0.25 : f32"
    empty, constant, held = b.fresh(), b.fresh(), b.fresh()
    b.lines.append(f"{empty} = tensor.empty() : {b.tensor(new)}")
    b.lines.append(f"{constant} = arith.constant {low}")
    b.lines.append(
        f"{held} = linalg.fill ins({constant} : {b.element}) outs({empty} : {b.tensor(new)}) -> {b.tensor(new)}"
    )
    for k, each in enumerate(taken):
        start = [0] * 4
        start[axis] = gap + k * (shape[axis] + gap)
        name = b.fresh()
        b.lines.append(
            f"{name} = tensor.insert_slice {each} into {held}{start} {list(shape)} [1, 1, 1, 1] : "
            f"{b.tensor(shape)} into {b.tensor(new)}"
        )
        held = name
    b.values.append((held, new))


def _pool(b: _Builder) -> None:
    value, (n, h, w, c) = b.pick()
    if b.draw(st.booleans()):
        b.op(f"reduce_max {{axis = {b.draw(st.sampled_from([1, 2]))} : i32}}", [value], [b.tensor((n, h, w, c))], (0,))
        axis = int(b.lines[-1].split("axis = ")[1][0])
        shape = tuple(1 if k == axis else extent for k, extent in enumerate((n, h, w, c)))
        b.lines[-1] = b.lines[-1].rpartition("->")[0] + f"-> {b.tensor(shape)}"
        b.values[-1] = (b.values[-1][0], shape)
        return
    attributes = "{kernel = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}"
    b.op(f"max_pool2d {attributes}", [value], [b.tensor((n, h, w, c))], (n, h, w, c))


def _pad_and_pool(b: _Builder) -> None:
    value, (n, h, w, c) = b.pick()
    low = "-128" if b.element == "i8" else "0.0"
    padding, padding_type = b.shape_constant((0, 0, 1, 1, 1, 1, 0, 0))
    constant = b.constant(low, b.tensor((1,)))
    padded = (n, h + 2, w + 2, c)
    b.op("pad", [value, padding, constant], [b.tensor((n, h, w, c)), padding_type, b.tensor((1,))], padded)
    attributes = "{kernel = array<i64: 3, 3>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}"
    b.op(f"max_pool2d {attributes}", [b.values[-1][0]], [b.tensor(padded)], (n, h, w, c))


def _convolution(b: _Builder) -> None:
    value, (n, h, w, c) = b.pick()
    out = b.draw(st.integers(1, 6))
    accumulator = "i32" if b.element == "i8" else "f32"
    weights = ", ".join(str((7 * k) % 11 - 5) + ("" if b.element == "i8" else ".5") for k in range(out * c))
    flat, kernel = b.tensor((out, 1, 1, c)), ""
    kernel = b.constant(_nested(weights.split(", "), (out, 1, 1, c)), flat)
    bias = b.constant("3" if b.element == "i8" else "0.25", b.tensor((out,), accumulator))
    zero = b.constant("1" if b.element == "i8" else "0.0", b.tensor((1,)))
    name = b.fresh()
    shape = (n, h, w, out)
    types = [b.tensor((n, h, w, c)), flat, b.tensor((out,), accumulator), b.tensor((1,)), b.tensor((1,))]
    b.lines.append(
        f"{name} = tosa.conv2d {value}, {kernel}, {bias}, {zero}, {zero} {{acc_type = {accumulator}, "
        "pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : "
        f"({', '.join(types)}) -> {b.tensor(shape, accumulator)}"
    )
    if b.element == "i8":
        _rescale(b, name, shape)
    else:
        b.values.append((name, shape))


def _rescale(b: _Builder, value: str, shape: tuple[int, ...]) -> None:
    multiplier = b.constant("1073741824", "tensor<1xi32>")
    shift = b.constant("34", "tensor<1xi8>")
    zero = b.constant("0", "tensor<1xi32>")
    point = b.constant("-2", "tensor<1xi8>")
    name = b.fresh()
    b.lines.append(
        f"{name} = tosa.rescale {value}, {multiplier}, {shift}, {zero}, {point} {{input_unsigned = false, "
        "output_unsigned = false, per_channel = false, rounding_mode = SINGLE_ROUND, scale32 = true} : "
        f"({b.tensor(shape, 'i32')}, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> {b.tensor(shape)}"
    )
    b.values.append((name, shape))


def _nested(numbers: list[str], shape: tuple[int, ...]) -> str:
    """`numbers` as MLIR's nested list of `shape`."""
    if not shape:
        return numbers[0]
    step = len(numbers) // shape[0]
    return "[" + ", ".join(_nested(numbers[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])) + "]"


_COMPUTE = (_unary, _binary, _pool, _pad_and_pool, _convolution, _convolution)
_MOVE = (_reshape, _transpose, _concat, _concat, _slice, _split, _pad, _tensor_slice, _inserts)


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A module with a function @main of one or two inputs, up to a dozen operations, and one to three results."""
    b = _Builder(draw, draw(st.sampled_from(["i8", "f32"])))
    shapes = [(1, draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(1, 5))) for _ in range(2)]
    shapes = shapes[: draw(st.integers(1, 2))]
    b.values = [(f"%arg{k}", shape) for k, shape in enumerate(shapes)]
    variable = draw(st.booleans())
    if variable:
        b.lines.append(f"%state = tosa.variable_read @state : {b.tensor(shapes[0])}")
        b.values.append(("%state", shapes[0]))
    for _ in range(draw(st.integers(0, 12))):
        draw(st.sampled_from(_COMPUTE if draw(st.booleans()) else _MOVE))(b)
    if variable:
        written = draw(st.sampled_from([name for name, shape in b.values if shape == shapes[0]]))
        b.lines.append(f"tosa.variable_write @state, {written} : {b.tensor(shapes[0])}")
    results = draw(st.lists(st.sampled_from(b.values), min_size=1, max_size=3))
    return _module(b, shapes, results, variable)


def _module(
    b: _Builder, shapes: list[tuple[int, ...]], results: list[tuple[str, tuple[int, ...]]], variable: bool
) -> str:
    arguments = ", ".join(f"%arg{k}: {b.tensor(shape)}" for k, shape in enumerate(shapes))
    types = ", ".join(b.tensor(shape) for _, shape in results)
    zero = "0" if b.element == "i8" else "0.0"
    declared = f"tosa.variable @state = dense<{zero}> : {b.tensor(shapes[0])}\n" if variable else ""
    body = "\n".join(f"  {line}" for line in b.lines)
    returned = ", ".join(name for name, _ in results)
    return f"{declared}func.func @main({arguments}) -> ({types}) {{\n{body}\n  return {returned} : {types}\n}}\n"
