"""Who came into a segment and who left it, run by run, beside how many were in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, narrow, plot, tooltip
from evergrove.charts.palette import ACCENT, INK_2, LINE, MISSED
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.charts.base import Option
    from evergrove.text import Formats

CAME, WENT, IN_IT = _("Came"), _("Left"), _("In the segment")
WIDEST = 26
"""Pixels of a bar: a segment of one run is no wall."""


@dataclass(frozen=True)
class Day:
    """
    A run.

    Attributes:
        day: Of its figures.
        came: How many came.
        went: How many left.
        members: How many were in it then.
    """

    day: date
    came: int
    went: int
    members: int


def membership(days: Sequence[Day], formats: Formats, answer: str = "") -> Option:
    """
    Bars of those who came above the line, of those who left below it, and a line of who was in it.

    Args:
        days: The oldest first.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    came, went, members = formats.say(CAME), formats.say(WENT), formats.say(IN_IT)
    return chart(
        answer,
        grid=[plot(top=40) | {"height": 110}, plot(top=190) | {"height": 100}],
        legend=legend([members, came, went]),
        tooltip=tooltip("axis"),
        axisPointer={"link": [{"xAxisIndex": "all"}]},
        xAxis=[
            _days(days, formats, 0, axisLabel={"show": False}),
            _days(days, formats, 1),
        ],
        yAxis=[
            axis("value", gridIndex=0, min=0, minInterval=1, splitNumber=3),
            axis("value", gridIndex=1, minInterval=1, splitNumber=3),
        ],
        series=[
            {
                "name": members,
                "type": "line",
                "step": "end",
                "symbol": "circle" if len(days) == 1 else "none",
                "symbolSize": 8,
                "lineStyle": {"color": INK_2, "width": 2},
                "itemStyle": {"color": INK_2},
                "data": [each.members for each in days],
            },
            _bars(came, ACCENT, [each.came for each in days]),
            _bars(went, MISSED, [-each.went for each in days]),
        ],
        media=narrow(legend={"itemGap": 10}),
    )


def _days(days: Sequence[Day], formats: Formats, grid: int, **more: Any) -> Option:
    shown = [formats.day(each.day) for each in days]
    return axis("category", gridIndex=grid, data=shown, axisLine={"lineStyle": {"color": LINE}}, **more)


def _bars(name: str, colour: str, data: Sequence[int]) -> Option:
    return {
        "name": name,
        "type": "bar",
        "stack": "moved",
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "barMaxWidth": WIDEST,
        "itemStyle": {"color": colour},
        "data": list(data),
    }
