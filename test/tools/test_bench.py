"""`l2opt bench zoo`: which networks, the stages of each, processes and clusters that lose workers, tables and files."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from l2opt.errors import L2OptError
from l2opt.tools import bench_dask, bench_pool, main, opt
from l2opt.tools.bench_files import as_csv, as_json, read_csv
from l2opt.tools.bench_measure import NO_REUSE, STAGES, Ask, Outcome, Stage, Task, measure
from l2opt.tools.bench_networks import Network, find_networks
from l2opt.tools.bench_report import as_markdown
from l2opt.tools.bench_summary import SLOTS, Table

MODELS = Path(__file__).parents[1] / "models"
SMALL = ("mlperf_ad_autoencoder.mlirbc", "mlperf_ic_resnet8.mlirbc", "mlperf_kws_dscnn.mlirbc")
ASK = Ask((40 << 10, 2 << 20))
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs `l2opt` in a folder with three small networks in `zoo/`."""
    (tmp_path / "zoo").mkdir()
    for name in SMALL:
        shutil.copy(MODELS / name, tmp_path / "zoo")
    monkeypatch.chdir(tmp_path)

    def call(*argv: str) -> tuple[int, str, str]:
        try:
            code = main.main(list(argv))
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capfd.readouterr()

    return call


def tasks() -> list[Task]:
    return [Task(name, str(MODELS / name), ASK) for name in SMALL]


def table(*peaks: dict[str, int]) -> Table:
    """A table of networks with these peaks by stage; the bound is the peak, but for odd ones."""
    rows = []
    for k, each in enumerate(peaks):
        stages = {
            name: Stage(peak, peak - peak % 2, "feasible" if peak % 2 else "optimal", (peak <= 100, peak <= 200))
            for name, peak in each.items()
        }
        rows.append((Network(f"n{k}", "even" if k % 2 == 0 else "odd", "", 0), Outcome(1, stages)))
    return Table(Ask((100, 200)), tuple(rows))


def test_a_directory_without_a_table_is_searched(command: Command) -> None:
    Path("zoo/deep").mkdir()
    shutil.copy(MODELS / SMALL[0], "zoo/deep/other.mlirbc")
    Path("zoo/notes.txt").write_text("no network")
    found = find_networks(["zoo"])
    assert [(each.name, each.family) for each in found] == [
        ("other", "deep"),
        ("mlperf_ad_autoencoder", "-"),
        ("mlperf_ic_resnet8", "-"),
        ("mlperf_kws_dscnn", "-"),
    ]


@pytest.mark.parametrize(("table_name", "folder"), [("zoo.csv", "mlir"), ("index.csv", "")])
def test_a_table_names_networks_and_families(tmp_path: Path, table_name: str, folder: str) -> None:
    (tmp_path / table_name).write_text("name,other,family,file\na,1,rnn,x.mlir\nb,2,audio,y.mlir\n")
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "x.mlir").write_text("module {}")
    first, second = find_networks([str(tmp_path)])
    assert (first.name, first.family, Path(first.path)) == ("a", "rnn", tmp_path / folder / "x.mlir")
    assert (second.name, second.bytes) == ("b", 0)  # its file is not there: an error of that network alone


def test_where_no_network_is(command: Command) -> None:
    Path("empty").mkdir()
    code, _, err = command("bench", "zoo", "empty")
    assert code == 1
    assert err == ("l2opt bench: error: empty: no network there: want files in .mlir, .mlirbc, .tflite, .onnx, .pt2\n")
    assert command("bench", "zoo", "zoo", "--only=resnet50")[0] == 1


def test_a_table_without_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "zoo.csv").write_text("name,family\na,b\n")
    with pytest.raises(L2OptError, match=r"zoo\.csv: want the columns name, family and file"):
        find_networks([str(tmp_path)])


def test_stages_of_a_network() -> None:
    outcome = measure(Task("m", str(MODELS / "mobilenet_v2_100_224.mlir"), Ask((1504 << 10, 1470 << 10, 1 << 20))))
    assert outcome.error == ""
    assert list(outcome.stages) == [NO_REUSE, *STAGES]
    peaks = {name: stage.peak for name, stage in outcome.stages.items()}
    assert peaks["no reuse"] == 7048304
    assert peaks["slots in program order"] == 2107392
    assert peaks["offsets"] == 1505280  # 1470 KiB: two feature maps of the second block
    assert outcome.stages["offsets"].fits == (True, True, False)
    best = [peaks["slots in program order"], peaks[SLOTS], peaks["offsets"], peaks["+ order"], peaks["+ merge"]]
    assert best == sorted(best, reverse=True)
    assert all(stage.bound <= stage.peak for stage in outcome.stages.values())


def test_a_bad_model_does_not_stop_the_rest(command: Command) -> None:
    Path("zoo/bad.mlir").write_text("func.func @main( {")
    Path("zoo/empty.mlir").write_text("")
    code, out, err = command("bench", "zoo", "zoo", "--jobs=2", "--json=t.json")
    assert code == 1
    made = {each["name"]: each for each in json.loads(Path("t.json").read_text())["networks"]}
    assert {name for name, each in made.items() if "error" in each} == {"bad", "empty"}
    assert made["bad"]["error"].startswith("zoo/bad.mlir:1:17: error: ")
    assert made["mlperf_ic_resnet8"]["stages"]["offsets"]["peak"] == 49152
    assert "Not planned" in out
    assert err == ""


@pytest.mark.parametrize("jobs", [1, 3])
def test_outcomes_do_not_depend_on_the_processes(jobs: int) -> None:
    spread = dict(bench_pool.spread(measure, tasks(), jobs))
    assert [spread[k] for k in range(len(SMALL))] == [measure(task) for task in tasks()]


def test_a_process_that_dies_costs_one_network() -> None:
    outcomes = dict(bench_pool.spread(signal.raise_signal, [signal.SIGKILL, signal.SIGABRT], 1))
    assert [outcomes[k].error for k in range(2)] == [
        "the process that planned it died of signal 9",
        "the process that planned it died of signal 6",
    ]
    outcomes = dict(bench_pool.spread(os._exit, [3, 4, 5], 2))
    assert outcomes[2].error == "the process that planned it ended with exit code 5"


@pytest.fixture
def cluster() -> Iterator[object]:
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("not installed: distributed")
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made,
    ):
        yield made


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker_gives_the_same(cluster: object) -> None:
    made = bench_dask.spread(measure, tasks(), cluster.scheduler_address)  # type: ignore[attr-defined]
    outcomes = dict([next(made)])
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)  # type: ignore[attr-defined]
    outcomes.update(made)
    assert [outcomes[k] for k in range(len(SMALL))] == [measure(task) for task in tasks()]


@pytest.mark.filterwarnings("ignore")
def test_a_network_that_kills_every_worker_is_its_own_error(cluster: object) -> None:
    deadly = [*tasks()[:1], Task("deadly", str(MODELS / "README.md"), ASK)]

    def work(task: Task) -> Outcome:
        if task.name == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        return measure(task)

    made = bench_dask.spread(work, deadly, cluster.scheduler_address)  # type: ignore[attr-defined]
    outcomes = dict(made)
    assert outcomes[0] == measure(deadly[0])
    assert outcomes[1].error == "every worker that planned it was lost"


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="not installed: distributed")
def test_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_dask, "TIMEOUT", "1s")
    with pytest.raises(L2OptError, match="no scheduler answers at"):
        dict(bench_dask.spread(measure, tasks(), "tcp://127.0.0.1:1"))


def test_dask_that_is_not_installed_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, _, err = command("bench", "zoo", "zoo", "--dask=tcp://127.0.0.1:1")
    assert code == 1
    assert "pip install 'l2opt[dask]'" in err


def test_shares_and_reductions() -> None:
    made = table({SLOTS: 200, "offsets": 100, "+ order": 100}, {SLOTS: 400, "offsets": 300, "+ order": 203})
    assert [(share.fitting, share.networks) for share in made.shares("offsets")] == [(1, 2), (1, 2)]
    assert [share.percent for share in made.shares("+ order", "odd")] == [0, 0]
    assert made.optimal("+ order") == 1
    found = {(each.stage, each.before): each for each in made.reductions()}
    assert found["offsets", SLOTS].quartiles == (31.25, 37.5, 43.75)  # of 50% and 25%
    assert (found["+ order", "offsets"].lower, found["+ order", "offsets"].higher) == (1, 0)
    assert found["+ order", SLOTS].quartiles[1] == pytest.approx((50 + 100 * 197 / 400) / 2)


def test_csv_is_read_back() -> None:
    made = table({NO_REUSE: 500, SLOTS: 200, "offsets": 100}, {NO_REUSE: 501, SLOTS: 400, "offsets": 301})
    failed = (Network("bad", "odd", "", 0), Outcome(error='x.mlir:1:2: error: "a", b'))
    made = Table(made.ask, (*made.rows, failed))
    assert read_csv(as_csv(made), made.ask) == made
    with pytest.raises(L2OptError, match="no table of networks"):
        read_csv("a,b\n1,2\n", made.ask)


def test_markdown_and_json_say_the_same() -> None:
    made = table({SLOTS: 200, "offsets": 101}, {SLOTS: 400, "offsets": 300})
    text = as_markdown(made)
    assert "| slots optimized | 0% | 50% | 2/2 |" in text
    assert "| even (1) | 0% / 100% | 0% / 100% |" in text
    assert "| n0 | 0.2* | 0.1 (0.1) |" in text
    assert json.loads(as_json(made))["shares"] == {"slots optimized": [0, 50], "offsets": [0, 50]}


@pytest.mark.parametrize("kind", ["csv", "json", "markdown"])
def test_stdout_takes_one_table_in_place_of_the_report(command: Command, kind: str) -> None:
    code, out, _ = command("bench", "zoo", f"zoo/{SMALL[2]}", f"--{kind}=-", "--l2=64KB", "--jobs=1")
    assert code == 0
    if kind == "json":
        assert json.loads(out)["capacities"] == [65536]
    elif kind == "csv":
        assert [row["+ merge: fits 65536"] for row in csv.DictReader(out.splitlines())] == ["1"]
    else:
        assert out.startswith("**Share of 1 networks that fit**")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--jobs=0"], 2, "option --jobs: want at least 1, got 0"),
        (["--l2=2MB,2MB"], 2, "want different capacities"),
        (["--l2=lots"], 2, "lots"),
        (["--plot=x.txt"], 2, "want a name that ends in .svg, .png, .pdf"),
        (["--fuse=all"], 2, "fuse"),
    ],
)
def test_what_is_refused(command: Command, words: list[str], code: int, message: str) -> None:
    made, out, err = command("bench", "zoo", "zoo", *words)
    assert (made, out) == (code, "")
    assert message in err


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="not installed: matplotlib")
def test_the_picture_is_drawn(command: Command) -> None:
    code, _, err = command("bench", "zoo", f"zoo/{SMALL[2]}", "--plot=shares.svg", "--jobs=1")
    assert code == 0, err
    assert "the article, after" in Path("shares.svg").read_text()


def test_a_recurrent_network_is_packed_and_certified(tmp_path: Path) -> None:
    """Gates are slices in place: of a strided type along a single row, and at bytes that no buffer may start at."""
    network = MODELS.parents[1] / "bench" / "zoo" / "networks" / "own_gru2_128_t20.mlir.xz"
    packed = tmp_path / "packed.mlir"
    assert opt.main([str(network), "--pack-l2=64KB", "-o", str(packed)]) == 0
    assert main.main(["check", str(packed)]) == 0
