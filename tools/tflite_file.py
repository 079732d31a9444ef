"""The inputs of a TFLite file: their names and shapes, and fixing those shapes in place.

Reads the file's tables as they lie: a TFLite file is a FlatBuffer, whose offsets are little-endian and relative. Only
the inputs are touched; the converter infers the other shapes from them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from l2opt.errors import L2OptError
from l2opt.tools.shapes import Input, Shape, fixed_shapes

__all__ = ["IDENTIFIER", "with_shapes"]

IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every TFLite file
_SUBGRAPHS, _TENSORS, _INPUTS = 2, 0, 1  # fields of the model and of a subgraph
_SHAPE, _NAME, _SIGNATURE = 0, 3, 7  # fields of a tensor


def with_shapes(name: str, data: bytes, shapes: Mapping[str, Shape]) -> bytes:
    """The file with the shapes of its inputs fixed as `shapes` say. Raises L2OptError.

    Every input must have a static shape then. `name` is the file's, for errors.
    """
    changed = bytearray(data)
    try:
        tensors = list(_inputs(changed))
        inputs = [Input(tensor.name, tensor.shape) for tensor in tensors]
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise L2OptError(f"{name}: no TFLite model: it is cut short, or damaged") from error
    try:
        fixed = fixed_shapes(inputs, shapes)
    except L2OptError as error:
        raise L2OptError(f"{name}: {error}") from error
    for tensor, shape in zip(tensors, fixed, strict=True):
        if shape != tensor.shape:
            for start in tensor.places:
                struct.pack_into(f"<{len(shape)}i", changed, start, *shape)
    return bytes(changed)


@dataclass(frozen=True)
class _Tensor:
    name: str
    shape: Shape  # -1: dynamic
    places: tuple[int, ...]  # where its dimensions are written


def _inputs(data: bytearray) -> Iterator[_Tensor]:
    model = _Table(data, _unsigned(data, 0))
    subgraphs = list(model.tables(_SUBGRAPHS))
    main = subgraphs[0]
    tensors = list(main.tables(_TENSORS))
    start, count = main.vector(_INPUTS)
    for number in struct.unpack_from(f"<{count}i", data, start):
        tensor = tensors[number]
        vectors = [tensor.vector(field) for field in (_SIGNATURE, _SHAPE)]
        written = [(at, length) for at, length in vectors if length]
        shape = struct.unpack_from(f"<{written[0][1]}i", data, written[0][0]) if written else ()
        at, length = tensor.vector(_NAME)
        name = data[at : at + length].decode()
        yield _Tensor(name, shape, tuple(at for at, length in written if length == len(shape)))


@dataclass(frozen=True)
class _Table:
    data: bytearray
    position: int

    def vector(self, field: int) -> tuple[int, int]:
        """Where the elements of a vector start, and how many there are; (0, 0) if the field is absent."""
        place = self._place(field)
        if not place:
            return 0, 0
        start = place + _unsigned(self.data, place)
        return start + 4, _unsigned(self.data, start)

    def tables(self, field: int) -> Iterator[_Table]:
        start, count = self.vector(field)
        for place in range(start, start + 4 * count, 4):
            yield _Table(self.data, place + _unsigned(self.data, place))

    def _place(self, field: int) -> int:
        layout = self.position - struct.unpack_from("<i", self.data, self.position)[0]
        (size,) = struct.unpack_from("<H", self.data, layout)
        entry = 4 + 2 * field
        offset = struct.unpack_from("<H", self.data, layout + entry)[0] if entry + 2 <= size else 0
        return self.position + offset if offset else 0


def _unsigned(data: bytearray, place: int) -> int:
    value: int = struct.unpack_from("<I", data, place)[0]
    return value
