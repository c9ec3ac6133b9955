"""What the simple formula and the prediction say of each RFM group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, money_axis, narrow, plot, tooltip
from evergrove.charts.palette import ACCENT, INK, INK_3
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

SIMPLE = _("Simple formula")
PREDICTED = _("Prediction")


def methods(
    section: Mapping[str, Any], names: Mapping[str, str], formats: Formats, answer: str = ""
) -> Option:
    """
    Mean lifetime value per customer and RFM group, by both methods.

    Args:
        section: ``methods`` of the figures.
        names: RFM group -> its name for people.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows = section["rfm"]["rows"][::-1]  # ECharts counts categories from below
    columns = (("mean_simple_clv", SIMPLE, INK_3), ("mean_clv_total", PREDICTED, ACCENT))
    largest = max((row[field] or 0.0 for row in rows for field, *_rest in columns), default=0.0)
    x_axis, divisor = money_axis(largest, formats)
    return chart(
        answer,
        grid=plot(top=40, right=28),
        legend=legend([formats.say(PREDICTED), formats.say(SIMPLE)], icon="roundRect"),
        tooltip=tooltip("item"),
        xAxis=x_axis,
        yAxis=axis(
            "category",
            data=[names[row["group"]] for row in rows],
            axisLine={"show": False},
            axisLabel={"color": INK, "fontSize": 13},
        ),
        series=[
            {
                "name": formats.say(title),
                "type": "bar",
                "barGap": "12%",
                "barCategoryGap": "36%",
                "itemStyle": {"color": colour, "borderRadius": [0, 2, 2, 0]},
                "data": [
                    {
                        "value": None if row[field] is None else round(row[field] / divisor, 4),
                        "name": f"{names[row['group']]} · {formats.say(title)}: {formats.money(row[field])}",
                    }
                    for row in rows
                ],
            }
            for field, title, colour in columns
        ],
        media=narrow(
            yAxis={"axisLabel": {"width": 92, "overflow": "break", "fontSize": 12}}, xAxis={"splitNumber": 3}
        ),
    )
