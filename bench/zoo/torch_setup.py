"""Imports that need care: torchvision beside a PyTorch that was built without its compiled operators."""

from __future__ import annotations

from typing import Any

__all__ = ["torchvision"]

_DECLARED: list[Any] = []  # libraries; their declarations live as long as they do


def torchvision() -> Any:
    """The module torchvision.

    Its compiled operators do not load beside a PyTorch for another device, and importing it then fails at the two that
    it describes to the tracer. None of our networks calls them, so declaring them is enough.
    """
    import torch

    if not _DECLARED and not hasattr(torch.ops.torchvision, "nms"):
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _DECLARED.append(library)
    import torchvision as module

    return module
