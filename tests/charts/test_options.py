"""Charts are plain data: no functions, no numbers that JSON cannot hold, words in the reader's language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evergrove import charts
from evergrove.text import LANGUAGES, Formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONCENTRATION = {
    "top": 0.1,
    "curves": [
        {"of": "clv_12m", "points": [[0.0, 0.0], [0.1, 0.58], [1.0, 1.0]], "top_share": 0.58},
        {"of": "spend_12m", "points": [[0.0, 0.0], [0.1, 0.5], [1.0, 1.0]], "top_share": 0.5},
    ],
}
TIERS = {
    "definition": "tier",
    "rows": [
        {"tier": "high", "customer_share": 0.04, "clv_12m_share": 0.5, "likely_lost_share": 0.3},
        {"tier": "low", "customer_share": 0.96, "clv_12m_share": 0.5, "likely_lost_share": 0.7},
    ],
}
UNKNOWN_VALUE = {
    "definition": "tier",
    "rows": [{"tier": None, "customer_share": 1.0, "clv_12m_share": None, "likely_lost_share": None}],
}
METHODS = {
    "rfm": {
        "rows": [
            {"group": "champions", "mean_clv_total": 24_000.5, "mean_simple_clv": 22_000.0},
            {"group": "lost", "mean_clv_total": None, "mean_simple_clv": 40.0},
        ]
    }
}
COHORTS = {
    "period": "month",
    "rows": [
        {"start": "2025-01-01", "retention": [1.0, 0.4, 0.31], "value": [50.0, 70.0, 90.0]},
        {"start": "2025-02-01", "retention": [1.0, 0.38], "value": [52.0, None]},
        {"start": "2025-03-01", "retention": [1.0], "value": [48.0]},
    ],
    "mean_value": [50.0, 71.0, 91.0],
}
NEWER = {
    "period": "month",
    "pooled": {"value": 1.4, "low": 1.3, "high": 1.5},
    "rows": [
        {
            "start": "2025-01-01",
            "together": {"value": 1.5, "low": 1.2, "high": 1.9},
            "alone": {"value": 1.6, "low": 1.1, "high": 2.3},
        },
        {"start": "2025-02-01", "together": {"value": 1.3, "low": 0.9, "high": 1.8}, "alone": None},
    ],
}
ALIVE = {
    "silence_months": [0, 1, 2],
    "orders": [1, 2, 5],
    "p_alive": [[0.9, 0.7, 0.5], [0.9, 0.8, 0.7], [1, 0.6, 0.2]],
}
TRACKING = {
    "holdout_start": "2025-01-13",
    "weeks": [
        {"week_end": "2025-01-05", "expected": 1.5, "actual": 2.0},
        {"week_end": "2025-01-12", "expected": 2.5, "actual": 3.0},
        {"week_end": "2025-01-19", "expected": 3.5, "actual": None},
    ],
}
BACK_TEST = {
    "bins": [{"orders_so_far": "0", "actual": 0.4}, {"orders_so_far": "1", "actual": 1.1}],
    "judged": [
        {"name": "pareto-nbd", "naive": False, "by_frequency": [0.41, 1.0]},
        {"name": "last_period", "naive": True, "by_frequency": [0.0, 1.4]},
        {"name": "average_rate", "naive": True, "by_frequency": [0.2, 1.9]},
    ],
}
MATRIX = {
    "frequency": [0, 1, 2],
    "recency": [0.0, 1.0],
    "values": [[0.9, None], [None, 0.8], [None, 0.95]],
    "of": "p_alive",
    "unit": "week",
}
EXPECTED = MATRIX | {"values": [[0.2, None], [None, 1.8], [None, 2.5]], "of": "expected_purchases"}
HISTORY = {
    "days": ["2025-01-01", "2025-01-02", "2025-01-03"],
    "p_alive": [1.0, 0.9, 0.95],
    "purchases": ["2025-01-01", "2025-01-03"],
}
DECILES = {
    "of": "spend",
    "deciles": [{"forecast": 1.0, "actual": 2.0}, {"forecast": 510_000.0, "actual": 400_000.0}],
}
COVERAGE = {
    "level": 0.8,
    "rows": [{"label": "May", "inside": 0.78}, {"label": "June", "inside": None}],
}
NAMES = {
    "high": "High value",
    "low": "Low value",
    "": "Without a tier",
    "champions": "Champions",
    "lost": "Lost",
}
DRAWN: dict[str, Callable[[Formats], dict[str, Any]]] = {
    "lorenz": lambda formats: charts.lorenz(CONCENTRATION, formats, "Answer."),
    "shares": lambda formats: charts.shares(TIERS, NAMES, formats, "Answer."),
    "shares without values": lambda formats: charts.shares(UNKNOWN_VALUE, NAMES, formats, "Answer."),
    "methods": lambda formats: charts.methods(METHODS, NAMES, formats, "Answer."),
    "cohort_retention": lambda formats: charts.cohort_retention(COHORTS, formats, "Answer."),
    "cohort_value": lambda formats: charts.cohort_value(COHORTS, formats, "Answer."),
    "newer_customers": lambda formats: charts.newer_customers(NEWER, formats, "Answer."),
    "alive_grid": lambda formats: charts.alive_grid(ALIVE, formats, "Answer."),
    "tracking": lambda formats: charts.tracking(TRACKING, formats, "Answer."),
    "back_test": lambda formats: charts.back_test(BACK_TEST, formats, "Answer."),
    "matrix of P(alive)": lambda formats: charts.frequency_recency(MATRIX, formats, "Answer."),
    "matrix of purchases": lambda formats: charts.frequency_recency(EXPECTED, formats, "Answer."),
    "alive_history": lambda formats: charts.alive_history(HISTORY, formats, "Answer."),
    "calibration": lambda formats: charts.calibration(DECILES, formats, "Answer."),
    "calibration of purchases": lambda formats: charts.calibration(
        DECILES | {"of": "purchases"}, formats, "Answer."
    ),
    "coverage": lambda formats: charts.coverage(COVERAGE, formats, "Answer."),
}


def texts(option: Any) -> Iterator[str]:
    """Every text of an option, however deep."""
    if isinstance(option, str):
        yield option
    elif isinstance(option, dict):
        for value in option.values():
            yield from texts(value)
    elif isinstance(option, list | tuple):
        for value in option:
            yield from texts(value)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", DRAWN)
def test_an_option_is_plain_json_with_a_description(name: str, language: Any) -> None:
    """It travels to a page under a strict policy, and a screen reader hears the answer."""
    option = DRAWN[name](Formats(language, "CNY"))

    assert json.loads(json.dumps(option, allow_nan=False, ensure_ascii=False)) == option
    assert option["aria"]["label"]["description"] == "Answer."
    assert option["aria"]["enabled"] is True
    assert option["animation"] is False
    assert option["series"]


@pytest.mark.parametrize("name", DRAWN)
def test_an_option_speaks_the_readers_language(name: str) -> None:
    """No sentence of the English chart is left in the Chinese one."""
    english = set(texts(DRAWN[name](Formats("en", "CNY"))))
    chinese = set(texts(DRAWN[name](Formats("zh-Hant", "CNY"))))

    given = ("Answer.", *NAMES.values())
    left = {
        text for text in english & chinese if " " in text and text[0].isupper() and not text.startswith(given)
    }

    assert not left


def test_the_curve_marks_the_top_tenth() -> None:
    """The figure of the sentence stands on the curve."""
    mark = charts.lorenz(CONCENTRATION, Formats("en"))["series"][0]["markPoint"]

    assert mark["data"] == [{"coord": [10.0, 58.0]}]
    assert mark["label"]["formatter"] == "10% → 58%"


def test_bars_of_unknown_values_are_left_out() -> None:
    """Without values only customers are shared out; an empty bar would say nought."""
    option = charts.shares(UNKNOWN_VALUE, NAMES, Formats("en"))

    assert option["yAxis"]["data"] == ["Customers"]


def test_small_parts_carry_no_label_and_large_ones_do() -> None:
    """A number that does not fit its part is left to the table and the tooltip."""
    high, low = charts.shares(TIERS, NAMES, Formats("en"))["series"]

    shown = [part["label"]["show"] for part in (high["data"][-1], low["data"][-1])]

    assert shown == [False, True]
    assert high["data"][-1]["name"] == "High value: 4.0%"


def test_amounts_are_scaled_on_the_axis_because_an_option_has_no_functions() -> None:
    """The axis writes its own unit, in the reader's way of counting."""
    rows = {"rfm": {"rows": [{"group": "champions", "mean_clv_total": 2_400_000.0, "mean_simple_clv": 1e6}]}}

    english = charts.methods(rows, NAMES, Formats("en", "CNY"))
    chinese = charts.methods(rows, NAMES, Formats("zh-Hans", "CNY"))

    assert english["xAxis"]["axisLabel"]["formatter"] == "CN¥{value}M"
    assert chinese["xAxis"]["axisLabel"]["formatter"] == "¥{value}万"
    assert [bar["data"][0]["value"] for bar in english["series"]] == [1.0, 2.4]
    assert [bar["data"][0]["value"] for bar in chinese["series"]] == [100.0, 240.0]


def test_the_holdout_is_shaded_from_its_first_week() -> None:
    """The first shaded week ends on or after the first day that the model had not seen."""
    area = charts.tracking(TRACKING, Formats("en"))["series"][1]["markArea"]["data"]

    assert area == [[{"name": "Not seen by the model", "xAxis": "19 Jan 2025"}, {"xAxis": "19 Jan 2025"}]]


def test_a_model_that_saw_everything_has_no_shade() -> None:
    """Nothing was held back, so nothing is shaded."""
    series = charts.tracking(TRACKING | {"holdout_start": None}, Formats("en"))["series"]

    assert "markArea" not in series[1]


def test_cohorts_without_a_later_period_have_no_row() -> None:
    """The newest cohort has nothing to show yet; the oldest stands at the top."""
    option = charts.cohort_retention(COHORTS, Formats("en"))

    assert option["yAxis"]["data"] == ["Feb 2025", "Jan 2025"]
    assert {tuple(cell["value"]) for cell in option["series"][0]["data"]} == {
        (0, 0, 38.0),
        (0, 1, 40.0),
        (1, 1, 31.0),
    }


def test_a_matrix_leaves_out_what_cannot_be() -> None:
    """Nobody has repeats with the last one at age 0, and nobody has none with a later one."""
    cells = charts.frequency_recency(EXPECTED, Formats("en"))["series"][0]["data"]

    assert [cell["value"] for cell in cells] == [[0, 0, 0.2], [1, 1, 1.8], [1, 2, 2.5]]


def test_amounts_are_drawn_in_the_scale_of_their_axis() -> None:
    """An axis in thousands carries data in thousands; purchases have no such axis."""
    money = charts.calibration(DECILES, Formats("en", "CNY"))
    counts = charts.calibration(DECILES | {"of": "purchases"}, Formats("en", "CNY"))

    assert money["yAxis"]["axisLabel"]["formatter"].endswith("K")
    assert [series["data"][1] for series in money["series"]] == [400.0, 510.0]
    assert [series["data"][1] for series in counts["series"]] == [400_000.0, 510_000.0]


def test_an_unknown_coverage_has_no_bar() -> None:
    """A bar of nought would say that no outcome lay inside."""
    option = charts.coverage(COVERAGE, Formats("en"))

    assert option["yAxis"]["data"] == ["May"]
    assert option["series"][0]["data"] == [78.0]
    assert option["series"][0]["markLine"]["data"] == [{"xAxis": 80.0}]
