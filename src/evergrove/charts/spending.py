"""What a budget brings: profit against money, and where a plan stands on the curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.charts.base import chart, money_axis, narrow, plot, points_legend, tooltip, under
from evergrove.charts.palette import ACCENT, INK, PAPER
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

CURVE, CHOSEN = _("Expected profit by budget"), _("This budget")
BUDGET = _("Budget")
POINT = _("With {budget}: {profit}")


def spending(
    points: Sequence[tuple[float, float]], chosen: tuple[float, float], formats: Formats, answer: str = ""
) -> Option:
    """
    A line from no money to all that is worth it, and the point that was asked for.

    Args:
        points: Budget and profit, in the order of budgets.
        chosen: The same of the plan.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    profits, budgets = ([each[k] for each in (*points, chosen)] for k in (1, 0))
    across, by = money_axis(max(budgets), formats, **under(formats.say(BUDGET), 28))
    up, divisor = money_axis(max(map(abs, profits)), formats)
    names = [formats.say(CURVE), formats.say(CHOSEN)]
    return chart(
        answer,
        grid=plot(top=40, right=24),
        legend=points_legend(names),
        tooltip=tooltip("item"),
        xAxis=across,
        yAxis=up,
        series=[
            {
                "name": names[0],
                "type": "line",
                "symbol": "circle",
                "symbolSize": 6,
                "showSymbol": len(points) < 40,
                "lineStyle": {"color": ACCENT, "width": 2.5},
                "itemStyle": {"color": ACCENT},
                "data": [_point(each, by, divisor, formats) for each in points],
            },
            {
                "name": names[1],
                "type": "scatter",
                "symbol": "diamond",
                "symbolSize": 15,
                "z": 4,
                "itemStyle": {"color": PAPER, "borderColor": INK, "borderWidth": 1.5},
                "data": [_point(chosen, by, divisor, formats)],
            },
        ],
        media=narrow(xAxis={"splitNumber": 3, "axisLabel": {"fontSize": 10}}),
    )


def _point(at: tuple[float, float], by: float, divisor: float, formats: Formats) -> Option:
    budget, profit = at
    name = formats.say(POINT, budget=formats.money(budget), profit=formats.money(profit))
    return {"value": [budget / by, profit / divisor], "name": name}
