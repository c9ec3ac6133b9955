"""One customer's P(alive), day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, percent_axis, plot, tooltip
from evergrove.charts.palette import ACCENT, INK_2, INK_3
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

ALIVE = _("Chance of still being a customer")
PURCHASE = _("Purchase")


def alive_history(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    A line of P(alive) with a mark at every purchase.

    Args:
        section: "days" (ISO dates), "p_alive" (one a day) and "purchases" (ISO dates among them).
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    days = [formats.day(day) for day in section["days"]]
    at = {day: k for k, day in enumerate(section["days"])}
    points = [[at[day], round(100 * section["p_alive"][at[day]], 2)] for day in section["purchases"]]
    alive, purchase = formats.say(ALIVE), formats.say(PURCHASE)
    return chart(
        answer,
        grid=plot(top=34, right=36),
        legend=legend([alive, purchase]),
        tooltip=tooltip("axis"),
        xAxis=axis("category", data=days, boundaryGap=False),
        yAxis=percent_axis(max=100, nameTextStyle={"align": "left", "color": INK_3}),
        series=[
            {
                "name": alive,
                "type": "line",
                "symbol": "none",
                "lineStyle": {"color": ACCENT, "width": 2.5},
                "itemStyle": {"color": ACCENT},
                "data": [round(100 * value, 2) for value in section["p_alive"]],
            },
            {
                "name": purchase,
                "type": "scatter",
                "symbol": "circle",
                "symbolSize": 9,
                "itemStyle": {"color": INK_2},
                "data": points,
            },
        ],
    )
