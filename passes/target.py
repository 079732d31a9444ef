"""Target files: the memories of an accelerator, what moving bytes costs there, and what its kernels need, as TOML.

    operands_in_l2 = false        # true: a kernel needs every operand in L2; "tensors": but for constants

    [l2]                          # likewise [ddr]; sizes in bytes, or as text with a unit
    capacity = "2MB"
    alignment = 64
    space = 1                     # memory-space attribute: an integer, or any attribute as text

    [energy]                      # costs of objective=energy, likewise [latency]; in any one unit
    l2_read = 1.0                 # a byte; likewise l2_write, ddr_read, ddr_write
    transfer = 0.0                # each copy, and each operand that a kernel has in DDR

Everything may be left out: the values above are those of the built-in target, whose DDR has no capacity and the space
0. What is not known, or has another type than it must, is an error with the file's line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from l2opt.errors import L2OptError, UsageError
from l2opt.passes.operands import Operands
from l2opt.plan import Costs, Memory
from l2opt.plan.costs import DEFAULT_COSTS
from l2opt.sizes import MAX_SIZE, parse_size

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Target", "read_target"]

_MEMORIES = ("l2", "ddr")
_MEMORY_KEYS = ("capacity", "alignment", "space")
_OBJECTIVES = ("energy", "latency")
_COST_KEYS = tuple(each.name for each in fields(Costs))


@dataclass(frozen=True, slots=True)
class Target:
    """What is planned for; as it stands, the built-in target."""

    l2: Memory = field(default_factory=lambda: Memory("L2", 2 << 20))
    ddr: Memory = field(default_factory=lambda: Memory("DDR", None))
    l2_space: str = "1"  # attributes, as text
    ddr_space: str = "0"
    costs: Mapping[str, Costs] = field(default_factory=lambda: DEFAULT_COSTS)  # by objective
    operands: Operands = Operands.ANYWHERE  # which a kernel needs in L2


def read_target(path: str) -> Target:
    """The target that the file at `path` describes. Raises L2OptError."""
    try:
        with open(path, "rb") as file:
            text = file.read().decode()
        values = tomllib.loads(text)
    except OSError as error:
        raise L2OptError(f"{path}: cannot read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise L2OptError(f"{path}: want TOML in UTF-8, got byte {error.start} that is none") from error
    except tomllib.TOMLDecodeError as error:
        raise L2OptError(f"{path}: want TOML: {error}") from error
    return _Reader(path, text.splitlines()).target(values)


@dataclass(frozen=True)
class _Reader:
    path: str
    lines: list[str]

    def target(self, values: dict[str, Any]) -> Target:
        self._known(values, "", (*_MEMORIES, *_OBJECTIVES, "operands_in_l2"))
        target = Target()
        if "operands_in_l2" in values:
            target = replace(target, operands=self._operands(values["operands_in_l2"]))
        for name in _MEMORIES:
            table = self._table(values, name, _MEMORY_KEYS)
            memory = self._memory(name, table, target.l2 if name == "l2" else target.ddr)
            target = replace(target, l2=memory) if name == "l2" else replace(target, ddr=memory)
            if "space" in table:
                space = self._space(f"{name}.space", table["space"])
                target = replace(target, l2_space=space) if name == "l2" else replace(target, ddr_space=space)
        costs = {name: self._costs(name, self._table(values, name, _COST_KEYS)) for name in _OBJECTIVES}
        return replace(target, costs={**DEFAULT_COSTS, **costs})

    def _operands(self, value: Any) -> Operands:
        if isinstance(value, bool):
            return Operands.ALL if value else Operands.ANYWHERE
        if value != Operands.TENSORS.value:
            raise self._wrong("operands_in_l2", 'true, false or "tensors"', value)
        return Operands.TENSORS

    def _memory(self, name: str, table: dict[str, Any], default: Memory) -> Memory:
        sizes = {key: self._size(f"{name}.{key}", table[key]) for key in ("capacity", "alignment") if key in table}
        alignment = sizes.get("alignment", default.alignment)
        if alignment < 1 or alignment & (alignment - 1):
            raise self._wrong(f"{name}.alignment", "a power of two", alignment)
        return replace(default, capacity=sizes.get("capacity", default.capacity), alignment=alignment)

    def _costs(self, name: str, table: dict[str, Any]) -> Costs:
        for key, value in table.items():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not 0 <= value < float("inf"):
                raise self._wrong(f"{name}.{key}", "a number >= 0", value)
        return replace(DEFAULT_COSTS[name], **{key: float(value) for key, value in table.items()})

    def _size(self, key: str, value: Any) -> int:
        if isinstance(value, str):
            try:
                return parse_size(value)
            except UsageError as error:
                raise L2OptError(f"{self._where(key)}: {key}: {error}") from error
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SIZE:
            raise self._wrong(key, 'bytes, or a size such as "2MB"', value)
        return value

    def _space(self, key: str, value: Any) -> str:
        if not isinstance(value, (int, str)) or isinstance(value, bool) or value == "":
            raise self._wrong(key, "an integer, or an attribute as text", value)
        return str(value)

    def _table(self, values: dict[str, Any], name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        table = values.get(name, {})
        if not isinstance(table, dict):
            raise self._wrong(name, f"a table [{name}]", table)
        self._known(table, f"{name}.", keys)
        return table

    def _known(self, table: dict[str, Any], prefix: str, keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                name = f"{prefix}{key}"
                raise L2OptError(f"{self._where(name)}: unknown key {name!r}: want one of {', '.join(keys)}")

    def _wrong(self, key: str, wanted: str, got: object) -> L2OptError:
        shown = str(got).lower() if isinstance(got, bool) else repr(got)
        return L2OptError(f"{self._where(key)}: {key}: want {wanted}, got {shown}")

    def _where(self, key: str) -> str:
        """The file with the line of `key`, such as `l2.capacity`, if it is written as a line of its own."""
        table = ""
        for number, line in enumerate(self.lines, 1):
            header = re.match(r"\s*\[\s*([\w.-]+)\s*\]", line)
            written = re.match(r"\s*([\w.-]+)\s*=", line)
            table = header[1] if header else table
            here = table if header else f"{table}.{written[1]}".lstrip(".") if written else None
            if here == key:
                return f"{self.path}:{number}"
        return self.path
