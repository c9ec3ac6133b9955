"""Forecast beside reality: week by week, and by number of orders in the back-test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, narrow, plot, tooltip, under
from evergrove.charts.palette import ACCENT, INK, INK_2, INK_3
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

ACTUAL = _("Actual")
EXPECTED = _("Expected by the model")
UNSEEN = _("Not seen by the model")
REPEATS = _("Repeat purchases a week")
LAST_PERIOD = _("Same as last period")
AVERAGE_RATE = _("Average rate so far")
REPEATS_SO_FAR = _("Repeat purchases before the back-test")
PER_CUSTOMER = _("Purchases per customer in the back-test")


def tracking(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    Weekly repeat purchases, expected and actual, with the holdout shaded.

    Args:
        section: ``tracking`` of the figures.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    weeks = section["weeks"]
    days = [formats.day(week["week_end"]) for week in weeks]
    start = section["holdout_start"]
    unseen = next((k for k, week in enumerate(weeks) if start and week["week_end"] >= start), None)
    area: Option = {}
    if unseen is not None:
        area = {
            "markArea": {
                "silent": True,
                "itemStyle": {"color": "rgba(86,97,91,0.09)"},
                "label": {"position": "top", "color": INK_2, "fontSize": 12},
                "data": [[{"name": formats.say(UNSEEN), "xAxis": days[unseen]}, {"xAxis": days[-1]}]],
            }
        }
    actual, expected = formats.say(ACTUAL), formats.say(EXPECTED)
    return chart(
        answer,
        grid=plot(top=34, right=36),
        legend=legend([actual, expected]),
        tooltip=tooltip("axis"),
        xAxis=axis("category", data=days, boundaryGap=False, axisLabel={"hideOverlap": True, "rotate": 0}),
        yAxis=axis("value", formats.say(REPEATS), nameTextStyle={"align": "left", "color": INK_3}),
        series=[
            {
                "name": actual,
                "type": "line",
                "symbol": "none",
                "lineStyle": {"color": INK_2, "width": 1.5},
                "itemStyle": {"color": INK_2},
                "data": [week["actual"] for week in weeks],
            },
            {
                "name": expected,
                "type": "line",
                "symbol": "none",
                "lineStyle": {"color": ACCENT, "width": 3},
                "itemStyle": {"color": ACCENT},
                "data": [week["expected"] for week in weeks],
            }
            | area,
        ],
    )


def back_test(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    Purchases per customer in the holdout by past repeat purchases: actual, the model, two naive rules.

    Args:
        section: ``back_test`` of the figures.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    model = next(each for each in section["judged"] if not each["naive"])
    by_name = {each["name"]: each["by_frequency"] for each in section["judged"]}
    actual, expected = formats.say(ACTUAL), formats.say(EXPECTED)
    bars: tuple[tuple[str, list[float], str], ...] = (
        (actual, [each["actual"] for each in section["bins"]], INK_2),
        (expected, model["by_frequency"], ACCENT),
    )
    points = tuple(
        (formats.say(title), by_name[name], symbol)
        for name, title, symbol in (
            ("last_period", LAST_PERIOD, "triangle"),
            ("average_rate", AVERAGE_RATE, "diamond"),
        )
        if name in by_name
    )
    series: list[Option] = [
        {
            "name": name,
            "type": "bar",
            "barGap": "8%",
            "barCategoryGap": "38%",
            "itemStyle": {"color": colour, "borderRadius": [2, 2, 0, 0]},
            "data": values,
        }
        for name, values, colour in bars
    ]
    series += [
        {
            "name": name,
            "type": "scatter",
            "symbol": symbol,
            "symbolSize": 12,
            "itemStyle": {"color": "#ffffff", "borderColor": INK, "borderWidth": 1.5},
            "data": values,
        }
        for name, values, symbol in points
    ]
    return chart(
        answer,
        legend=legend([each["name"] for each in series]),
        tooltip=tooltip("axis", axisPointer={"type": "shadow"}),
        grid=plot(top=34),
        xAxis=axis(
            "category",
            data=[each["orders_so_far"] for each in section["bins"]],
            **under(formats.say(REPEATS_SO_FAR)),
        ),
        yAxis=axis("value", formats.say(PER_CUSTOMER), nameTextStyle={"align": "left", "color": INK_3}),
        series=series,
        media=narrow(legend={"itemGap": 10}, grid={"top": 64}),
    )
