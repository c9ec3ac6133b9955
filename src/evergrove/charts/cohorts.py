"""Who comes back, and how value grows, by month of the first order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from evergrove.charts.base import (
    axis,
    chart,
    heat,
    heat_colour,
    legend,
    money_axis,
    narrow,
    plot,
    tooltip,
    under,
)
from evergrove.charts.palette import ACCENT, INK_3, LINE, PAPER, SEQUENCE, on_colour
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

FEW_COLUMNS = 13
"""With more columns than this, numbers in cells are set smaller."""

SHORTENED: Option = {"width": 200, "overflow": "truncate", "ellipsis": "…"}
"""Names that others gave may be of any length; the table has them whole."""

FIRST_ORDER = _("First order in")
AVERAGE = _("All groups together")
EACH = _("Each group of first order")


class _Words(NamedTuple):
    since: str
    retention: str
    value: str


WORDS: Mapping[str, _Words] = {
    "month": _Words(
        _("Months since the first order"),
        _("First order in {start}: {share} ordered in month {age}"),
        _("First order in {start}: {amount} per customer by month {age}"),
    ),
    "quarter": _Words(
        _("Quarters since the first order"),
        _("First order in {start}: {share} ordered in quarter {age}"),
        _("First order in {start}: {amount} per customer by quarter {age}"),
    ),
}


WORDS_OF_SOURCES: Mapping[str, _Words] = {
    "month": _Words(
        WORDS["month"].since,
        _("{start}: {share} ordered in month {age}"),
        _("{start}: {amount} per customer by month {age}"),
    ),
    "quarter": _Words(
        WORDS["quarter"].since,
        _("{start}: {share} ordered in quarter {age}"),
        _("{start}: {amount} per customer by quarter {age}"),
    ),
}


def by_source(section: Mapping[str, Any]) -> bool:
    """Whether rows are places where customers came from."""
    return bool(section.get("by") == "source")


def words_of(section: Mapping[str, Any]) -> _Words:
    """What is said of each point."""
    return (WORDS_OF_SOURCES if by_source(section) else WORDS)[section["period"]]


def label_of(row: Mapping[str, Any], period: str, formats: Formats) -> str:
    """What a row is called: a place where customers came from by its ``label``, else its period."""
    label: str = row["label"] if "label" in row else formats.period(row["start"], period)
    return label


def cohort_retention(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    A heat map: share of each cohort that ordered in each later period.

    Args:
        section: ``cohorts`` of the figures, or what GET /v1/cohorts answers: by source its rows have a ``label``.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    period = section["period"]
    # ECharts counts categories from below; the oldest stands at the top. A cohort of today has no later period.
    rows = [row for row in section["rows"] if len(row["retention"]) > 1][::-1]
    ages = max(len(row["retention"]) for row in rows)
    most = 100 * max((v for row in rows for v in row["retention"][1:] if v is not None), default=0.0)
    starts, words = [label_of(row, period, formats) for row in rows], words_of(section)
    cells = [
        _retention_cell(
            age,
            j,
            share,
            most,
            formats.say(words.retention, start=starts[j], age=age, share=formats.percent(share)),
        )
        for j, row in enumerate(rows)
        for age, share in enumerate(row["retention"])
        if age and share is not None
    ]
    return chart(
        answer,
        grid=plot(top=2, right=2),
        tooltip=tooltip("item"),
        visualMap=heat(0, max(most, 1.0)),
        xAxis=axis(
            "category",
            data=[str(age) for age in range(1, ages)],
            **under(formats.say(WORDS[period].since)),
        ),
        yAxis=axis(
            "category",
            "" if by_source(section) else formats.say(FIRST_ORDER),
            data=starts,
            nameTextStyle={"align": "right", "color": INK_3},
            **({"axisLabel": SHORTENED} if by_source(section) else {}),
        ),
        series=[
            {
                "type": "heatmap",
                "data": cells,
                "itemStyle": {"borderColor": PAPER, "borderWidth": 2, "borderRadius": 3},
                "label": {"show": True, "fontSize": 10 if ages > FEW_COLUMNS else 12},
            }
        ],
        media=narrow(
            series=[{"label": {"show": False}}],
            **({"yAxis": {"axisLabel": SHORTENED | {"width": 96}}} if by_source(section) else {}),
        ),
    )


def _retention_cell(age: int, j: int, share: float, most: float, name: str) -> Option:
    value = round(100 * share, 1)
    return {
        "value": [age - 1, j, value],
        "name": name,
        "label": {"formatter": f"{value:.0f}", "color": on_colour(heat_colour(value, 0, most))},
    }


def cohort_value(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    Lines: net revenue so far per customer, by time since the first order; the mean of all stands out.

    Args:
        section: ``cohorts`` of the figures.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows, period = section["rows"], section["period"]
    largest = max((v for row in rows for v in row["value"] if v is not None), default=0.0)
    y_axis, divisor = money_axis(largest, formats)
    each, average = formats.say(EACH), formats.say(AVERAGE)
    lines = [
        _line(each, row["value"], divisor, formats, formats.period(row["start"], period), period)
        | {"showSymbol": False, "lineStyle": {"color": SEQUENCE[3], "width": 1.2, "opacity": 0.55}}
        for row in rows
    ]
    mean = _line(average, section["mean_value"], divisor, formats, average, period) | {
        "symbolSize": 7,
        "lineStyle": {"color": ACCENT, "width": 3},
        "itemStyle": {"color": ACCENT},
        "z": 5,
    }
    return chart(
        answer,
        legend=legend([average, each]),
        tooltip=tooltip("item"),
        xAxis=axis(
            "value",
            min=0,
            minInterval=1,
            max=max(len(row["value"]) for row in rows) - 1,
            splitLine={"show": False},
            axisLine={"show": True, "lineStyle": {"color": LINE}},
            **under(formats.say(WORDS[period].since)),
        ),
        yAxis=y_axis,
        series=[*lines, mean],
    )


def _line(
    name: str, values: Sequence[float | None], divisor: float, formats: Formats, start: str, period: str
) -> Option:
    """One group's curve, each point named by its amount."""
    sentence = WORDS[period].value
    return {
        "name": name,
        "type": "line",
        "symbol": "circle",
        "symbolSize": 5,
        "itemStyle": {"color": SEQUENCE[3]},
        "data": [
            {
                "value": [age, round(value / divisor, 4)],
                "name": formats.say(sentence, start=start, amount=formats.money(value), age=age),
            }
            for age, value in enumerate(values)
            if value is not None
        ],
    }
