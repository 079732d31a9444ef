"""Builds one network of the tables and imports it through torch-mlir: python to_mlir.py NAME OUT.mlir [OUT.pt2]

In linalg; networks that enlarge images in TOSA, which keeps that one operation. The other of the two is taken where
torch-mlir lacks an operation. Weights are random and left out of the text. The exported
program is kept too if a third name is given: planners of PyTorch take it.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from entries import torch_entries
from torch_mlir import fx
from torch_mlir.compiler_utils import TorchMlirCompilerError

LINALG, TOSA = "linalg-on-tensors", "tosa"
ENLARGING = ("segmentation", "landmark")  # families
SMALL = 32  # elements; larger constants are left out
SEED = 20261001


def main() -> int:
    """Writes the network named on the command line."""
    name, out, *kept = sys.argv[1:]
    warnings.filterwarnings("ignore", category=FutureWarning)
    entry = next(each for each in torch_entries() if each.name == name)
    torch.manual_seed(SEED)
    model = _Single(entry.make().eval())
    program = torch.export.export(model, (torch.zeros(entry.shape),), strict=False)
    if kept:
        torch.export.save(program, kept[0])
    Path(out).write_text(imported(program, (TOSA, LINALG) if entry.family in ENLARGING else (LINALG, TOSA)))
    return 0


def imported(program: Any, dialects: tuple[str, ...]) -> str:
    """The program as MLIR text, in the first of `dialects` that takes it."""
    faults = []
    for dialect in dialects:
        try:
            module = fx.export_and_import(program, output_type=dialect, func_name="main")
        except (TorchMlirCompilerError, RuntimeError, NotImplementedError) as fault:
            faults.append(f"{dialect}: {str(fault).strip()[-300:]}")
            continue
        return str(module.operation.get_asm(large_elements_limit=SMALL, large_resource_limit=SMALL))
    raise SystemExit("\n".join(faults))


class _Single(torch.nn.Module):
    """A network whose results are a tuple, whatever kind of collection it returns."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> Any:
        found = self.network(x)
        return tuple(found.values()) if isinstance(found, dict) else found


if __name__ == "__main__":
    sys.exit(main())
