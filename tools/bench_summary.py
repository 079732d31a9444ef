"""What a table of networks says in few numbers: shares that fit, and how far each step lowers the peak.

Shares are of the networks that could be planned. A reduction is of one network's peak by one step.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from l2opt.tools.bench_measure import NO_REUSE, STAGES, Ask, Outcome
from l2opt.tools.bench_networks import Network

__all__ = ["ARTICLE", "ARTICLE_MERGING", "MIB", "SLOTS", "Reduction", "Share", "Table"]

MIB = 1 << 20
ARTICLE = {
    "the article, before": {2 * MIB: 13, 4 * MIB: 38},
    "the article, after": {2 * MIB: 66, 4 * MIB: 83},
}  # percent
ARTICLE_MERGING = "15% to 35%"
SLOTS = "slots optimized"  # what merging, small buffers inside large ones, is compared with


@dataclass(frozen=True)
class Share:
    """How many of some networks fit."""

    fitting: int
    networks: int

    @property
    def percent(self) -> float:
        return 100 * self.fitting / self.networks if self.networks else 0.0


@dataclass(frozen=True)
class Reduction:
    """How much lower `stage` is than `before`, over networks, in percent."""

    stage: str
    before: str
    quartiles: tuple[float, float, float]
    lower: int  # networks with a lower peak
    higher: int  # and with a higher one
    networks: int


@dataclass(frozen=True)
class Table:
    """Networks with what was measured of each."""

    ask: Ask
    rows: tuple[tuple[Network, Outcome], ...]

    @property
    def planned(self) -> list[tuple[Network, Outcome]]:
        return [(network, outcome) for network, outcome in self.rows if not outcome.error]

    @property
    def failed(self) -> list[tuple[Network, Outcome]]:
        return [(network, outcome) for network, outcome in self.rows if outcome.error]

    @property
    def stages(self) -> list[str]:
        """The stages measured, in their order."""
        found = {name for _, outcome in self.planned for name in outcome.stages}
        return [name for name in (NO_REUSE, *STAGES) if name in found]

    def shares(self, stage: str, family: str | None = None) -> list[Share]:
        """The share that fits, by capacity; of one family, or of all."""
        fits = [outcome.stages[stage].fits for network, outcome in self.planned if family in (None, network.family)]
        return [Share(sum(each[k] for each in fits), len(fits)) for k in range(len(self.ask.capacities))]

    def families(self) -> list[str]:
        """Families by name."""
        return sorted({network.family for network, _ in self.planned})

    def optimal(self, stage: str) -> int:
        """How many peaks are proven least for their order and merges."""
        return sum(outcome.stages[stage].status == "optimal" for _, outcome in self.planned)

    def reductions(self) -> Iterator[Reduction]:
        """What each step brings, and all up to it, over the networks that take memory at all."""
        stages = self.stages
        after = stages[stages.index(SLOTS) :] if SLOTS in stages else []
        for before, stage in [*pairwise(after), *((SLOTS, stage) for stage in after[2:])]:
            pairs = [(outcome.stages[stage].peak, outcome.stages[before].peak) for _, outcome in self.planned]
            percents = [100 * (1 - new / old) for new, old in pairs if old]
            if percents:
                lower, higher = sum(new < old for new, old in pairs), sum(new > old for new, old in pairs)
                yield Reduction(stage, before, _quartiles(percents), lower, higher, len(percents))

    @property
    def seconds(self) -> float:
        """Of processor, together."""
        return sum(outcome.seconds for _, outcome in self.rows)


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high
