"""CP-SAT as a runner: the same answers as the search, and skipped where it is not installed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from l2opt.errors import UsageError
from l2opt.plan import cp
from l2opt.plan.items import Item
from l2opt.plan.packing import Outcome, solve_packing
from l2opt.plan.portfolio import Effort
from strategies import items
from test_pack import least_by_trying, sound

needs_ortools = pytest.mark.skipif(not cp.installed(), reason="no ortools")


@needs_ortools
@settings(max_examples=40, deadline=None)
@given(items(max_items=3))
def test_the_least_peak_equals_brute_force(packed: list[Item]) -> None:
    packing = solve_packing(packed, None, Effort(solver="cp"))
    if packing.offsets is None:
        assert packing.outcome is Outcome.INFEASIBLE
        assert least_by_trying(packed, 60) == 60
        return
    assert packing.peak is not None
    assert sound(packed, list(packing.offsets))
    assert packing.outcome is Outcome.OPTIMAL
    assert packing.lower_bound == packing.peak == least_by_trying(packed, packing.peak)


@needs_ortools
@settings(max_examples=20, deadline=None)
@given(items(max_items=3, windows=False))
def test_a_capacity_too_small_is_proven(packed: list[Item]) -> None:
    least = least_by_trying(packed, 60)
    packing = solve_packing(packed, max(0, least - 1), Effort(solver="cp"))
    assert (packing.outcome is Outcome.INFEASIBLE) == (least > 0)


def test_it_is_asked_for_by_name_and_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cp, "installed", lambda: False)
    with pytest.raises(UsageError, match=r"pip install 'l2opt\[cp\]'"):
        cp.CpRunner(cp.Question((), 0, 99, 0))
    with pytest.raises(UsageError, match="want one of auto, search, cp"):
        Effort(solver="best")
