"""Plots of what came: CDNOW's weeks and deciles, against the published figures."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import date
from math import nan
from typing import TYPE_CHECKING

import pytest

import evergrove as eg
from evergrove import plots
from evergrove.plots.back_test import NotJudged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.scoring.rolling import RollingBackTest
    from evergrove.scoring.rolling.types import Record

CDNOW = eg.ParetoNbd(r=0.55328, alpha=10.57768, s=0.60624, beta=11.66873)
CALIBRATION, HOLDOUT = date(1997, 9, 30), date(1998, 6, 30)


@pytest.fixture(scope="module")
def looked_back(shared: Callable[[str], Path]) -> RollingBackTest:
    """Two windows of CDNOW, judged for two models."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", eg.EvergroveWarning)
        return eg.backtest(
            shared("clv/cdnow_sample.csv"),
            origins=2,
            models=("pareto-nbd", "nbd"),
            season=False,
            customer="customer_id",
            amount="spend",
        )


def test_the_weeks_of_cdnow_are_tracked(shared: Callable[[str], Path]) -> None:
    """2,457 repeat purchases came in the calibration period and 1,882 in the 39 weeks after it (models.md 1)."""
    plot = _tracked(shared)
    actual, expected = plot.option["series"]
    days = plot.option["xAxis"]["data"]

    assert sum(actual["data"]) == 2457 + 1882
    assert len(days) == 78
    assert sum(expected["data"][:39]) == pytest.approx(2457, rel=0.05)
    area = expected["markArea"]["data"][0]
    assert area[0]["xAxis"] == "7 Oct 1997"
    assert "30 Sep 1997" in plot.title


def _tracked(shared: Callable[[str], Path]) -> plots.Plot:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", eg.EvergroveWarning)
        return plots.tracking(
            CDNOW,
            shared("clv/cdnow_sample.csv"),
            fitted_until=CALIBRATION,
            observation_end=HOLDOUT,
            customer="customer_id",
            amount="spend",
        )


def test_deciles_add_up_to_the_totals(looked_back: RollingBackTest) -> None:
    """Ten equal groups: the mean of their means is the mean of all customers, forecast and actual."""
    option = plots.calibration(looked_back, "pareto-nbd").option
    actual, forecast = (series["data"] for series in option["series"])
    pooled = next(one.pooled for one in looked_back.records if one.name == "pareto-nbd")

    assert pooled
    assert pooled.spend
    assert pooled.actual_spend
    # A group of 471 or 472: what it weighs differs by 1 / 471 at most.
    assert sum(forecast) / 10 == pytest.approx(pooled.spend / pooled.customers, rel=1 / 300)
    assert sum(actual) / 10 == pytest.approx(pooled.actual_spend / pooled.customers, rel=1 / 300)
    assert forecast == sorted(forecast)


def test_coverage_shows_who_drew_intervals(looked_back: RollingBackTest) -> None:
    """Naive rules draw none and have no bar."""
    option = plots.coverage(looked_back).option

    assert option["yAxis"]["data"] == ["pareto-nbd", "nbd"]


def test_where_nobody_was_likely_to_buy_no_share_is_shown(looked_back: RollingBackTest) -> None:
    """NaN is no share: the sentence says why there is none, and other contenders keep their bars."""

    def with_share(name: str, share: float) -> Record:
        record = next(one for one in looked_back.records if one.name == name)
        assert record.pooled is not None
        return replace(record, pooled=replace(record.pooled, coverage_likely=share))

    none = plots.coverage(replace(looked_back, records=(with_share("nbd", nan),)))
    some = plots.coverage(
        replace(looked_back, records=(with_share("pareto-nbd", nan), with_share("nbd", 0.7)))
    )

    assert none.title == "Nobody was likely enough to buy to judge the intervals by."
    assert none.option["yAxis"]["data"] == []
    assert some.title.startswith("70% of the likely buyers spent within the interval of nbd")
    assert some.option["yAxis"]["data"] == ["nbd"]


def test_an_unknown_contender_is_named_with_those_there_are(looked_back: RollingBackTest) -> None:
    """A slip of the pen costs no search."""
    with pytest.raises(NotJudged, match="pareto-ndb") as caught:
        plots.calibration(looked_back, "pareto-ndb")

    assert "pareto-nbd" in str(caught.value)
