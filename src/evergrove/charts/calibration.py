"""Do forecasts and intervals keep what they promise: by tenth of the forecast, and by share inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, money_axis, narrow, percent_axis, plot, tooltip, under
from evergrove.charts.palette import ACCENT, INK, INK_2, INK_3, LINE
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

FORECAST = _("Forecast")
HAPPENED = _("Actual")
DECILES = _("Tenths of customers by forecast, lowest first")
PER_CUSTOMER = {"purchases": _("Purchases per customer"), "spend": _("Revenue per customer")}
INSIDE = _("Share inside the interval")
PROMISED = _("promised")


def calibration(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    Forecast beside what happened, by tenths of the forecast.

    Args:
        section: "of" ("purchases" or "spend") and "deciles": rows of "forecast" and "actual", per customer,
            the lowest forecast first.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows = section["deciles"]
    forecast, happened = formats.say(FORECAST), formats.say(HAPPENED)
    title = formats.say(PER_CUSTOMER[section["of"]])
    largest = max((row[name] for row in rows for name in ("forecast", "actual")), default=0.0)
    money, divisor = money_axis(largest, formats)
    vertical = money if section["of"] == "spend" else axis("value")
    divisor = divisor if section["of"] == "spend" else 1.0
    return chart(
        answer,
        grid=plot(top=58),
        legend=legend([happened, forecast]),
        tooltip=tooltip("axis", axisPointer={"type": "shadow"}),
        xAxis=axis("category", data=[str(k + 1) for k in range(len(rows))], **under(formats.say(DECILES))),
        yAxis=vertical | {"name": title, "nameTextStyle": {"align": "left", "color": INK_3}},
        series=[
            {
                "name": happened,
                "type": "bar",
                "barCategoryGap": "38%",
                "itemStyle": {"color": INK_2, "borderRadius": [2, 2, 0, 0]},
                "data": [round(row["actual"] / divisor, 6) for row in rows],
            },
            {
                "name": forecast,
                "type": "line",
                "symbol": "circle",
                "symbolSize": 8,
                "lineStyle": {"color": ACCENT, "width": 2.5},
                "itemStyle": {"color": ACCENT},
                "data": [round(row["forecast"] / divisor, 6) for row in rows],
            },
        ],
        media=narrow(legend={"itemGap": 10}),
    )


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
                "label": {"show": True, "position": "right", "formatter": "{c}%", "color": INK},
                "data": [round(100 * row["inside"], 1) for row in rows],
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "lineStyle": {"color": INK_2, "type": "dashed"},
                    "label": {
                        "formatter": f"{formats.percent(section['level'], 0)} {formats.say(PROMISED)}",
                        "color": INK_2,
                    },
                    "data": [{"xAxis": promised}],
                },
                "backgroundStyle": {"color": LINE},
            }
        ],
    )
