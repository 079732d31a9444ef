"""The l2 dialect: buffers, kernels, views, copies, memories and placements.

`l2.irdl.mlir` is the dialect; `l2.py` holds a Python class for each of its operations.
"""

from __future__ import annotations

from importlib import resources

from l2opt.mlir import ir, irdl, site

__all__ = ["NAMESPACE", "irdl_text", "load"]

NAMESPACE = "l2"


def irdl_text() -> str:
    """The dialect's definition, as `mlir-opt --irdl-file` takes it."""
    return resources.files(__package__).joinpath("l2.irdl.mlir").read_text()


def load(context: ir.Context) -> None:
    """Register the dialect in `context`, once; a second load of IRDL text would abort the process."""
    if context.is_registered_operation("l2.buffer"):
        return
    site.globals.append_dialect_search_prefix(__package__)
    with context:
        irdl.load_dialects(ir.Module.parse(irdl_text()))
