"""The passes that a pipeline can name: one line each, imported when used."""

from __future__ import annotations

import importlib

from l2opt.passes.base import Pass

__all__ = ["PASSES", "pass_class"]

PASSES = {
    "l2-rewrite-partial": "l2opt.passes.rewrite_partial:RewritePartial",
    "l2-rewrite-stripes": "l2opt.passes.rewrite_stripes:RewriteStripes",
    "l2-form-kernels": "l2opt.passes.form_kernels:FormKernels",
    "l2-bufferize": "l2opt.passes.bufferize:Bufferize",
    "l2-pack": "l2opt.passes.pack:Pack",
    "l2-materialize": "l2opt.passes.materialize:Materialize",
    "l2-lower-kernels": "l2opt.passes.lower_kernels:LowerKernels",
    "l2-check": "l2opt.passes.check_ir:Check",
}


def pass_class(name: str) -> type[Pass]:
    """The class of the pass called `name`, which is in PASSES."""
    module, _, attribute = PASSES[name].partition(":")
    found: type[Pass] = getattr(importlib.import_module(module), attribute)
    assert found.name == name, f"{PASSES[name]} is called {found.name}, not {name}"
    return found
