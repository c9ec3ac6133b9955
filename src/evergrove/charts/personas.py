"""What sets a group of customers apart: how frequent an attribute is in it, and among all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.charts.base import axis, chart, legend, narrow, percent_axis, plot, tooltip
from evergrove.charts.palette import ACCENT, INK, NOT_KNOWN
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

THEY, OTHERS = _("This group"), _("All others")
POINT = _("{name}: {share}")
ROW, AROUND = 44, 70
"""Pixels of an attribute, and of legend and axis together."""


def persona_shares(rows: Sequence[tuple[str, float, float]], formats: Formats, answer: str = "") -> Option:
    """
    Two bars an attribute: its share of the group, and of all others.

    Args:
        rows: What the attribute is called, and both shares; the most telling first.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows = rows[::-1]  # ECharts counts categories from below
    they, others = formats.say(THEY), formats.say(OTHERS)
    return chart(
        answer,
        grid=plot(top=34, right=40),
        legend=legend([they, others], icon="roundRect"),
        tooltip=tooltip("item"),
        xAxis=percent_axis(),
        yAxis=axis(
            "category",
            data=[name for name, _ours, _others in rows],
            axisLine={"show": False},
            axisLabel={"color": INK, "fontSize": 13, "width": 210, "overflow": "break", "interval": 0},
        ),
        series=[
            _bars(they, ACCENT, [share for _name, share, _others in rows], rows, formats),
            _bars(others, NOT_KNOWN, [share for _name, _ours, share in rows], rows, formats),
        ],
        media=narrow(yAxis={"axisLabel": {"width": 108, "fontSize": 12}}),
    )


def height_of(rows: int) -> int:
    """Pixels of the chart."""
    return AROUND + ROW * rows


def _bars(
    name: str,
    colour: str,
    shares: Sequence[float],
    rows: Sequence[tuple[str, float, float]],
    formats: Formats,
) -> Option:
    return {
        "name": name,
        "type": "bar",
        "barMaxWidth": 14,
        "barGap": "15%",
        "itemStyle": {"color": colour},
        "label": {"show": True, "position": "right", "color": INK, "fontSize": 12},
        "data": [
            {
                "value": round(100 * share, 2),
                "name": formats.say(POINT, name=row[0], share=formats.percent(share)),
                "label": {"formatter": formats.percent(share)},
            }
            for share, row in zip(shares, rows, strict=True)
        ],
    }
