"""What a caller may choose about planning."""

from __future__ import annotations

from dataclasses import dataclass

from l2opt.errors import UsageError
from l2opt.plan.costs import DEFAULT_COSTS, Costs

__all__ = ["CHOICES", "Options"]

CHOICES = {
    "order": ("program", "memory", "traffic"),
    "merge": ("alias", "none"),
    "overlap": ("none", "safe"),
    "pack": ("offsets", "slots"),
    "slots": ("best", "first-come"),
    "spill": ("auto", "never"),
    "objective": ("traffic", "energy", "latency"),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How to plan. Construction raises UsageError for a word that is not one of `CHOICES`."""

    order: str = "memory"  # memory: the order with the lowest peak found; traffic: with the lowest cost; never worse
    merge: str = "alias"  # alias: in place and zero-copy where not worse; none: only the views the problem has
    pack: str = "offsets"  # offsets: small buffers inside large ones; slots: whole buffers reused
    slots: str = "best"  # first-come: in order, first free slot
    spill: str = "auto"  # auto: what does not fit L2 lives in DDR; never: Infeasible instead
    timeout: float | None = None  # seconds; None: no deadline
    objective: str = "traffic"  # what is made least: bytes of DDR traffic, or `costs`
    costs: Costs | None = None  # None: the objective's of DEFAULT_COSTS
    intervals: bool = True  # a buffer may be in L2 for parts of its life; False: whole lives in one memory
    quick: bool = False  # the first plan that is good, to compare problems: a search may find one that is no worse
    overlap: str = "none"  # safe: results may overlap operands that die, which binds the backend's iteration order

    @property
    def cost_model(self) -> Costs:
        """The costs to make least, in a unit that suits."""
        return (DEFAULT_COSTS[self.objective] if self.costs is None else self.costs).scaled()

    def __post_init__(self) -> None:
        for name, words in CHOICES.items():
            if getattr(self, name) not in words:
                raise UsageError(f"option {name}: want one of {', '.join(words)}, got {getattr(self, name)!r}")
        if self.timeout is not None and not self.timeout > 0:
            raise UsageError(f"option timeout: want seconds > 0, got {self.timeout}")
