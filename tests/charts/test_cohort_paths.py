"""Lines of value: past and future of a group join, and what a source's customers are expected to bring is no end of its line."""

from __future__ import annotations

from typing import Any

import pytest

from evergrove.charts import cohort_paths, cohort_retention
from evergrove.text import Formats

FORMATS = Formats("en", "CNY")


def section(**given: Any) -> dict[str, Any]:
    """Two groups in an answer of GET /v1/cohorts."""
    ahead = {"months": 12, "value": [130.0 + month for month in range(12)]}
    rows = [
        {"start": "2025-01-01", "retention": [1.0, 0.5], "value": [100.0, 110.0, 120.0], "forecast": ahead},
        {"start": "2025-03-01", "retention": [1.0], "value": [90.0], "forecast": {"months": 12, "value": []}},
    ]
    usual = {
        "as_of": "2025-04-15",
        "by": "month",
        "period": "month",
        "rows": rows,
        "mean_value": [96.0, 110.0],
    }
    return {**usual, **given}


def test_what_is_expected_goes_on_from_what_was() -> None:
    """The dashed line begins with the last point of the other, and ends twelve months after today."""
    option = cohort_paths(section(), 0, FORMATS)

    past, ahead = option["series"][0], option["series"][1]
    assert ahead["data"][0] == past["data"][-1]
    assert ahead["lineStyle"]["type"] == [5, 4]
    today = 105 / 30.4375 - 1  # 1 January to 15 April; column k stands at the end of month k
    assert ahead["data"][1]["value"][0] == pytest.approx(today + 1, abs=0.001)
    assert ahead["data"][-1]["value"] == [pytest.approx(today + 12, abs=0.001), 141.0]
    assert option["xAxis"]["max"] >= today + 12


def test_a_group_of_which_nothing_is_foretold_has_no_dashed_line() -> None:
    """Lines: two of the first group, one of the second, the mean."""
    assert len(cohort_paths(section(), 1, FORMATS)["series"]) == 4


def test_sources_have_no_dashed_line() -> None:
    """Their customers are of every age."""
    named = [row | {"label": "fair", "source": "fair"} for row in section()["rows"]]

    option = cohort_paths(section(by="source", rows=named, mean_value=[]), 0, FORMATS)

    assert [each["name"] for each in option["series"]] == ["fair", "Other groups"]
    assert option["legend"]["data"] == ["fair", "Other groups"]
    assert option["series"][0]["data"][0]["name"] == "fair: CN¥100 per customer by month 0"


def test_a_heat_map_of_sources_names_them() -> None:
    """Rows by name, not by month; names of any length are cut on the axis alone."""
    row = {"label": "a" * 500, "source": "a" * 500, "retention": [1.0, 0.25]}

    option = cohort_retention(section(by="source", rows=[row]), FORMATS)

    assert option["yAxis"]["data"] == ["a" * 500]
    assert option["yAxis"]["axisLabel"]["overflow"] == "truncate"
    assert option["series"][0]["data"][0]["name"].endswith(": 25% ordered in month 1")
