"""Charts of segments: what stands in the options is what was told, and the words are the reader's."""

from __future__ import annotations

import json
from datetime import date

from evergrove.charts import membership, persona_shares
from evergrove.charts.membership import Day
from evergrove.charts.personas import height_of
from evergrove.text import Formats

DAYS = [Day(date(2026, 7, 1), 0, 0, 390), Day(date(2026, 7, 2), 5, 6, 389)]


def test_who_came_stands_above_the_line_and_who_left_below_it() -> None:
    """The members have an axis of their own, from 0 on: a large segment would flatten its moves."""
    option = membership(DAYS, Formats("en"), "So many")
    line, came, went = option["series"]

    assert line["data"] == [390, 389]
    assert (came["data"], went["data"]) == ([0, 5], [0, -6])
    assert came["stack"] == went["stack"]
    assert came["itemStyle"] != went["itemStyle"]
    assert option["yAxis"][0]["min"] == 0
    assert option["aria"]["label"]["description"] == "So many"
    assert option["xAxis"][1]["data"] == ["1 Jul 2026", "2 Jul 2026"]
    json.dumps(option)  # no functions


def test_a_single_run_is_a_point_and_not_an_invisible_line() -> None:
    """A line of one point is nothing without its symbol."""
    assert membership(DAYS[:1], Formats("en"))["series"][0]["symbol"] == "circle"
    assert membership(DAYS, Formats("en"))["series"][0]["symbol"] == "none"


def test_the_most_telling_attribute_stands_on_top() -> None:
    """ECharts counts categories from below; each bar says its name and share in words."""
    option = persona_shares([("first <b>", 0.95, 0.008), ("second", 0.1, 0.2)], Formats("zh-Hant"), "")
    they, others = option["series"]

    assert option["yAxis"]["data"] == ["second", "first <b>"]
    assert [each["value"] for each in they["data"]] == [10.0, 95.0]
    assert [each["value"] for each in others["data"]] == [20.0, 0.8]
    assert [they["name"], others["name"]] == ["這一組", "其他所有顧客"]
    assert they["data"][1]["name"] == "first <b>：95%"
    assert height_of(2) > height_of(1)
