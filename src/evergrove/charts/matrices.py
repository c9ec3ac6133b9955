"""What a model expects of every history: by repeat purchases and age at the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, heat, plot, tooltip, under
from evergrove.charts.palette import INK_2, INK_3
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

FREQUENCY = _("Repeat purchases so far (frequency)")
RECENCY = {
    "day": _("Age at the last purchase (recency), days"),
    "week": _("Age at the last purchase (recency), weeks"),
    "month": _("Age at the last purchase (recency), months"),
}
EXPECTED_OF = _("{frequency} {frequency:repeat|repeats}, the last at age {recency}: {value} expected")
ALIVE_OF = _("{frequency} {frequency:repeat|repeats}, the last at age {recency}: alive with {value}")


SCALE: Option = {
    "show": True,
    "orient": "horizontal",
    "right": 8,
    "top": 0,
    "itemWidth": 12,
    "itemHeight": 140,
    "calculable": False,
    "textStyle": {"color": INK_2, "fontSize": 12},
}
"""Cells too small for numbers need a legend."""


def frequency_recency(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    A heat map over (frequency, recency) at one age.

    Args:
        section: "frequency" and "recency" (the axes), "values" (a row per frequency; None where there is no
            such history), "of" ("p_alive" or "expected_purchases") and "unit" of time.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    share = section["of"] == "p_alive"
    known = [value for row in section["values"] for value in row if value is not None]
    most = 1.0 if share else max(known, default=1.0)
    ends = [formats.percent(most, 0), formats.percent(0, 0)] if share else [formats.number(most, 1), "0"]
    cells = [
        _cell(i, j, value, section, formats)
        for j, row in enumerate(section["values"])
        for i, value in enumerate(row)
        if value is not None
    ]
    return chart(
        answer,
        grid=plot(top=40, right=8),
        tooltip=tooltip("item"),
        visualMap=heat(0, most) | SCALE | {"text": ends},
        xAxis=axis(
            "category",
            data=[formats.number(value) for value in section["recency"]],
            **under(formats.say(RECENCY[section["unit"]])),
        ),
        yAxis=axis(
            "category",
            formats.say(FREQUENCY),
            data=[formats.number(value) for value in section["frequency"]],
            nameTextStyle={"align": "left", "color": INK_3},
        ),
        series=[{"type": "heatmap", "data": cells, "itemStyle": {"borderWidth": 0}}],
    )


def _cell(i: int, j: int, value: float, section: Mapping[str, Any], formats: Formats) -> Option:
    share = section["of"] == "p_alive"
    shown = formats.percent(value, 0) if share else formats.number(value, 2)
    name = formats.say(
        ALIVE_OF if share else EXPECTED_OF,
        frequency=section["frequency"][j],
        recency=formats.number(section["recency"][i]),
        value=shown,
    )
    return {"value": [i, j, round(value, 6)], "name": name}
