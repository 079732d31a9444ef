"""From a model file to its plan, without writing IR."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from l2opt.passes.diagnostics import Collector, Diagnostic
from l2opt.passes.functions import target_function
from l2opt.passes.pack import Pack
from l2opt.passes.pipeline import run
from l2opt.passes.pipelines import PLAN, options_of, pipeline
from l2opt.plan import Plan, Problem, check_plan, make_plan
from l2opt.plan.options import Options
from l2opt.tools import source
from l2opt.tools.import_options import Asked
from l2opt.tools.importing import read_model
from l2opt.tools.source import Source

__all__ = ["PASSES", "Formed", "Planned", "plan_model", "with_problem"]

T = TypeVar("T")
_LEAST = 0.05  # seconds that a plan has in any case
PASSES = (*PLAN, Pack.name)  # whose options planning takes


@dataclass(frozen=True)
class Planned:
    """A model's problem and its plan, which has passed the independent checker."""

    problem: Problem
    plan: Plan
    options: dict[str, object]  # by name, defaults included
    reported: tuple[Diagnostic, ...]  # warnings and remarks
    plan_options: Options  # the planner's share of the options


def plan_model(
    path: str,
    values: Mapping[str, str],
    assume: Mapping[str, str],
    asked: Asked | None = None,
    started: float | None = None,
) -> Planned:
    """Plans the model at `path`, or on stdin for `-`. `values` are options of PASSES, as text.

    `assume` counts elements of a type as another. A timeout counts from `started` (of `time.perf_counter`), or from
    now; what is left of it once the model is read is for planning. Raises L2OptError.
    """
    start = time.perf_counter() if started is None else started
    read = read_model(path, asked)

    def work(problem: Problem, options: Options) -> Plan:
        return make_plan(problem, _left(options, time.perf_counter() - start))

    formed, plan = with_problem(read, values, assume, work)
    made = time.perf_counter()
    faults = check_plan(formed.problem, plan)
    assert not faults, f"the plan is unsound: {faults}"
    end = time.perf_counter()
    seconds = {**plan.seconds, **formed.seconds, "check": end - made, "total": end - start}
    options = {**_options(values), "assume": dict(assume)}
    return Planned(formed.problem, replace(plan, seconds=seconds), options, formed.reported, formed.options)


@dataclass(frozen=True)
class Formed:
    """The problem that a model states."""

    problem: Problem
    options: Options  # the planner's share
    reported: tuple[Diagnostic, ...]  # warnings and remarks
    seconds: dict[str, float]


def with_problem(
    read: Source, values: Mapping[str, str], assume: Mapping[str, str], work: Callable[[Problem, Options], T]
) -> tuple[Formed, T]:
    """The problem of the module in `read`, and what `work` makes of it: its errors are the function's.

    Raises L2OptError.
    """
    *stages, pack = pipeline(PASSES, values)
    assert isinstance(pack, Pack)
    start = time.perf_counter()
    collector = Collector(read.name)
    with source.new_context(allow_unregistered=True) as context:
        module = source.parse(read, context, collector)
        parsed = time.perf_counter()
        run(module, stages, collector)
        with collector.reporting(module.operation.location):
            pack.spaces()
            function = target_function(module, pack.function)
            problem = replace(pack.problem(module, function, assume), model=read.name)
            seconds = {"parse": parsed - start, "form": time.perf_counter() - parsed}
            formed = Formed(problem, pack.plan_options(), tuple(collector.diagnostics), seconds)
            return formed, work(problem, formed.options)


def _left(options: Options, seconds: float) -> Options:
    """The options when `seconds` of the timeout are gone."""
    return options if options.timeout is None else replace(options, timeout=max(_LEAST, options.timeout - seconds))


def _options(values: Mapping[str, str]) -> dict[str, object]:
    """All options by name: as given, else as the target has them, else their defaults."""
    options = options_of(PASSES)
    found = {name: each.parse(values[name]) if name in values else each.default for name, each in options.items()}
    pack = pipeline(PASSES, values)[-1]
    assert isinstance(pack, Pack)
    machine = pack.machine()
    spaces = {"l2-space": machine.l2_space, "ddr-space": machine.ddr_space}
    return {**found, "l2": machine.l2.capacity, "alignment": machine.l2.alignment, **spaces}
