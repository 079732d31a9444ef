"""One network, planned at every stage: from no reuse to all that the planner can do.

Each stage is a set of planning options; one whose options the planner does not have is left out. A stage is planned
once for an unbounded L2, which gives its least peak; for a capacity below that peak, and not below what every order
needs, it is planned again for that capacity.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from l2opt.errors import DeadlinePassed, Infeasible, L2OptError
from l2opt.plan import Memory, Plan, Problem, check_plan, make_plan
from l2opt.plan.options import CHOICES, Options
from l2opt.tools import source
from l2opt.tools.import_options import Asked
from l2opt.tools.importing import as_mlir
from l2opt.tools.planning import with_problem

__all__ = ["NO_REUSE", "STAGES", "Ask", "Outcome", "Stage", "Task", "measure"]

NO_REUSE = "no reuse"
_NO_OVERLAP = {"overlap": "none"}
_PROGRAM = {"order": "program", "merge": "none", **_NO_OVERLAP}
_ALL: dict[str, dict[str, str]] = {
    "slots in program order": {**_PROGRAM, "pack": "slots", "slots": "first-come"},
    "slots optimized": {**_PROGRAM, "pack": "slots", "slots": "best"},
    "offsets": _PROGRAM,
    "+ order": {"merge": "none", **_NO_OVERLAP},
    "+ merge": _NO_OVERLAP,
    "+ overlap": {"overlap": "safe"},
}


def _known(options: Mapping[str, str]) -> bool:
    names = {each.name for each in fields(Options)}
    return all(name in names and word in CHOICES.get(name, ()) for name, word in options.items())


STAGES = {name: options for name, options in _ALL.items() if _known(options)}  # all but NO_REUSE


@dataclass(frozen=True)
class Ask:
    """What is measured of every network."""

    capacities: tuple[int, ...]  # bytes
    options: tuple[tuple[str, str], ...] = ()  # of planning, as text
    assume: tuple[tuple[str, str], ...] = ()  # element type -> counted as


@dataclass(frozen=True)
class Task:
    """One network to measure. `data` is its file's content, where the file itself cannot be read."""

    name: str
    path: str
    ask: Ask
    data: bytes | None = None


@dataclass(frozen=True)
class Stage:
    """What one stage came to."""

    peak: int  # bytes, in an L2 without bound
    bound: int  # bytes; for its order and merges
    status: str
    fits: tuple[bool, ...]  # by capacity


@dataclass(frozen=True)
class Outcome:
    """What was measured of a network; with an error, nothing was."""

    kernels: int = 0
    stages: Mapping[str, Stage] = field(default_factory=dict)
    error: str = ""
    seconds: float = field(default=0.0, compare=False)  # of processor


def measure(task: Task) -> Outcome:
    """Plans the network at every stage; each plan passes the independent checker. An error of the input is kept."""
    start = time.process_time()
    capacities = task.ask.capacities
    try:
        read = source.read(task.path) if task.data is None else source.from_bytes(task.path, task.data)
        formed, stages = with_problem(
            as_mlir(read, Asked()),
            {"overlap": "safe", **dict(task.ask.options)},  # so that the last stage has what it chooses from
            dict(task.ask.assume),
            lambda problem, options: _stages(problem, options, capacities),
        )
        made = Outcome(len(formed.problem.kernels), stages)
    except L2OptError as error:
        made = Outcome(error=str(error).partition("\n")[0])
    return replace(made, seconds=time.process_time() - start)


def _stages(problem: Problem, given: Options, capacities: tuple[int, ...]) -> dict[str, Stage]:
    """Stages by name. The problem's own L2 is not regarded."""
    unbounded = replace(problem, l2=Memory(problem.l2.name, None, problem.l2.alignment))
    stages: dict[str, Stage] = {}
    for name, words in STAGES.items():
        options = replace(given, **words)  # type: ignore[arg-type]  # words: all are str
        plan = _checked(unbounded, options)
        if not stages:
            size = plan.baseline["no_reuse"]
            stages[NO_REUSE] = Stage(size, size, "optimal", tuple(size <= capacity for capacity in capacities))
        fits = tuple(_fits(problem, plan, options, capacity) for capacity in capacities)
        stages[name] = Stage(plan.l2_peak, plan.l2_lower_bound, plan.status.value, fits)
    return stages


def _fits(problem: Problem, plan: Plan, options: Options, capacity: int) -> bool:
    if plan.l2_peak <= capacity:
        return True
    least = plan.order_lower_bound if options.order == "memory" else plan.l2_lower_bound
    if options.pack == "slots" or least > capacity:
        return False
    bounded = replace(problem, l2=Memory(problem.l2.name, capacity, problem.l2.alignment))
    try:
        return _checked(bounded, options).fits
    except (Infeasible, DeadlinePassed):
        return False


def _checked(problem: Problem, options: Options) -> Plan:
    plan = make_plan(problem, options)
    faults = check_plan(problem, plan)
    assert not faults, f"the plan is unsound: {faults}"
    return plan
