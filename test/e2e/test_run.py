"""Packed networks run, and equal the unpacked ones bit for bit: with their real weights, where all fits and where much
spills, with arenas from the caller and from the function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from l2opt.tools.main import main

MODELS = Path(__file__).parent.parent / "models"
ZOO = Path(__file__).parent.parent.parent.parent / "shared" / "zoo" / "mlir"


def check(capsys: pytest.CaptureFixture[str], model: Path, *options: str) -> str:
    """What `l2opt run --check` prints; fails unless it found both equal."""
    code = main(["run", str(model), "--check", *options])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    assert "packed equals unpacked, bit for bit" in captured.out
    return captured.out


@pytest.mark.parametrize(
    ("model", "small"),
    [
        ("mlperf_ic_resnet8", "20KB"),
        ("mlperf_kws_dscnn", "9KB"),
        ("mlperf_ad_autoencoder", "300"),
        ("mlperf_vww_mobilenetv1_025_96", "30KB"),
        ("face_detection_short_range", "512KB"),
        ("mww_okay_nabu", "3KB"),
    ],
)
def test_networks_with_their_weights(capsys: pytest.CaptureFixture[str], model: str, small: str) -> None:
    path = MODELS / f"{model}.mlirbc"
    assert " 0 B of DDR traffic" in check(capsys, path, "--l2=2MB")
    assert " 0 B of DDR traffic" not in check(capsys, path, f"--l2={small}")


@pytest.mark.parametrize(
    "options", [("--l2=0",), ("--weights=l2",), ("--arena=alloc",), ("--fuse=none",), ("--fuse=elementwise",)]
)
@pytest.mark.parametrize("more", [(), ("--merge=none", "--io=ddr"), ("--pack=slots", "--alignment=1")])
def test_every_way_of_packing(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], more: tuple[str, ...]
) -> None:
    check(capsys, MODELS / "mlperf_kws_dscnn.mlirbc", *options, *more)


@pytest.mark.parametrize("arena", ["argument", "alloc"])
def test_state_is_kept_between_runs(capsys: pytest.CaptureFixture[str], arena: str) -> None:
    out = check(capsys, MODELS / "mww_okay_nabu.mlirbc", "--runs=4", f"--arena={arena}")
    assert "0 of them constant" in out


def test_mobilenet_v2_with_random_weights(capsys: pytest.CaptureFixture[str]) -> None:
    out = check(capsys, MODELS / "mobilenet_v2_100_224.mlir", "--l2=1MB", "--fill-weights=1")
    assert "0 of them constant" in out


@pytest.mark.parametrize(
    ("model", "l2"), [("k_unet_128_b32", "700KB"), ("kws_gru154", "8KB"), ("tcn_kws_res8_101x40.linalg", "16KB")]
)
def test_networks_of_the_zoo(capsys: pytest.CaptureFixture[str], model: str, l2: str) -> None:
    path = ZOO / f"{model}.mlir"
    if not path.exists():
        pytest.skip("the shared zoo is not beside this checkout")
    check(capsys, path, f"--l2={l2}", "--fill-weights=1")


def test_packed_and_unpacked_give_the_same_results_from_a_file(tmp_path: Path) -> None:
    model = str(MODELS / "mlperf_ic_resnet8.mlirbc")
    x = np.random.default_rng(7).integers(-128, 128, (1, 32, 32, 3), dtype=np.int8)
    np.save(tmp_path / "x.npy", x)
    results = []
    for name, options in (("plain", []), ("packed", ["--l2=24KB"])):
        output = tmp_path / f"{name}.npz"
        assert main(["run", model, f"--input=0={tmp_path / 'x.npy'}", f"--output={output}", *options]) == 0
        results.append(np.load(output)["result0"])
    assert results[0].shape == (1, 10)
    assert np.array_equal(results[0], results[1])


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((1, 32, 32), np.int8), "input 0: want an array [1, 32, 32, 3] of int8, got [1, 32, 32] of int8"),
        (np.zeros((1, 32, 32, 3), np.float32), "input 0: want an array [1, 32, 32, 3] of int8, got"),
    ],
)
def test_an_input_of_the_wrong_kind_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, array: np.ndarray, message: str
) -> None:
    np.save(tmp_path / "x.npy", array)
    assert main(["run", str(MODELS / "mlperf_ic_resnet8.mlirbc"), f"--input={tmp_path / 'x.npy'}"]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "code", "message"),
    [
        ("--input=missing.npy", 1, "missing.npy: cannot read"),
        ("--input=9=x.npy", 1, "input 9: the network has 1 inputs"),
        ("--input=first=x.npy", 2, "want the number of an argument before '='"),
        ("--runs=0", 2, "option --runs: want at least 1, got 0"),
    ],
)
def test_bad_options_are_refused(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "x.npy", np.zeros((1, 32, 32, 3), np.int8))
    assert main(["run", str(MODELS / "mlperf_ic_resnet8.mlirbc"), option]) == code
    assert message in capsys.readouterr().err


def test_elided_weights_are_refused_unless_filled(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(MODELS / "mobilenet_v2_100_224.mlir")]) == 1
    error = capsys.readouterr().err
    assert "constants have no data" in error
    assert "--fill-weights=SEED" in error


def test_a_packed_program_runs_as_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from l2opt.tools.opt import main as opt

    packed = str(tmp_path / "packed.mlir")
    assert opt([str(MODELS / "mlperf_kws_dscnn.mlirbc"), "--pack-l2=2MB", "-o", packed]) == 0
    assert main(["run", packed]) == 0
    first = capsys.readouterr().out
    assert main(["run", str(MODELS / "mlperf_kws_dscnn.mlirbc")]) == 0
    assert capsys.readouterr().out == first
    assert main(["run", packed, "--check"]) == 1
    assert "is packed already" in capsys.readouterr().err
