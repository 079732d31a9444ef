"""What a network of the zoo is before it is built: its name, where it comes from, and the function that makes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["HERE", "OWN", "Entry", "keras_entries", "pinned", "torch_entries"]

HERE = Path(__file__).resolve().parent
OWN = "own definition"
PINS = ("requirements-tensorflow.txt", "requirements-torch.txt")
LICENCES = {
    "keras": "Apache-2.0",
    "tensorflow-cpu": "Apache-2.0",
    "timm": "Apache-2.0",
    "torch": "BSD-3-Clause",
    "torchvision": "BSD-3-Clause",
    "segmentation-models-pytorch": "MIT",
}


@dataclass(frozen=True)
class Entry:
    """One network. `make` imports what it needs, so that tables can be read without the network packages."""

    name: str
    family: str
    package: str  # whose code defines it, or builds it if the definition is our own
    shape: tuple[int, ...]  # of its one input, batch included; Keras: channels last; PyTorch: channels first
    make: Callable[[], Any]
    own: bool = False
    scale: float = 1.0  # inputs are uniform in [-scale, scale)

    @property
    def source(self) -> str:
        """The package and its version, and whether the definition is our own."""
        package = f"{self.package} {pinned()[self.package]}"
        return f"{OWN} on {package}" if self.own else package

    @property
    def licence(self) -> str:
        """Our own definitions are under this repository's licence."""
        return "Apache-2.0" if self.own else LICENCES[self.package]


@cache
def pinned() -> dict[str, str]:
    """The versions that the recipe asks for, by package."""
    lines = [line for name in PINS for line in (HERE / name).read_text().splitlines()]
    return dict(found.groups() for line in lines if (found := re.match(r"([\w-]+)==(\S+)", line)))


def keras_entries() -> Iterator[Entry]:
    """The networks that TensorFlow quantizes to int8."""
    import keras_applications
    import keras_audio
    import keras_classification
    import keras_detection
    import keras_irregular
    import keras_segmentation

    modules = (
        keras_applications,
        keras_classification,
        keras_irregular,
        keras_segmentation,
        keras_detection,
        keras_audio,
    )
    for module in modules:
        yield from module.ENTRIES


def torch_entries() -> Iterator[Entry]:
    """The networks that PyTorch exports, with float elements."""
    import torch_packages
    import torch_sequence

    for module in (torch_packages, torch_sequence):
        yield from module.ENTRIES
