"""Streams and targets as ECharts options: what is drawn is what was counted."""

from __future__ import annotations

import json

from evergrove import charts
from evergrove.charts.palette import STAGE_COLOURS, TIER_COLOURS
from evergrove.text import Formats

EN = Formats("en")
STARTS = [("high", "High value"), ("low", "Low value"), ("newcomer", "Came since")]
ENDS = [("high", "High value"), ("low", "Low value")]
COUNTS = [[1200, 30], [7, 0], [0, 0]]


def test_a_stream_for_each_pair_that_holds_anybody_and_a_place_for_each_that_is_used() -> None:
    """Nothing is lost between the two sides, the same place has two names, and nobody came: no place for them."""
    option = charts.sankey(STARTS, ENDS, COUNTS, EN, "Answer.")
    (series,) = option["series"]
    assert [node["name"] for node in series["data"]] == [
        "before:high",
        "before:low",
        "after:high",
        "after:low",
    ]
    streams = {(link["source"], link["target"]): link["value"] for link in series["links"]}
    assert streams == {
        ("before:high", "after:high"): 1200,
        ("before:high", "after:low"): 30,
        ("before:low", "after:high"): 7,
    }
    assert series["data"][0]["label"]["formatter"] == "High value: 1,230"
    assert series["links"][0]["tooltip"]["formatter"] == "High value → High value: 1,200"
    assert option["aria"]["label"]["description"] == "Answer."
    assert json.loads(json.dumps(option)) == option


def test_a_name_is_never_read_as_html() -> None:
    """A shop names its tiers itself; a tooltip shows what it is given as HTML, a label as text."""
    (series,) = charts.sankey([("x", "<b>VIP</b>")], [("x", "<b>VIP</b>")], [[5]], EN)["series"]
    assert "<" not in series["data"][0]["tooltip"]["formatter"] + series["links"][0]["tooltip"]["formatter"]
    assert series["data"][0]["label"]["formatter"] == "<b>VIP</b>: 5"


def test_places_have_the_colours_of_their_tier_or_stage() -> None:
    """The same everywhere."""
    for colours in (TIER_COLOURS, STAGE_COLOURS):
        places = [(code, code) for code in colours]
        counts = [[1] * len(places)] * len(places)
        nodes = charts.sankey(places, places, counts, EN)["series"][0]["data"]
        assert [node["itemStyle"]["color"] for node in nodes] == list(colours.values()) * 2


def test_a_target_is_drawn_with_its_interval_and_its_goal() -> None:
    """In per cent; one without bounds is a point alone."""
    rows = [
        {
            "what": "A",
            "value": 0.3,
            "low": 0.2,
            "high": 0.4,
            "bound": 0.5,
            "verdict": "missed",
            "says": "a",
            "goal": "g",
        },
        {
            "what": "B",
            "value": 0.1,
            "low": None,
            "high": None,
            "bound": 0.2,
            "verdict": "open",
            "says": "b",
            "goal": "h",
        },
    ]
    option = charts.targets(rows, EN)
    missed, uncertain, goals = option["series"]
    assert [point["value"] for point in missed["data"]] == [[30.0, 1]]
    assert [point["value"] for point in uncertain["data"]] == [[10.0, 0]]
    ((low, high),) = missed["markLine"]["data"]
    assert (low["coord"], high["coord"]) == ([20.0, 1], [40.0, 1])
    assert uncertain["markLine"]["data"] == []
    # Who sees no colours reads the verdict by its shape, and the legend names each shape that is there.
    assert len({each["symbol"] for each in option["series"]}) == len(option["series"])
    assert option["legend"]["data"] == ["Missed", "Not certain", "Goal"]
    assert [point["value"] for point in goals["data"]] == [[20.0, 0], [50.0, 1]]
