"""What customers of each time are expected to order: alone, all alike, and in between."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, narrow, plot, tooltip, under
from evergrove.charts.palette import ACCENT, INK, INK_2, INK_3
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

TOGETHER = _("Estimate, with its interval")
ALONE = _("From these customers alone")
ALIKE = _("All customers alike")
ORDERS = _("Repeat orders expected in the first year, per customer")
ESTIMATE = _("First order in {start}: {value} ({low} to {high})")
ALONE_POINT = _("First order in {start}, from these customers alone: {value}")
STEPS = 6
"""About so many lines of the axis. It holds all intervals; what tiny groups say alone may lie beyond its end."""


def newer_customers(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    One interval a group of customers, the newest at the bottom, and a line for all alike.

    Args:
        section: ``newer_customers`` of the figures, with rows.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows = section["rows"][::-1]  # ECharts counts categories from below
    starts = [formats.period(row["start"], section["period"]) for row in rows]
    names = [formats.say(text) for text in (TOGETHER, ALONE, ALIKE)]
    longest = max(*(row["together"]["high"] for row in rows), section["pooled"]["high"])
    return chart(
        answer,
        grid=plot(top=34, right=24),
        legend=legend(names, data=_keys(names), itemWidth=12),
        tooltip=tooltip("item"),
        xAxis=axis("value", min=0, **_end(longest), **under(formats.say(ORDERS), 28)),
        yAxis=axis(
            "category",
            data=starts,
            axisLine={"show": False},
            axisLabel={"color": INK, "fontSize": 12, "hideOverlap": False, "interval": 0},
        ),
        series=[
            _together(rows, starts, formats, names[0]),
            _alone(rows, starts, formats, names[1]),
            _alike(section["pooled"]["value"], names[2]),
        ],
        media=narrow(legend={"itemGap": 10}, grid={"top": 74}, xAxis={"axisLabel": {"fontSize": 10}}),
    )


def _keys(names: Sequence[str]) -> list[Option]:
    """Symbols of the legend: a dot, a diamond, a line."""
    icons = ("circle", "diamond", "path://M0 5L12 5L12 6.5L0 6.5Z")
    return [{"name": name, "icon": icon} for name, icon in zip(names, icons, strict=True)]


def _end(longest: float) -> Option:
    """A round number as the end of the axis, beyond the longest interval."""
    rough = longest / STEPS
    size = 10.0 ** floor(log10(rough))
    step = size * next(first for first in (1, 2, 5, 10) if rough <= first * size)
    return {"max": round(ceil(longest / step) * step, 10), "interval": round(step, 10)}


def _together(rows: Sequence[Any], starts: Sequence[str], formats: Formats, name: str) -> Option:
    points, lines = [], []
    for place, (row, start) in enumerate(zip(rows, starts, strict=True)):
        found = row["together"]
        written = {end: formats.number(found[end], 2) for end in ("value", "low", "high")}
        points.append(
            {"value": [found["value"], place], "name": formats.say(ESTIMATE, start=start, **written)}
        )
        lines.append([{"coord": [found["low"], place]}, {"coord": [found["high"], place]}])
    return {
        "name": name,
        "type": "scatter",
        "symbol": "circle",
        "symbolSize": 11,
        "itemStyle": {"color": ACCENT},
        "data": points,
        "markLine": {
            "silent": True,
            "symbol": "none",
            "label": {"show": False},
            "lineStyle": {"color": ACCENT, "width": 6, "opacity": 0.35, "cap": "round", "type": "solid"},
            "data": lines,
        },
        "z": 4,
    }


def _alone(rows: Sequence[Any], starts: Sequence[str], formats: Formats, name: str) -> Option:
    points = [
        {
            "value": [row["alone"]["value"], place],
            "name": formats.say(ALONE_POINT, start=start, value=formats.number(row["alone"]["value"], 2)),
        }
        for place, (row, start) in enumerate(zip(rows, starts, strict=True))
        if row["alone"] is not None
    ]
    return {
        "name": name,
        "type": "scatter",
        "symbol": "diamond",
        "symbolSize": 9,
        "itemStyle": {"color": "transparent", "borderColor": INK_2, "borderWidth": 1.5},
        "data": points,
        "z": 5,
    }


def _alike(value: float, name: str) -> Option:
    """A line from top to bottom: its legend needs a series with a name."""
    return {
        "name": name,
        "type": "line",
        "symbol": "none",
        "data": [],
        "lineStyle": {"color": INK_3, "width": 1.5, "type": "dashed"},
        "itemStyle": {"color": INK_3},
        "markLine": {
            "silent": True,
            "symbol": "none",
            "label": {"show": False},
            "lineStyle": {"color": INK_3, "width": 1.5, "type": "dashed"},
            "data": [{"xAxis": value}],
        },
    }
