"""Importing with the converters themselves, each test skipped where its extra is not installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l2opt.tools import main, opt

ZOO = Path(__file__).resolve().parents[3] / "shared" / "zoo" / "tflite"
MODELS = sorted(ZOO.glob("*.tflite"))
TOLERANCE = 1  # unit of an int8 result: LiteRT and TOSA round some rescales differently
Command = Callable[..., tuple[int, str, str]]


def wants(*packages: str) -> pytest.MarkDecorator:
    missing = [each for each in packages if importlib.util.find_spec(each) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


with_tflite = wants("tosa_converter_for_tflite")
with_litert = wants("tosa_converter_for_tflite", "ai_edge_litert")
with_onnx = wants("onnx", "torch_mlir")
with_torch = wants("torch", "torch_mlir")
with_zoo = pytest.mark.skipif(not MODELS, reason="no ../shared/zoo/tflite")
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs `l2opt` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*argv: str) -> tuple[int, str, str]:
        return main.main(list(argv)), *capfd.readouterr()

    return call


def interpreted(model: Path, inputs: list[Any]) -> list[Any]:
    """The results of LiteRT's reference kernels."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(str(model), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def random_inputs(model: Path) -> list[Any]:
    from ai_edge_litert.interpreter import Interpreter

    rng = np.random.default_rng(0)
    details = Interpreter(str(model)).get_input_details()
    return [
        rng.integers(-128, 128, each["shape"]).astype(np.int8)
        if each["dtype"] is np.int8
        else rng.normal(0, 1, each["shape"]).astype(each["dtype"])
        for each in details
    ]


@with_zoo
@with_litert
@each_model
def test_results_equal_the_interpreters(command: Command, model: Path) -> None:
    inputs = random_inputs(model)
    np.savez("in.npz", **{f"arg{k}": value for k, value in enumerate(inputs)})
    code, _, err = command("run", str(model), "--l2=2MB", "--input", "in.npz", "--output", "out.npz")
    assert code == 0, err
    made = np.load("out.npz")
    wanted = interpreted(model, inputs)
    assert len(made.files) == len(wanted)
    for k, want in enumerate(wanted):
        got = made[f"result{k}"]
        assert (got.shape, got.itemsize) == (want.shape, want.itemsize)
        if want.dtype.kind == "f":
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)
        else:
            assert np.abs(got.view(want.dtype).astype(int) - want.astype(int)).max() <= TOLERANCE


@with_zoo
@with_tflite
@each_model
def test_tflite_files_are_planned_and_checked(command: Command, model: Path) -> None:
    code, out, err = command("plan", str(model), "--l2=2MB")
    assert (code, err) == (0, "")
    assert "fits         yes" in out
    code, out, err = command("run", str(model), "--l2=2MB", "--check")
    assert code == 0, err


@with_zoo
@with_tflite
def test_imported_text_bytecode_and_model_give_one_plan(command: Command) -> None:
    model = ZOO / "mlperf_ic_resnet8.tflite"
    peaks = set()
    for words in (["-o", "m.mlir"], ["-o", "m.mlirbc"], ["-o", "e.mlir", "--elide-weights"]):
        assert command("import", str(model), *words)[0] == 0
    for name in (str(model), "m.mlir", "m.mlirbc", "e.mlir"):
        _, out, _ = command("plan", name)
        peaks.add(next(line for line in out.splitlines() if line.startswith("L2 peak")))
    assert peaks == {"L2 peak      49152 B (48 KiB), 2.3% of L2"}
    assert "__elided__" in Path("e.mlir").read_text()
    assert "__elided__" not in Path("m.mlir").read_text()


@with_zoo
@with_tflite
def test_a_model_can_be_packed_directly(tmp_path: Path) -> None:
    packed = tmp_path / "packed.mlir"
    assert opt.main([str(ZOO / "mlperf_kws_dscnn.tflite"), "--pack-l2=64KB", "-o", str(packed)]) == 0
    assert main.main(["check", str(packed)]) == 0


@with_zoo
@with_tflite
@pytest.mark.parametrize("kept", [1000, 30000])
def test_a_truncated_tflite_file_leaves_nothing(command: Command, kept: int) -> None:
    Path("m.tflite").write_bytes((ZOO / "mlperf_kws_dscnn.tflite").read_bytes()[:kept])
    code, out, err = command("import", "m.tflite", "-o", "m.mlir")
    assert (code, out) == (1, "")
    assert err.startswith("l2opt import: error: m.tflite: ")
    assert "Traceback" not in err
    assert not Path("m.mlir").exists()


def onnx_model(operator: str, shape: list[int | str]) -> bytes:
    """A convolution, then `operator`."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights = numpy_helper.from_array(rng.normal(size=(4, 3, 3, 3)).astype(np.float32), "w")
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1]),
        helper.make_node(operator, ["y"], ["z"]),
    ]
    results = [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)]
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)], results, [weights]
    )
    made: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()
    return made


@with_onnx
def test_an_onnx_model_computes_what_onnx_says(command: Command) -> None:
    import onnx
    from onnx.reference import ReferenceEvaluator

    Path("m.onnx").write_bytes(onnx_model("Relu", ["batch", 3, 8, 8]))
    code, _, err = command("plan", "m.onnx")
    assert code == 1
    assert "input x=?x3x8x8 has no fixed shape: give --shape x=Nx3x8x8" in err
    value = np.random.default_rng(1).normal(size=(2, 3, 8, 8)).astype(np.float32)
    np.save("x.npy", value)
    words = ["--shape", "x=2x3x8x8", "--l2=64KB", "--check"]
    assert command("run", "m.onnx", *words)[0] == 0
    code, _, err = command("run", "m.onnx", *words[:3], "--input", "x.npy", "--output", "out.npz")
    assert code == 0, err
    wanted = ReferenceEvaluator(onnx.load("m.onnx")).run(None, {"x": value})[0]
    np.testing.assert_allclose(np.load("out.npz")["result0"], wanted, rtol=1e-4, atol=1e-5)


@with_onnx
def test_an_onnx_operator_without_a_lowering_is_named(command: Command) -> None:
    Path("m.onnx").write_bytes(onnx_model("LpPool", [1, 3, 8, 8]))
    code, out, err = command("import", "m.onnx", "-o", "m.mlir")
    assert (code, out) == (1, "")
    assert "LpPool" in err
    assert not Path("m.mlir").exists()


@with_onnx
def test_an_onnx_operator_of_unknown_shape_is_named(command: Command) -> None:
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Frobnicate", ["x"], ["y"], domain="acme"),
        helper.make_node("Transpose", ["y"], ["z"], perm=[1, 0]),
    ]
    given, result = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", [2, 3]), ("z", None))
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)]
    model = helper.make_model(helper.make_graph(nodes, "net", [given], [result]), opset_imports=opsets)
    Path("m.onnx").write_bytes(model.SerializeToString())
    code, _, err = command("plan", "m.onnx")
    assert code == 1
    assert "shapes are unknown from acme.Frobnicate on" in err


@with_onnx
@pytest.mark.parametrize("content", [b"hello", b"\xff" * 50, b"\x08\x07"])
def test_what_is_no_onnx_model(command: Command, content: bytes) -> None:
    Path("m.onnx").write_bytes(content)
    code, _, err = command("plan", "m.onnx")
    assert code == 1
    assert err.startswith("l2opt plan: error: m.onnx: cannot convert the ONNX model: it ")


@with_torch
def test_an_exported_program_keeps_its_resize_and_its_results(command: Command) -> None:
    import torch

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)

        def forward(self, x: Any) -> Any:
            return torch.nn.functional.interpolate(torch.relu(self.conv(x)), scale_factor=2, mode="bilinear")

    torch.manual_seed(0)
    net = Net().eval()
    value = torch.rand(2, 3, 8, 8)
    dynamic = {"x": {0: torch.export.Dim("batch")}}
    torch.export.save(torch.export.export(net, (value,), dynamic_shapes=dynamic), "net.pt2")
    code, _, err = command("import", "net.pt2", "--shape=x=2x3x8x8", "-o", "net.mlir")
    assert code == 0, err
    assert Path("net.mlir").read_text().count("tosa.resize") == 1
    np.save("x.npy", value.numpy())
    code, _, err = command("run", "net.mlir", "--l2=16KB", "--input", "x.npy", "--output", "out.npz")
    assert code == 0, err
    wanted = net(value).detach().numpy()
    np.testing.assert_allclose(np.load("out.npz")["result0"], wanted, rtol=1e-4, atol=1e-5)


@with_torch
def test_an_exported_program_is_decomposed_where_a_whole_operator_has_no_lowering(command: Command) -> None:
    import torch

    class Net(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            wide = torch.nn.functional.interpolate(x, scale_factor=2, mode="nearest")
            return torch.nn.functional.interpolate(wide, scale_factor=2, mode="bilinear")

    value = torch.rand(1, 3, 4, 4)
    torch.export.save(torch.export.export(Net(), (value,)), "net.pt2")
    np.save("x.npy", value.numpy())
    code, _, err = command("run", "net.pt2", "--l2=16KB", "--input", "x.npy", "--output", "out.npz")
    assert code == 0, err
    np.testing.assert_allclose(np.load("out.npz")["result0"], Net()(value).numpy(), rtol=1e-4, atol=1e-5)
