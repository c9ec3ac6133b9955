"""Which share of customers brings which share of value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, narrow, percent_axis, plot, tooltip, under
from evergrove.charts.palette import ACCENT, INK_2, INK_3, LINE
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

EXPECTED = _("Next 12 months, expected")
REALISED = _("Last 12 months, actual")
EQUAL = _("If all were worth the same")
BEST_FIRST = _("Customers, most valuable first")
VALUE = _("Share of value")
_STYLE: Mapping[str, tuple[str, dict[str, Any]]] = {
    "clv_12m": (EXPECTED, {"color": ACCENT, "width": 3}),
    "spend_12m": (REALISED, {"color": INK_2, "width": 2, "type": [6, 4]}),
}


def lorenz(section: Mapping[str, Any], formats: Formats, answer: str = "") -> Option:
    """
    The concentration curves, with the top tenth marked.

    Args:
        section: ``concentration`` of the figures.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    series: list[Option] = []
    for curve in section["curves"]:
        name, line = _STYLE[curve["of"]]
        mark = {} if series else {"markPoint": _top(section["top"], curve["top_share"], formats)}
        fill = {"areaStyle": {"color": ACCENT, "opacity": 0.07}} if not series else {}
        series.append(
            {
                "name": formats.say(name),
                "type": "line",
                "symbol": "none",
                "lineStyle": line,
                "itemStyle": {"color": line["color"]},
                "data": [[_percent(x), _percent(y)] for x, y in curve["points"]],
            }
            | mark
            | fill
        )
    series.append(
        {
            "name": formats.say(EQUAL),
            "type": "line",
            "symbol": "none",
            "lineStyle": {"color": INK_3, "width": 1, "type": [2, 3]},
            "itemStyle": {"color": INK_3},
            "data": [[0, 0], [100, 100]],
            "tooltip": {"show": False},
        }
    )
    return chart(
        answer,
        grid=plot(top=34, right=24),
        legend=legend([each["name"] for each in series]),
        tooltip=tooltip("axis", axisPointer={"type": "line", "lineStyle": {"color": LINE}}),
        xAxis=axis(
            "value",
            min=0,
            max=100,
            interval=20,
            splitLine={"show": False},
            axisLabel={"formatter": "{value}%"},
            **under(formats.say(BEST_FIRST)),
        ),
        yAxis=percent_axis(
            formats.say(VALUE), max=100, interval=20, nameTextStyle={"align": "left", "color": INK_3}
        ),
        series=series,
        media=narrow(legend={"itemGap": 10}, grid={"top": 60}),
    )


def _top(top: float, top_share: float, formats: Formats) -> Option:
    """A dot on the curve at the top tenth, with both shares beside it."""
    return {
        "symbol": "circle",
        "symbolSize": 12,
        "itemStyle": {"color": ACCENT, "borderColor": "#ffffff", "borderWidth": 2},
        "label": {
            "position": "right",
            "distance": 10,
            "formatter": f"{formats.percent(top)} → {formats.percent(top_share)}",
            "color": ACCENT,
            "fontWeight": 600,
            "fontSize": 14,
        },
        "data": [{"coord": [_percent(top), _percent(top_share)]}],
    }


def _percent(share: float) -> float:
    return round(100 * share, 2)
