"""Inputs of a network: from `.npy` and `.npz` files, or seeded random."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from l2opt.errors import L2OptError, UsageError
from l2opt.tools.engine import Executable, array_for

__all__ = ["make_inputs", "read_inputs"]

Array = np.ndarray[Any, Any]


def read_inputs(words: Sequence[str]) -> dict[int, Array]:
    """Arrays by argument number, from words `FILE.npy` (in order), `N=FILE.npy`, `argN=FILE.npy` or `FILE.npz`, whose
    members are named so. Raises L2OptError."""
    found: dict[int, Array] = {}
    for word in words:
        name, equals, path = word.rpartition("=")
        loaded = _load(path)
        if isinstance(loaded, dict):
            for key, array in loaded.items():
                found[_number(key, path)] = array
        else:
            found[_number(name, word) if equals else len(found)] = loaded
    return found


def make_inputs(program: Executable, count: int, given: dict[int, Array], seed: int) -> list[Array]:
    """The program's first `count` arguments: those given, the rest random. Raises L2OptError for a wrong kind."""
    for number in given:
        if not 0 <= number < count:
            raise L2OptError(f"input {number}: the network has {count} inputs, numbered from 0")
    rng = np.random.default_rng(seed)
    arrays = []
    for number in range(count):
        shape, dtype = program.signature[number]
        array = array_for(shape, dtype)
        drawn = _random(shape, dtype, rng)  # drawn for given ones too, so that the others do not depend on them
        if number in given:
            _check(number, given[number], shape, dtype)
            array[...] = given[number]
        else:
            array[...] = drawn
        arrays.append(array)
    return arrays


def _random(shape: tuple[int, ...], dtype: np.dtype[Any], rng: np.random.Generator) -> Array:
    if dtype.kind == "f":
        return rng.normal(0.0, 1.0, shape).astype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.itemsize > 2:  # indices, as a rule: small enough for any table
        return rng.integers(0, 2, shape).astype(dtype)
    bounds = np.iinfo(dtype)
    return rng.integers(bounds.min, bounds.max, shape, dtype=dtype, endpoint=True)


def _check(number: int, array: Array, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if array.shape != shape or array.dtype != dtype:
        want, got = f"{list(shape)} of {dtype}", f"{list(array.shape)} of {array.dtype}"
        raise L2OptError(f"input {number}: want an array {want}, got {got}")


def _number(name: str, word: str) -> int:
    digits = name.removeprefix("arg").removeprefix("_")
    if not digits.isdigit():
        raise UsageError(f"input {word!r}: want the number of an argument before '=', such as 0 or arg0, got {name!r}")
    return int(digits)


def _load(path: str) -> Array | dict[str, Array]:
    try:
        loaded = np.load(path, allow_pickle=False)
        return dict(loaded.items()) if isinstance(loaded, np.lib.npyio.NpzFile) else loaded
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise L2OptError(f"{path}: cannot read it as .npy or .npz: {error}") from error
