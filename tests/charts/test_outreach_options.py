"""Charts of outreach: intervals that are drawn whole, bars that add up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove import charts
from evergrove.charts.outreach import FATES
from evergrove.charts.palette import DARK
from evergrove.text import LANGUAGES, Formats

ROWS = [
    {"what": "All", "effect": 3.6, "low": 0.1, "high": 7.2, "true": 3.1, "trusted": True},
    {"what": "Welcome", "effect": -6.2, "low": -11.0, "high": -1.5, "true": None, "trusted": False},
]
ENGLISH = Formats("en", "CNY")


def sent(**counts: int) -> dict[str, Any]:
    """A playbook's messages."""
    return {"what": "Welcome", **dict.fromkeys(FATES, 0), **counts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_options_are_plain_json_with_a_description(language: Any) -> None:
    """They travel to a page under a strict policy, and a screen reader hears the answer."""
    formats = Formats(language, "CNY")
    for option in (
        charts.effects(ROWS, formats, "Answer."),
        charts.messages([sent(left=3, control=1)], formats, "Answer."),
    ):
        assert json.loads(json.dumps(option, allow_nan=False, ensure_ascii=False)) == option
        assert option["aria"]["label"]["description"] == "Answer."
        assert option["series"]


def test_the_first_row_stands_at_the_top_and_a_mistrusted_one_is_grey() -> None:
    """ECharts counts categories from below."""
    option = charts.effects(ROWS, ENGLISH)
    estimates, truths = option["series"]

    assert option["yAxis"]["data"] == ["Welcome", "All"]
    assert [point["value"] for point in estimates["data"]] == [[-6.2, 0], [3.6, 1]]
    assert estimates["data"][0]["itemStyle"]["color"] != estimates["data"][1]["itemStyle"]["color"]
    assert estimates["data"][1]["name"] == "All: CN¥3.60 (CN¥0.10 to CN¥7.20)"
    assert [point["value"] for point in truths["data"]] == [[3.1, 1]]


def test_without_a_known_truth_nothing_speaks_of_it() -> None:
    """A real shop knows none."""
    option = charts.effects([row | {"true": None} for row in ROWS], ENGLISH)

    assert len(option["series"]) == 1
    assert option["legend"]["data"] == ["Measured, with its interval"]


BOUND = st.floats(-1e7, 1e7, allow_nan=False).map(lambda value: round(value, 2))


@given(st.lists(st.tuples(BOUND, BOUND), min_size=1, max_size=5))
def test_the_axis_holds_every_interval_and_nought(intervals: list[tuple[float, float]]) -> None:
    """ECharts does not draw a line whose end lies beyond the axis."""
    rows = [
        {
            "what": "x",
            "effect": sum(ends) / 2,
            "low": min(ends),
            "high": max(ends),
            "true": None,
            "trusted": True,
        }
        for ends in intervals
    ]

    option = charts.effects(rows, ENGLISH)

    if not any(map(any, intervals)):
        return
    low, high = option["xAxis"]["min"], option["xAxis"]["max"]
    lines = option["series"][0]["markLine"]["data"][1:]
    ends = [each["coord"][0] for line in lines for each in line]
    reach = 1e-9 * max(map(abs, ends))
    assert low - reach <= min(0.0, *ends)
    assert high + reach >= max(0.0, *ends)
    assert 2 <= (high - low) / option["xAxis"]["interval"] <= 9


def test_large_amounts_are_scaled_and_the_axis_says_by_how_much() -> None:
    """The unit stands in the name of the axis: a sign before a negative number would stand wrong."""
    rows = [{"what": "x", "effect": 5e5, "low": -1e6, "high": 2e6, "true": None, "trusted": True}]

    english, chinese = (
        charts.effects(rows, Formats(language, "CNY"))["xAxis"] for language in ("en", "zh-Hans")
    )

    assert english["name"] == "Per treated customer, more than control (CN¥M)"
    assert (english["min"], english["max"]) == (-1.0, 2.0)
    assert chinese["name"].endswith("（¥万）")
    assert (chinese["min"], chinese["max"]) == (-100.0, 200.0)
    assert charts.effects(ROWS, Formats("en"))["xAxis"]["name"] == "Per treated customer, more than control"


def test_fates_that_nobody_met_are_not_shown() -> None:
    """A legend of colours that are not there explains nothing."""
    option = charts.messages([sent(left=90, failed=2), sent(left=10)], ENGLISH)

    assert option["legend"]["data"] == ["Sent", "Failed"]
    assert [[bar["value"] for bar in series["data"]] for series in option["series"]] == [[10, 90], [0, 2]]
    labels = [series["data"][1]["label"] for series in option["series"]]
    assert [label["show"] for label in labels] == [True, False]  # 2 of 92 do not fit their bar


def test_colours_of_fates_stay_on_a_dark_page_where_their_text_counts_on_them() -> None:
    """Only the accent is swapped, and for a lighter one on which dark text would still be read."""
    swapped = {fate for fate, (_title, colour) in FATES.items() if colour in DARK}

    assert swapped == {"left"}
