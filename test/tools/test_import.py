"""Importing without any converter: what is checked before one runs, and what is repaired after."""

from __future__ import annotations

import gzip
import importlib.util
import lzma
import struct
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l2opt.errors import L2OptError, UsageError
from l2opt.tools import importing, main
from l2opt.tools.import_options import Asked
from l2opt.tools.repair import Level, dense_values, repaired
from l2opt.tools.shapes import Input, fixed_shapes, parse_shapes
from l2opt.tools.source import Source
from l2opt.tools.tflite_file import with_shapes

MODEL = Path(__file__).parents[1] / "models" / "mlperf_kws_dscnn.mlirbc"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs `l2opt` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*argv: str) -> tuple[int, str, str]:
        try:
            code = main.main(list(argv))
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capfd.readouterr()

    return call


def table(entries: list[tuple[int, bytes | None]]) -> bytes:
    """A FlatBuffers table, its own layout before it; an entry is a field's number, and what its offset leads to.

    Everything lies in order: layout, table, then each content, so every offset is known.
    """
    count = 1 + max(number for number, _ in entries)
    layout = struct.pack("<HH", 4 + 2 * count, 4 + 4 * len(entries))
    places = {number: 4 + 4 * k for k, (number, _) in enumerate(entries)}
    layout += b"".join(struct.pack("<H", places.get(number, 0)) for number in range(count))
    body, contents = struct.pack("<i", len(layout)), b""
    for k, (_, content) in enumerate(entries):
        body += struct.pack("<I", 4 * (len(entries) - k) + len(contents))
        contents += content or b""
    return layout + body + contents


def vector(values: list[int]) -> bytes:
    return struct.pack(f"<I{len(values)}i", len(values), *values)


def tables(members: list[bytes]) -> bytes:
    """A vector of tables: each entry leads to a table, behind its layout."""
    offsets, contents = [], b""
    for k, member in enumerate(members):
        (size,) = struct.unpack_from("<H", member)
        offsets.append(4 * (len(members) - k) + len(contents) + size)
        contents += member
    return struct.pack(f"<I{len(offsets)}I", len(offsets), *offsets) + contents


def tflite(*inputs: tuple[str, list[int]]) -> bytes:
    """A TFLite file with nothing but inputs."""
    made = [
        table([(0, vector([max(1, size) for size in shape])), (3, text(name)), (7, vector(shape))])
        for name, shape in inputs
    ]
    subgraph = table([(0, tables(made)), (1, vector(list(range(len(made)))))])
    model = table([(2, tables([subgraph]))])
    (size,) = struct.unpack_from("<H", model)
    return struct.pack("<I", 8 + size) + b"TFL3" + model


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode()


def test_dynamic_shapes_of_tflite_inputs_are_fixed_in_place() -> None:
    before = tflite(("a", [-1, 4]), ("serving_default_b:0", [2, -1, 3]))
    after = with_shapes("m.tflite", before, {"a": (5, 4), "b": (2, 7, 3)})
    assert after == tflite(("a", [5, 4]), ("serving_default_b:0", [2, 7, 3]))


def test_static_tflite_is_left_as_it_is() -> None:
    data = tflite(("a", [1, 4]))
    assert with_shapes("m.tflite", data, {}) == data


def test_a_dynamic_input_without_a_shape_is_named() -> None:
    with pytest.raises(L2OptError, match=r"m\.tflite: input serving_default_b:0=\?x3 .* --shape b=Nx3"):
        with_shapes("m.tflite", tflite(("a", [1, 4]), ("serving_default_b:0", [-1, 3])), {})


def test_every_dynamic_input_is_named_at_once() -> None:
    with pytest.raises(L2OptError, match=r"input a=\?x4, input b=2x\? have .* give --shape a=Nx4 --shape b=2xN$"):
        with_shapes("m.tflite", tflite(("a", [-1, 4]), ("b", [2, -1])), {})


@pytest.mark.parametrize("end", [8, 20, 60, 90])
def test_a_cut_tflite_file_is_an_error(end: int) -> None:
    with pytest.raises(L2OptError, match="cut short, or damaged"):
        with_shapes("m.tflite", tflite(("a", [-1, 4]))[:end], {"a": (1, 4)})


@given(st.binary(max_size=200), st.integers(0, 180))
def test_damaged_tflite_files_are_errors_and_never_crash(noise: bytes, at: int) -> None:
    data = bytearray(tflite(("a", [1, 4]), ("b", [2, 3])))
    data[at : at + len(noise)] = noise
    try:
        with_shapes("m.tflite", bytes(data), {})
    except L2OptError:
        pass


@pytest.mark.parametrize("word", ["1x2", "a=", "a=1xx2", "a=0x2", "a=-1x2", "=1x2", "a=1,2"])
def test_shapes_that_are_none(word: str) -> None:
    with pytest.raises(UsageError, match="want NAME=SIZE"):
        parse_shapes([word])


def test_a_shape_may_not_be_given_twice() -> None:
    with pytest.raises(UsageError, match="twice"):
        parse_shapes(["a=1x2", "a=1x3"])


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"c": (1, 2)}, r"no input 'c' for --shape; inputs: a=\?x4"),
        ({"a": (1, 5)}, r"input a=\?x4 cannot be 1x5"),
        ({"a": (1, 4, 1)}, r"input a=\?x4 cannot be 1x4x1"),
    ],
)
def test_shapes_that_contradict_the_model(shapes: dict[str, tuple[int, ...]], message: str) -> None:
    with pytest.raises(L2OptError, match=message):
        fixed_shapes([Input("a", (-1, 4))], shapes)


@pytest.mark.parametrize(("extension", "extra"), [(".tflite", "tflite"), (".onnx", "onnx"), (".pt2", "torch")])
@pytest.mark.parametrize("words", [["plan"], ["run"], ["import", "-o", "out.mlir"]])
def test_a_missing_extra_is_named(
    command: Command, monkeypatch: pytest.MonkeyPatch, extension: str, extra: str, words: list[str]
) -> None:
    content = {".tflite": tflite(("a", [1, 4])), ".onnx": b"\x08\x07", ".pt2": b"PK\3\4"}
    Path(f"m{extension}").write_bytes(content[extension])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, out, err = command(words[0], f"m{extension}", *words[1:])
    assert (code, out) == (1, "")
    assert f"pip install 'l2opt[{extra}]'" in err
    assert sorted(path.name for path in Path().iterdir()) == [f"m{extension}"]


@pytest.mark.parametrize("content", [b"hello", bytes(40), b"PK\5\6"])
@pytest.mark.parametrize("name", ["m.tflite", "m.pt2"])
def test_a_file_that_is_not_what_it_is_called(command: Command, name: str, content: bytes) -> None:
    Path(name).write_bytes(content)
    code, _, err = command("import", name, "-o", "out.mlir")
    assert code == 1
    assert "its content is something else" in err
    assert not Path("out.mlir").exists()


def test_import_wants_a_model_of_another_framework(command: Command) -> None:
    code, _, err = command("import", str(MODEL))
    assert code == 1
    assert "want a model in .tflite, .onnx, .pt2" in err


def test_elided_weights_are_text(command: Command) -> None:
    code, _, err = command("import", "m.tflite", "--elide-weights", "-o", "out.mlirbc")
    assert code == 2
    assert "want a text file" in err


def test_a_shape_for_mlir_is_refused(command: Command) -> None:
    code, _, err = command("plan", str(MODEL), "--shape", "a=1x2")
    assert code == 1
    assert "--shape wants a model in" in err


CRASH = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
FAIL = """
    import sys
    print('WARNING: All log messages before absl::InitializeLog() is called are written to STDERR', file=sys.stderr)
    print('loc("conv7"("%s":0:0)): error: no form for it' % sys.argv[1], file=sys.stderr)
    print('[ERROR] Conversion failed', file=sys.stderr)
    sys.exit(1)
"""


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (CRASH, "its converter died of signal 11"),
        (FAIL, "m.tflite: cannot convert the TFLite model: at 'conv7': no form"),
    ],
)
def test_a_converter_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, message: str) -> None:
    (tmp_path / "fake_converter.py").write_text(textwrap.dedent(program))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    fake = replace(importing.FORMATS[".tflite"], packages={}, program=("fake_converter",))
    monkeypatch.setitem(importing.FORMATS, ".tflite", fake)
    with pytest.raises(L2OptError) as caught:
        importing.as_mlir(Source("m.tflite", tflite(("a", [1, 4]))), Asked())
    assert message in str(caught.value)
    assert "absl" not in str(caught.value)


@pytest.mark.parametrize(("compress", "ending"), [(gzip.compress, ".gz"), (lzma.compress, ".xz")])
def test_compressed_models_are_read(command: Command, compress: Callable[[bytes], bytes], ending: str) -> None:
    Path(f"m.mlirbc{ending}").write_bytes(compress(MODEL.read_bytes()))
    code, out, _ = command("plan", f"m.mlirbc{ending}", "--json=-")
    assert code == 0
    assert '"peak": 16000' in out


def test_a_cut_compressed_model_is_an_error(command: Command) -> None:
    Path("m.mlir.xz").write_bytes(lzma.compress(MODEL.read_bytes())[:500])
    code, _, err = command("plan", "m.mlir.xz")
    assert code == 1
    assert "m.mlir.xz: cannot decompress" in err


@st.composite
def sparse(draw: st.DrawFn) -> tuple[Any, list[int], list[int], list[Level], Any]:
    """An array with its sparse form, by definition: dimensions nested in some order, some of them in blocks."""
    rank = draw(st.integers(1, 3))
    blocks = sorted(draw(st.sets(st.integers(0, rank - 1), max_size=rank)))
    outer = [draw(st.integers(1, 3)) for _ in range(rank)]
    inner = [draw(st.integers(1, 3)) for _ in blocks]
    shape = [size * (inner[blocks.index(d)] if d in blocks else 1) for d, size in enumerate(outer)]
    order = list(draw(st.permutations(range(rank)))) + [rank + k for k in range(len(blocks))]
    rng = np.random.default_rng(draw(st.integers(0, 1 << 16)))
    array = rng.integers(0, 3, shape).astype(np.float32)
    sizes = [*outer, *inner]
    nested = np.zeros([sizes[d] for d in order], np.float32)
    for place in np.ndindex(*nested.shape):
        own = dict(zip(order, place, strict=True))
        at = [
            own[d] * inner[blocks.index(d)] + own[rank + blocks.index(d)] if d in blocks else own[d]
            for d in range(rank)
        ]
        nested[place] = array[tuple(at)]
    kept = [d < rank and draw(st.booleans()) for d in order]  # blocks are dense
    levels: list[Level] = []
    parents: list[tuple[int, ...]] = [()]
    for k, sparse_level in enumerate(kept):
        if sparse_level:
            present = [[i for i in range(nested.shape[k]) if np.any(nested[(*p, i)])] for p in parents]
            segments = [0, *np.cumsum([len(each) for each in present]).tolist()]
            levels.append(Level(True, 0, segments, [i for each in present for i in each]))
            parents = [(*p, i) for p, each in zip(parents, present, strict=True) for i in each]
        else:
            levels.append(Level(False, nested.shape[k]))
            parents = [(*p, i) for p in parents for i in range(nested.shape[k])]
    stored = np.array([nested[p] for p in parents], np.float32)
    return array, order, blocks, levels, stored


@given(sparse())
def test_sparse_values_become_the_dense_array(case: tuple[Any, list[int], list[int], list[Level], Any]) -> None:
    array, order, blocks, levels, stored = case
    assert np.array_equal(dense_values(stored, array.shape, order, blocks, levels), array)


def test_a_sparse_constant_becomes_a_dense_one() -> None:
    # rows {0: 5.0 at 1}, {1: nothing}, {2: 6.0 at 0}: segments 0, 1, 1, 2
    module = """
      func.func @main() -> tensor<3x2xf32> {
        %0 = "tfl.pseudo_sparse_const"() <{compressed_data = dense<[5.0, 6.0]> : tensor<2xf32>, s_param =
          #tfl.sparsity_parameter<traversal_order = [0, 1], block_map = [], dim_metadata =
          <format =  DENSE, dense_size = 3, segments = [], indices = []>,
          <format =  SPARSE_CSR, dense_size = 0, segments = [0, 1, 1, 2], indices = [1, 0]>>,
          value = dense<0.0> : tensor<3x2xf32>}> : () -> tensor<3x2xf32>
        %1 = "tfl.densify"(%0) : (tensor<3x2xf32>) -> tensor<3x2xf32>
        return %1 : tensor<3x2xf32>
      }"""
    made = repaired("m.tflite", module.encode())
    written = importing.source  # the module that parses
    collector = written.Collector("m.tflite")
    with written.new_context(True) as context:
        shown = str(written.parse(Source("m.tflite", made), context, collector))
    assert "dense<[[0.000000e+00, 5.000000e+00], [0.000000e+00, 0.000000e+00], [6.000000e+00, 0.000000e+00]]>" in shown
    assert "tfl." not in shown


@pytest.mark.parametrize("name", ["tfl.topk_v2", "acme.frob"])
def test_an_operation_that_is_planned_but_not_run(command: Command, name: str) -> None:
    Path("m.mlir").write_text(
        "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n"
        f'  %0 = "{name}"(%a) : (tensor<4xf32>) -> tensor<4xf32>\n  return %0 : tensor<4xf32>\n}}\n'
    )
    assert command("plan", "m.mlir")[0] == 0
    code, _, err = command("run", "m.mlir", "--l2=2MB")
    assert code == 1
    assert err.splitlines()[0] == f"m.mlir:2:8: error: '{name}' has no lowering here: it can be planned, not run"


def test_a_custom_operation_is_named_by_its_operator(command: Command) -> None:
    Path("m.mlir").write_text(
        "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n"
        '  %0 = tosa.custom %a {domain_name = "acme", implementation_attrs = "", operator_name = "Frob"}'
        " : (tensor<4xf32>) -> tensor<4xf32>\n  return %0 : tensor<4xf32>\n}\n"
    )
    assert command("plan", "m.mlir")[0] == 0
    code, _, err = command("run", "m.mlir", "--l2=2MB")
    assert code == 1
    assert "error: 'tosa.custom Frob' has no lowering here" in err


def test_bytecode_of_another_version_is_explained(command: Command) -> None:
    Path("m.mlirbc").write_bytes(b"ML\xefR\x7fMLIR99\x00rest")
    code, _, err = command("plan", "m.mlirbc")
    assert code == 1
    assert "m.mlirbc: note: written by MLIR99, read with LLVM 22.1.8: if the file is whole" in err


def test_text_of_another_version_is_explained(command: Command) -> None:
    Path("m.mlir").write_text(
        "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n"
        "  %0 = tosa.clamp %a {max_fp = 6.0 : f32, min_fp = 0.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>\n"
        "  return %0 : tensor<4xf32>\n}\n"
    )
    code, _, err = command("plan", "m.mlir")
    assert code == 1
    assert err.startswith("m.mlir:2:8: error: 'tosa.clamp' op requires attribute 'max_val'")
    assert err.endswith(
        "note: read as the MLIR of LLVM 22.1.8: another version's operations may be written differently\n"
    )
