"""Imports go one way: errors, sizes <- plan <- mlir, dialect <- passes <- tools."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"l2opt": "python/l2opt", "l2opt.dialect": "dialect", "l2opt.passes": "passes", "l2opt.tools": "tools"}
RANKS = {
    "l2opt.errors": 0,
    "l2opt.sizes": 0,
    "l2opt._solver": 1,
    "l2opt.plan": 1,
    "l2opt.mlir": 2,
    "l2opt.dialect": 3,
    "l2opt.passes": 4,
    "l2opt.tools": 5,
}
BINDINGS = ("mlir", "torch_mlir")
DOORS = ("l2opt.mlir", "l2opt.tools.converter", "l2opt.tools.convert_onnx", "l2opt.tools.convert_torch")
WITHOUT_MLIR = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("mlir", "torch_mlir"):
            raise ModuleNotFoundError(f"{name} is blocked", name=name)
sys.meta_path.insert(0, Blocked())
"""


def sources() -> Iterator[tuple[str, Path]]:
    """Every module of the package with its file."""
    for package, folder in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            yield ".".join([package, *(part for part in parts if part != "__init__")]), path


def imported(path: Path) -> Iterator[str]:
    """Dotted names that the file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rank(name: str) -> int | None:
    """The layer of a dotted name; None for what is no layer of ours."""
    return next((rank for layer, rank in RANKS.items() if name == layer or name.startswith(f"{layer}.")), None)


MODULES = dict(sources())


def test_every_layer_has_modules() -> None:
    found = {rank(name) for name in MODULES}
    assert found >= set(RANKS.values())


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name: str) -> None:
    own = rank(name)
    if own is None:
        assert name == "l2opt"
        own = 0
    upward = [each for each in imported(MODULES[name]) if (rank(each) or 0) > own]
    assert upward == []


@pytest.mark.parametrize("name", [name for name in MODULES if name not in DOORS])
def test_only_one_module_imports_the_bindings(name: str) -> None:
    assert [each for each in imported(MODULES[name]) if each.partition(".")[0] in BINDINGS] == []


@pytest.mark.parametrize("name", MODULES)
def test_converters_are_processes_of_their_own(name: str) -> None:
    """They bring another MLIR, so nothing else may import them."""
    if name not in DOORS:
        assert not set(imported(MODULES[name])) & {each for door in DOORS[1:] for each in (door, f"{door}.convert")}


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", WITHOUT_MLIR + code], capture_output=True, text=True)


@pytest.mark.parametrize("name", ["l2opt.plan", "l2opt.tools.main", "l2opt.tools.opt"])
def test_imports_without_the_bindings(name: str) -> None:
    done = run(f"import {name}")
    assert (done.returncode, done.stderr) == (0, "")


def test_missing_bindings_are_a_clear_error(tmp_path: Path) -> None:
    model = tmp_path / "m.mlir"
    model.write_text("module {}")
    done = run(f"from l2opt.tools.opt import main; sys.exit(main([{str(model)!r}]))")
    assert done.returncode == 1
    assert done.stderr.startswith("l2opt-opt: error: MLIR's Python bindings: want package 'mlir' (pip install xtc-mlir")
    assert done.stdout == ""
