"""The data model: what is planned (`Problem`) and what was decided (`Plan`).

Conventions, everywhere: sizes and offsets in bytes; a step is a kernel's position in the order; lifetimes are
half-open, live at start <= step < end. A buffer is one tensor value. Buffers that share storage by design (a view, or
in place) are joined by aliases; the buffer at the end of that chain is the root, and only roots are given a place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = [
    "Alias",
    "Buffer",
    "Copy",
    "InPlace",
    "Kernel",
    "Kind",
    "Memory",
    "Overlap",
    "Placement",
    "Plan",
    "Problem",
    "Status",
    "Within",
]


class Kind(str, Enum):
    """What a buffer holds, in the article's terms."""

    INPUT = "input"
    OUTPUT = "output"
    CONSTANT = "constant"
    VARIABLE = "variable"
    TENSOR = "tensor"


class Status(str, Enum):
    """What is known of a plan's L2 peak: proven least for its order and merges, or only achieved."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory that arenas lie in. Its name is `L2` or `DDR`."""

    name: str
    capacity: int | None  # bytes; None: unbounded
    alignment: int = 64  # bytes; every root's offset is a multiple of it

    def __post_init__(self) -> None:
        if self.capacity is not None and self.capacity < 0:
            raise ValueError(f"memory {self.name!r}: want capacity >= 0, got {self.capacity}")
        if self.alignment < 1:
            raise ValueError(f"memory {self.name!r}: want alignment >= 1, got {self.alignment}")


@dataclass(frozen=True, slots=True)
class Alias:
    """The storage of a buffer lies inside that of another, `offset` bytes from its start."""

    buffer: str
    offset: int = 0  # bytes

    def __post_init__(self) -> None:
        if self.offset < 0:
            raise ValueError(f"alias of {self.buffer!r}: want offset >= 0, got {self.offset}")


@dataclass(frozen=True, slots=True)
class Buffer:
    """Bytes that hold one tensor value.

    An input or variable is live from step 0, like a constant that is external and staged, any other from its first
    access; an output, a variable and a `live_out` buffer are live to the last step, any other to its last reader.
    `size` of a strided view is its extent.
    """

    id: str
    size: int  # bytes; 0 for an empty tensor
    kind: Kind = Kind.TENSOR
    value: str = ""  # the value's name in the source, for people
    view_of: Alias | None = None  # fixed: shares storage with another buffer, by construction
    live_out: bool = False  # the caller reads it after the last step
    pinned: str | None = None  # name of the memory that it must be in; None: the planner chooses
    external: bool = False  # the program's or caller's own (a constant, an argument in DDR): in no arena of DDR
    staged: bool = False  # at home in DDR, as external or pinned to it; may have copies in L2 for parts of its life
    whole: bool = False  # one place for all its life

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(f"buffer {self.id!r}: want size >= 0, got {self.size}")


@dataclass(frozen=True, slots=True)
class Kernel:
    """One operator, or a fused group, as the accelerator runs it: one step."""

    id: str
    name: str
    reads: tuple[str, ...]  # buffer ids
    writes: tuple[str, ...]  # buffer ids
    ops: tuple[str, ...] = ()  # names of the operations inside
    scratch: int = 0  # bytes of L2 that it needs for itself while it runs
    after: tuple[str, ...] = ()  # ids of kernels that must run before, beyond what reads and writes imply
    sees: tuple[str, ...] = ()  # external staged buffers that it may also read at home, under a name not known here
    changes: tuple[str, ...] = ()  # those that it may also read and write there; none that it writes itself
    partly: tuple[tuple[str, int], ...] = ()  # buffers of which it reads fewer bytes than all, and how many


@dataclass(frozen=True, slots=True)
class InPlace:
    """A choice: `kernel` may write `target` over `source`, if nothing reads `source` later. Legal by construction."""

    kernel: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Within:
    """A choice: `part` may lie inside `whole`, so that `kernel`, which moves one to the other, need not move it.

    The kernel reads the part and writes the whole (concat, pad), or reads the whole and writes the part (slice, split).
    Parts of one whole that one kernel reads share no byte, even where their extents overlap. Each of the two has one
    writer at most, which writes it whole. Both are what the kernel uses: a root, or a view of all of it. Offset and
    extent hold where the whole is contiguous: where it is strided inside a further whole, the part is strided too.
    Every combination of choices, one a part, can be expressed.
    """

    kernel: str
    part: str
    whole: str
    offset: int  # bytes from the whole's first byte to the part's
    extent: int  # bytes from the part's first to its end inside the whole; more than its size if it is strided there
    rows: int = 0  # a strided part is so many equal runs of bytes, one in each of as many equal rows; 0: it is not

    def __post_init__(self) -> None:
        if self.offset < 0 or self.extent < 0:
            raise ValueError(f"{self.part!r} within {self.whole!r}: want offset and extent >= 0")


@dataclass(frozen=True, slots=True)
class Overlap:
    """A choice: `kernel` may write `target` while it reads `source`, which dies there, if the source starts at least
    `distance` bytes above the target's start: what it writes then only destroys what it has read."""

    kernel: str
    source: str
    target: str
    distance: int  # bytes
    exact: bool = False  # only at that distance, which is 0: no other is a multiple of every alignment

    def __post_init__(self) -> None:
        if self.exact and self.distance:
            raise ValueError(f"{self.target!r} below {self.source!r}: want an exact distance of 0, got {self.distance}")
        if self.distance < 0:
            raise ValueError(f"{self.target!r} below {self.source!r}: want distance >= 0, got {self.distance}")


@dataclass(frozen=True, slots=True)
class Problem:
    """A network to plan. `kernels` are in program order, which is a legal order."""

    kernels: tuple[Kernel, ...]
    buffers: tuple[Buffer, ...]
    l2: Memory
    ddr: Memory = field(default_factory=lambda: Memory("DDR", None))
    in_place: tuple[InPlace, ...] = ()
    within: tuple[Within, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    model: str = ""
    function: str = "main"
    operands_in_l2: bool = False  # kernels find every operand in L2, but for external ones that are not staged


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a buffer is during [start, end).

    A buffer may be in both memories at a step: then kernels use the one in L2, and the other is a clean copy.
    """

    memory: str
    offset: int  # bytes from the start of the memory's arena
    start: int  # step
    end: int  # step, exclusive


@dataclass(frozen=True, slots=True)
class Copy:
    """A transfer of a whole buffer just before the kernel at `step` runs, in the plan's order.

    It reads the source's placement that holds the step before (start < step <= end), or what is external at any step,
    and writes the target's that holds `step`. A placement that ends at `step` gives its bytes to targets of later
    copies only. What goes home to DDR after the last kernel has as step their number. What moves is the buffer
    that holds the value then, which need not be the root of its aliases; views move with what they view.
    """

    buffer: str
    source: str  # memory
    target: str  # memory
    step: int
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions for a problem, and what is proven of them."""

    order: tuple[str, ...]  # kernel ids, as they will run
    lifetimes: dict[str, tuple[int, int]]  # buffer id -> [start, end), every buffer, of its own accesses alone
    aliases: dict[str, Alias]  # buffer id -> what it shares; views and the in-place choices taken
    placements: dict[str, tuple[Placement, ...]]  # buffer id -> sorted by start; aliases too; external buffers: ()
    scratch: dict[str, Placement]  # kernel id -> where its scratch lies
    copies: tuple[Copy, ...]
    l2_peak: int  # bytes
    l2_lower_bound: int  # bytes; for this order, these merges and what was left in L2
    status: Status
    ddr_peak: int  # bytes
    traffic: int  # bytes read from and written to DDR by tensors in one inference (external constants apart)
    traffic_lower_bound: int  # bytes; for this order and these merges, each in-place one taken or not
    fits: bool  # every buffer that may be in L2 is there for its whole life
    baseline: dict[str, int]  # bytes of L2: no_reuse, slots (first-come in program order), program_order_peak
    seconds: dict[str, float]  # stage -> seconds
    l2_window: tuple[str, ...] = ()  # few storages, by their roots, that need the bound by themselves; (): a step does
    notes: tuple[str, ...] = ()  # for people: what stayed in DDR and why
    order_peak_load: int = 0  # bytes; of this order with these merges, as `l2opt.plan.order` counts, were all in L2
    order_lower_bound: int = 0  # bytes; no legal order has a lower peak load with these merges
    order_proven: bool = False  # the peak load is at that bound
