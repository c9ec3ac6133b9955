"""Where each target stands: its value with the interval, and the goal beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, narrow, percent_axis, plot, tooltip
from evergrove.charts.palette import ACCENT, INK, INK_3, PAPER
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

VALUE = _("Value, with its interval")
GOAL = _("Goal")
COLOURS: Mapping[str, str] = {"met": ACCENT, "missed": "#8c2f39", "open": INK_3}
MARGIN = 16
"""Between a name and the axis, in pixels: a point at 0 % is as wide to its left."""


def targets(rows: Sequence[Mapping[str, Any]], formats: Formats, answer: str = "") -> Option:
    """
    One target a row, in per cent.

    Args:
        rows: ``what`` (written), ``value``, ``low``, ``high``, ``bound`` as shares of one, ``verdict``, and ``says`` and
            ``goal`` (written); the first stands at the top.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    shown = list(rows)[::-1]  # ECharts counts categories from below
    names = [formats.say(VALUE), formats.say(GOAL)]
    return chart(
        answer,
        grid=plot(top=40, right=24),
        legend=legend(names),
        tooltip=tooltip("item"),
        xAxis=percent_axis(),
        yAxis=axis(
            "category",
            data=[row["what"] for row in shown],
            axisLine={"show": False},
            axisLabel={"color": INK, "fontSize": 13, "width": 190, "overflow": "break", "margin": MARGIN},
        ),
        series=[_values(shown, names[0]), _goals(shown, names[1])],
        media=narrow(
            yAxis={"axisLabel": {"width": 108, "fontSize": 12}},
            xAxis={"axisLabel": {"fontSize": 10}},
        ),
    )


def _values(rows: Sequence[Mapping[str, Any]], name: str) -> Option:
    """Points, and their intervals as thick lines."""
    lines = []
    for place, row in enumerate(rows):
        if row["low"] is None or row["high"] is None:
            continue
        style = {
            "color": COLOURS[row["verdict"]],
            "width": 7,
            "opacity": 0.4,
            "cap": "round",
            "type": "solid",
        }
        lines.append(
            [
                {"coord": [100 * row["low"], place], "lineStyle": style},
                {"coord": [100 * row["high"], place]},
            ]
        )
    return {
        "name": name,
        "type": "scatter",
        "symbol": "circle",
        "symbolSize": 13,
        "itemStyle": {"color": ACCENT},
        "data": [
            {
                "value": [100 * row["value"], place],
                "name": row["says"],
                "itemStyle": {"color": COLOURS[row["verdict"]]},
            }
            for place, row in enumerate(rows)
        ],
        "markLine": {"silent": True, "symbol": ["none", "none"], "label": {"show": False}, "data": lines},
    }


def _goals(rows: Sequence[Mapping[str, Any]], name: str) -> Option:
    return {
        "name": name,
        "type": "scatter",
        "symbol": "diamond",
        "symbolSize": 14,
        "z": 4,
        "itemStyle": {"color": PAPER, "borderColor": INK, "borderWidth": 1.5},
        "data": [
            {"value": [100 * row["bound"], place], "name": row["goal"]} for place, row in enumerate(rows)
        ],
    }
