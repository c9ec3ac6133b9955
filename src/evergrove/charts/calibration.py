"""Do forecasts and intervals keep what they promise: by tenth of the forecast, and by share inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, money_axis, narrow, percent_axis, plot, tooltip, under
from evergrove.charts.palette import ACCENT, INK_2, INK_3, LINE, WHITE
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

FORECAST = _("Forecast")
HAPPENED = _("Actual")
WINDOW = _("Day from which it was forecast")
DECILES = _("Tenths of customers by forecast, lowest first")
PER_CUSTOMER = {
    "purchases": _("Purchases per customer"),
    "spend": _("Revenue per customer"),
    "chance": _("Share that buys"),
}
TOTAL = {"purchases": _("Purchases"), "spend": _("Revenue")}
EXPECTED_TENTH = _("Tenths of what could happen, from less to more")
OF_CUSTOMERS = _("Share of customers")
EVEN = 10.0
INSIDE = _("Share inside the interval")
PROMISED = _("promised")


def calibration(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    Forecast beside what happened, by tenths of the forecast.

    Args:
        section: "of" ("purchases", "spend" or "chance") and "deciles": rows of "forecast" and "actual", per
            customer, the lowest forecast first.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows, of = section["deciles"], section["of"]
    return _beside(
        [(str(k + 1), row["forecast"], row["actual"]) for k, row in enumerate(rows)],
        (of, formats.say(PER_CUSTOMER[of]), formats.say(DECILES)),
        formats,
        answer,
    )


def window_totals(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    Forecast totals beside actual ones, window by window.

    Args:
        section: "of" ("purchases" or "spend") and "windows": rows of "origin", "forecast" and "actual".
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows, of = section["windows"], section["of"]
    return _beside(
        [(formats.day(row["origin"]), row["forecast"], row["actual"]) for row in rows],
        (of, formats.say(TOTAL[of]), formats.say(WINDOW)),
        formats,
        answer,
    )


def pit(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    Share of customers in each tenth of what could have happened; a dashed line where all would be even.

    Args:
        section: "shares", from less than expected to more.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    shares = section["shares"]
    return chart(
        answer,
        grid=plot(top=30),
        tooltip=tooltip("axis", axisPointer={"type": "shadow"}),
        xAxis=axis(
            "category", data=[str(k + 1) for k in range(len(shares))], **under(formats.say(EXPECTED_TENTH))
        ),
        yAxis=percent_axis(formats.say(OF_CUSTOMERS), nameTextStyle={"align": "left", "color": INK_3}),
        series=[
            {
                "type": "bar",
                "barCategoryGap": "12%",
                "itemStyle": {"color": ACCENT, "borderRadius": [2, 2, 0, 0]},
                "data": [round(100 * share, 2) for share in shares],
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "lineStyle": {"color": INK_2, "type": "dashed"},
                    "label": {"show": False},
                    "data": [{"yAxis": EVEN}],
                },
            }
        ],
    )


def _beside(
    rows: list[tuple[str, float, float]], said: tuple[str, str, str], formats: Formats, answer: str
) -> Option:
    """Bars of what happened with the forecast as a line over them."""
    of, vertical, horizontal = said
    forecast, happened = formats.say(FORECAST), formats.say(HAPPENED)
    scale, factor = _scale(of, max((max(row[1:]) for row in rows), default=0.0), formats)
    return chart(
        answer,
        grid=plot(top=58),
        legend=legend([happened, forecast]),
        tooltip=tooltip("axis", axisPointer={"type": "shadow"}),
        xAxis=axis("category", data=[row[0] for row in rows], **under(horizontal)),
        yAxis=scale | {"name": vertical, "nameTextStyle": {"align": "left", "color": INK_3}},
        series=[
            {
                "name": happened,
                "type": "bar",
                "barCategoryGap": "38%",
                "barMaxWidth": 64,
                "itemStyle": {"color": INK_2, "borderRadius": [2, 2, 0, 0]},
                "data": [round(row[2] * factor, 6) for row in rows],
            },
            {
                "name": forecast,
                "type": "line",
                "symbol": "circle",
                "symbolSize": 8,
                "lineStyle": {"color": ACCENT, "width": 2.5},
                "itemStyle": {"color": ACCENT},
                "data": [round(row[1] * factor, 6) for row in rows],
            },
        ],
        media=narrow(legend={"itemGap": 10}),
    )


def _scale(of: str, largest: float, formats: Formats) -> tuple[Option, float]:
    """The vertical axis, and what to multiply the data by."""
    if of == "chance":
        return percent_axis(), 100.0
    if of == "purchases":
        return axis("value"), 1.0
    money, divisor = money_axis(largest, formats)
    return money, 1 / divisor


def coverage(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    The share of outcomes inside the interval beside what was promised, a bar each.

    Args:
        section: "level" (what was promised) and "rows" of "label" (in the reader's language) and "inside".
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows = [row for row in section["rows"] if row["inside"] is not None]
    promised = 100 * section["level"]
    return chart(
        answer,
        grid=plot(top=30, right=36),
        tooltip=tooltip("axis", axisPointer={"type": "shadow"}),
        xAxis=percent_axis(max=100, **under(formats.say(INSIDE))),
        yAxis=axis("category", data=[row["label"] for row in rows], inverse=True),
        series=[
            {
                "type": "bar",
                "barMaxWidth": 22,
                "itemStyle": {"color": ACCENT, "borderRadius": [0, 2, 2, 0]},
                "label": {"show": True, "position": "insideRight", "formatter": "{c}%", "color": WHITE},
                "data": [round(100 * row["inside"], 1) for row in rows],
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "lineStyle": {"color": INK_2, "type": "dashed"},
                    "label": {
                        "position": "start",
                        "formatter": f"{formats.percent(section['level'], 0)} {formats.say(PROMISED)}",
                        "color": INK_2,
                    },
                    "data": [{"xAxis": promised}],
                },
                "backgroundStyle": {"color": LINE},
            }
        ],
    )
