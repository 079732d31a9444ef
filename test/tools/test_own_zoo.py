"""The repository's own zoo: its index says what is there, without weights, and networks of each kind can be planned."""

from __future__ import annotations

import csv
import lzma
import re
from pathlib import Path

import pytest

from l2opt.tools.planning import plan_model

ZOO = Path(__file__).parents[2] / "bench" / "zoo"
ROWS = list(csv.DictReader((ZOO / "index.csv").read_text().splitlines()))
LICENCES = {"Apache-2.0", "BSD-3-Clause", "MIT"}
PLANNED = ("own_vww_microcontroller_96", "own_shufflenet_v2_050_224", "own_lstm_autoencoder_t16", "timm_lcnet_050_224")


def text_of(row: dict[str, str]) -> str:
    return lzma.decompress((ZOO / row["file"]).read_bytes()).decode()


def test_the_index_lists_each_file_once() -> None:
    assert sorted(row["file"] for row in ROWS) == sorted(f"networks/{each.name}" for each in ZOO.glob("networks/*"))
    assert len({row["name"] for row in ROWS}) == len(ROWS)


def test_there_are_enough_networks_and_enough_of_them_quantized() -> None:
    assert len(ROWS) >= 60
    assert sum(row["dtype"] == "int8" for row in ROWS) >= 24


def test_every_kind_of_network_is_there_in_a_few_megabytes() -> None:
    kinds = {"audio", "classification", "detection", "landmark", "restoration", "rnn", "segmentation"}
    assert {row["family"] for row in ROWS} == kinds
    assert sum(path.stat().st_size for path in ZOO.glob("networks/*")) < 4 << 20


def test_every_network_has_an_origin_and_a_permissive_licence() -> None:
    for row in ROWS:
        assert re.search(r"\S+ \d+(\.\d+)*$", row["source"]), row
        assert row["licence"] in LICENCES, row


def test_the_index_tells_the_true_input_and_no_file_holds_weights() -> None:
    for row in ROWS:
        text = text_of(row)
        assert f"@main(%arg0: tensor<{row['input']}>" in text, row["name"]
        assert row["dtype"] == {"i8": "int8", "f32": "f32"}[row["input"].rsplit("x", 1)[1]], row["name"]
        assert '"0x' not in text, row["name"]
        assert "{-#" not in text, row["name"]


@pytest.mark.parametrize("name", PLANNED)
def test_a_network_is_planned_from_its_archive(name: str) -> None:
    (row,) = (row for row in ROWS if row["name"] == name)
    assume = {} if row["dtype"] == "int8" else {"f32": "i8"}
    plan = plan_model(str(ZOO / row["file"]), {"l2": "16MB"}, assume).plan
    assert plan.fits
    assert 0 < plan.l2_lower_bound <= plan.l2_peak < plan.baseline["no_reuse"]
