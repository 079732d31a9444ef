"""`--ops-table=FILE.py`: a backend's own table extends and restricts what is known of operations."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

SCRIPTS = Path(sysconfig.get_path("scripts"))
README = Path(__file__).parents[2] / "README.md"
TEXT = """
func.func @main(%x: tensor<1x8x8x4xi8>) -> tensor<1x8x8x8xi8> {
  %a = tosa.abs %x : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8>
  %b = "mydialect.gelu"(%a) : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8>
  %c = tosa.concat %x, %b {axis = 3 : i32} : (tensor<1x8x8x4xi8>, tensor<1x8x8x4xi8>) -> tensor<1x8x8x8xi8>
  return %c : tensor<1x8x8x8xi8>
}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model.mlir").write_text(TEXT)
    return tmp_path / "model.mlir"


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPTS / words[0], *words[1:]], capture_output=True, text=True)


def planned(model: Path, *more: str) -> tuple[list[list[str]], set[str]]:
    """The operations of each kernel, and the buffers that share another's bytes."""
    done = run("l2opt", "plan", model, "--json=-", *more)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    kernels = [kernel["ops"] for kernel in plan["kernels"]]
    return kernels, {buffer["id"] for buffer in plan["buffers"] if buffer["alias_of"]}


def table(folder: Path, text: str) -> str:
    (folder / "table.py").write_text(text)
    return f"--ops-table={folder / 'table.py'}"


def test_without_a_table_nothing_is_known_of_a_foreign_operation(model: Path) -> None:
    kernels, _ = planned(model)
    assert kernels == [["tosa.abs"], ["mydialect.gelu"], ["tosa.concat"]]


def test_the_table_of_the_readme_extends_and_restricts(model: Path) -> None:
    [block] = [each for each in re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)]
    kernels, shared = planned(model, table(model.parent, block))
    assert kernels == [["tosa.abs", "mydialect.gelu"], ["tosa.concat"]]  # it can be fused
    assert shared == set()  # the concat copies


def test_a_foreign_operation_may_be_written_in_place_and_into_a_slice(model: Path) -> None:
    text = 'from l2opt.passes import ops\nops.register("mydialect.gelu", ops.Traits(ops.Role.ELEMENTWISE))\n'
    _, apart = planned(model, "--fuse=none")
    _, shared = planned(model, "--fuse=none", table(model.parent, text))
    assert apart < shared


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "table.py: cannot read: No such file"),
        ("x = 1\ny = 1 / 0\n", "table.py:2: error in a table of operations: ZeroDivisionError: division by zero"),
        ("def", "table.py: error in a table of operations: SyntaxError"),
        (
            'from l2opt.passes import ops\nops.restrict("tosa.concat", strided=False)\n',
            "table.py:2: error in a table of operations: restrict 'tosa.concat': want fields of Traits",
        ),
    ],
)
def test_a_table_that_cannot_be_run_is_the_users_error(model: Path, text: str | None, why: str) -> None:
    at = f"--ops-table={model.parent / 'table.py'}" if text is None else table(model.parent, text)
    for words in (("l2opt", "plan", model, at), ("l2opt-opt", model, "--pack-l2=1MB", at)):
        done = run(*words)
        assert done.returncode == 1
        assert why in done.stderr
        assert "Traceback" not in done.stderr
