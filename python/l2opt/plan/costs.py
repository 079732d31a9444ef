"""What moving bytes costs: the weights of a plan's objective.

A cost is in any one unit (bytes, picojoules, cycles); only sums and comparisons of one objective are made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

__all__ = ["DEFAULT_COSTS", "Costs"]

_LARGEST = 100.0  # of the costs of a model, where they are scaled
_LEAST, _MOST = 0.5, 10_000.0  # where they need not be


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of one objective. Construction raises ValueError for one that is negative or no finite number."""

    l2_read: float = 0.0  # of a byte read from L2
    l2_write: float = 0.0
    ddr_read: float = 1.0
    ddr_write: float = 1.0
    transfer: float = 0.0  # fixed, of each copy between memories and of each operand that a kernel has in DDR

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not 0 <= value < float("inf"):
                raise ValueError(f"cost {each.name!r}: want a number >= 0, got {value}")

    def scaled(self) -> Costs:
        """In a unit in which the largest of them is about that of the defaults, where sums of them are exact enough.

        A power of two apart, so that nothing is rounded; unchanged if it is about that already.
        """
        largest = max(getattr(self, each.name) for each in fields(self))
        if not largest or _LEAST <= largest <= _MOST:
            return self
        factor = 2.0 ** (math.floor(math.log2(_LARGEST)) - math.floor(math.log2(largest)))
        return Costs(*(getattr(self, each.name) * factor for each in fields(self)))


# Traffic counts bytes of DDR. A DDR byte takes about 100 times the energy of an on-chip byte. Latency is in cycles of a
# memory system that moves 64 B a cycle in L2 and 8 B a cycle in DDR, and takes 200 cycles to start a transfer.
DEFAULT_COSTS: Mapping[str, Costs] = MappingProxyType(
    {
        "traffic": Costs(),
        "energy": Costs(l2_read=1.0, l2_write=1.0, ddr_read=100.0, ddr_write=100.0),
        "latency": Costs(l2_read=1 / 64, l2_write=1 / 64, ddr_read=1 / 8, ddr_write=1 / 8, transfer=200.0),
    }
)
