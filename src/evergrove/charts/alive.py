"""How surely a customer is still there, by number of orders and silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, heat, heat_colour, narrow, plot, tooltip, under
from evergrove.charts.palette import INK_3, PAPER, on_colour
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

SILENCE = _("Months since the last order")
ORDERS = _("Orders so far")
CELL = _("{orders} {orders:order|orders}, silent for {months} {months:month|months}: {chance}")


def alive_grid(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    A heat map of P(alive).

    Args:
        section: ``alive_grid`` of the figures.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    months, orders = section["silence_months"], section["orders"]
    cells = [
        _cell(i, j, chance, orders[j], months[i], formats)
        for j, row in enumerate(section["p_alive"])
        for i, chance in enumerate(row)
        if chance is not None
    ]
    return chart(
        answer,
        grid=plot(top=2, right=2),
        tooltip=tooltip("item"),
        visualMap=heat(0, 100),
        xAxis=axis("category", data=[str(m) for m in months], **under(formats.say(SILENCE))),
        yAxis=axis(
            "category",
            formats.say(ORDERS),
            data=[str(n) for n in orders],
            nameTextStyle={"align": "left", "color": INK_3},
        ),
        series=[
            {
                "type": "heatmap",
                "data": cells,
                "itemStyle": {"borderColor": PAPER, "borderWidth": 2, "borderRadius": 3},
                "label": {"show": True, "fontSize": 10},
            }
        ],
        media=narrow(series=[{"label": {"show": False}}]),
    )


def _cell(i: int, j: int, chance: float, orders: int, months: int, formats: Formats) -> Option:
    value = round(100 * chance, 1)
    return {
        "value": [i, j, value],
        "name": formats.say(CELL, orders=orders, months=months, chance=formats.percent(chance, 0)),
        "label": {"formatter": f"{value:.0f}", "color": on_colour(heat_colour(value, 0, 100))},
    }
