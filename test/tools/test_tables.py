"""The README's tables are what bench/tables.py makes of the measured ones, which are what the command measures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from l2opt.tools.bench_measure import NO_REUSE, Ask, Task, measure
from l2opt.tools.bench_networks import find_networks

ROOT = Path(__file__).parents[2]
SMALL = 1700  # bytes of a compressed network that is measured anew
LASTING = (NO_REUSE, "offsets")  # stages whose peaks no better search can lower


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """bench/tables.py, which is a script."""
    found = importlib.util.spec_from_file_location("bench_tables", ROOT / "bench" / "tables.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module  # dataclasses look their module up
    found.loader.exec_module(module)
    return module


def test_the_readme_shows_the_measured_tables(tables: ModuleType) -> None:
    text = (ROOT / "README.md").read_text()
    assert tables.with_part(text, tables.part()) == text, "run python bench/tables.py --readme"


def test_measured_tables_hold(tables: ModuleType) -> None:
    zoo = tables.ZOOS[0]
    measured = {network.name: outcome for network, outcome in tables.table_of(zoo).rows}
    found = find_networks([str(ROOT / zoo.place)])
    networks = [each for each in found if each.bytes < SMALL and each.name in measured]
    assert networks
    for network in networks:
        outcome = measure(Task(network.name, network.path, Ask(tables.CAPACITIES, (), (("f32", "i8"),))))
        assert outcome.error == ""
        for stage in LASTING:
            assert outcome.stages[stage].peak == measured[network.name].stages[stage].peak, f"{network.name} {stage}"
