"""From a model file to its plan, without writing IR."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from l2opt.passes.diagnostics import Collector, Diagnostic
from l2opt.passes.extract import extract
from l2opt.passes.functions import target_function
from l2opt.passes.pack import Pack
from l2opt.passes.pipeline import run
from l2opt.passes.pipelines import PLAN, options_of, pipeline
from l2opt.plan import Plan, Problem, check_plan, make_plan
from l2opt.tools import source
from l2opt.tools.import_options import Asked
from l2opt.tools.importing import read_model

__all__ = ["PASSES", "Planned", "plan_model"]

PASSES = (*PLAN, Pack.name)  # whose options planning takes


@dataclass(frozen=True)
class Planned:
    """A model's problem and its plan, which has passed the independent checker."""

    problem: Problem
    plan: Plan
    options: dict[str, object]  # by name, defaults included
    reported: tuple[Diagnostic, ...]  # warnings and remarks


def plan_model(path: str, values: Mapping[str, str], assume: Mapping[str, str], asked: Asked | None = None) -> Planned:
    """Plans the model at `path`, or on stdin for `-`. `values` are options of PASSES, as text.

    `assume` counts elements of a type as another. Raises L2OptError.
    """
    *stages, pack = pipeline(PASSES, values)
    assert isinstance(pack, Pack)
    start = time.perf_counter()
    read = read_model(path, asked)
    collector = Collector(read.name)
    with source.new_context(allow_unregistered=True) as context:
        module = source.parse(read, context, collector)
        parsed = time.perf_counter()
        run(module, stages, collector)
        with collector.reporting(module.operation.location):
            pack.spaces()
            function = target_function(module, pack.function)
            problem = replace(
                extract(module, function, *pack.memories(), pack.io, pack.weights, assume), model=read.name
            )
            formed = time.perf_counter()
            plan = make_plan(problem, pack.plan_options())
    made = time.perf_counter()
    faults = check_plan(problem, plan)
    assert not faults, f"the plan is unsound: {faults}"
    end = time.perf_counter()
    around = {"parse": parsed - start, "form": formed - parsed, "check": end - made}
    seconds = {**plan.seconds, **around, "total": end - start}
    options = {**_options(values), "assume": dict(assume)}
    return Planned(problem, replace(plan, seconds=seconds), options, tuple(collector.diagnostics))


def _options(values: Mapping[str, str]) -> dict[str, object]:
    options = options_of(PASSES)
    return {name: each.parse(values[name]) if name in values else each.default for name, each in options.items()}
