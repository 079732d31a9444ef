"""The pipeline behind `--pack-l2`, and the options that it takes: those of its passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from l2opt.errors import UsageError
from l2opt.passes.base import Option
from l2opt.passes.pipeline import Stage
from l2opt.passes.registry import pass_class

__all__ = ["PACK", "PLAN", "options_of", "pipeline"]

PLAN = ("l2-rewrite-partial", "l2-rewrite-stripes", "l2-form-kernels", "l2-bufferize")
PACK = (*PLAN, "l2-pack", "l2-materialize", "l2-lower-kernels", "l2-check")


def options_of(passes: Sequence[str]) -> dict[str, Option]:
    """Every option that one of `passes` takes, by name; passes that share a name share the value."""
    options: dict[str, Option] = {}
    for name in passes:
        for option in pass_class(name).options().values():
            options.setdefault(option.name, option)
    return options


def pipeline(passes: Sequence[str], values: Mapping[str, str]) -> list[Stage]:
    """`passes`, each with those of `values` that it takes. Raises UsageError for a value that none takes."""
    known = options_of(passes)
    for name in values:
        if name not in known:
            raise UsageError(f"option --{name}: want one of {', '.join(known)}")
    stages: list[Stage] = []
    for name in passes:
        taken = pass_class(name).options().keys() & values.keys()
        stages.append(pass_class(name).make({key: values[key] for key in sorted(taken)}))
    return stages
