"""Where each target stands: its value with the interval, and the goal beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import WRAPPED, axis, chart, narrow, percent_axis, plot, points_legend, tooltip
from evergrove.charts.palette import ACCENT, INK, INK_3, MISSED, PAPER
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

GOAL = _("Goal")
NAMES: Mapping[str, str] = {"met": _("Reached"), "missed": _("Missed"), "open": _("Not certain")}
COLOURS: Mapping[str, str] = {"met": ACCENT, "missed": MISSED, "open": INK_3}
SYMBOLS: Mapping[str, str] = {"met": "circle", "missed": "triangle", "open": "emptyCircle"}
"""A colour never speaks alone."""
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
    series = [
        *(
            _values(shown, verdict, formats)
            for verdict in NAMES
            if any(row["verdict"] == verdict for row in shown)
        ),
        _goals(shown, formats.say(GOAL)),
    ]
    return chart(
        answer,
        grid=plot(top=40, right=24),
        legend=points_legend([each["name"] for each in series]),
        tooltip=tooltip("item"),
        xAxis=percent_axis(),
        yAxis=axis(
            "category",
            data=[row["what"] for row in shown],
            axisLine={"show": False},
            axisLabel={"color": INK, "width": 240, "margin": MARGIN} | WRAPPED,
        ),
        series=series,
        media=narrow(
            yAxis={"axisLabel": {"width": 108, "fontSize": 12}},
            xAxis={"axisLabel": {"fontSize": 10}},
        ),
    )


def _values(rows: Sequence[Mapping[str, Any]], verdict: str, formats: Formats) -> Option:
    """Points of one verdict, and their intervals as thick lines."""
    colour = COLOURS[verdict]
    style = {"color": colour, "width": 7, "opacity": 0.4, "cap": "round", "type": "solid"}
    found = [(place, row) for place, row in enumerate(rows) if row["verdict"] == verdict]
    lines = [
        [{"coord": [100 * row["low"], place], "lineStyle": style}, {"coord": [100 * row["high"], place]}]
        for place, row in found
        if row["low"] is not None and row["high"] is not None
    ]
    return {
        "name": formats.say(NAMES[verdict]),
        "type": "scatter",
        "symbol": SYMBOLS[verdict],
        "symbolSize": 13,
        "itemStyle": {"color": colour},
        "data": [{"value": [100 * row["value"], place], "name": row["says"]} for place, row in found],
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
