"""Customers, value, and value likely lost, side by side by tier or by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, narrow, plot, tooltip
from evergrove.charts.palette import INK, NOT_KNOWN, PAPER, STAGE_COLOURS, TIER_COLOURS, on_colour
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.charts.base import Option
    from evergrove.text import Formats

MEASURES = (
    ("likely_lost_share", _("Value likely lost")),
    ("clv_12m_share", _("Value of the next 12 months")),
    ("customer_share", _("Customers")),
)
"""From the bottom bar to the top one, as ECharts counts categories."""
WIDE_ENOUGH = 0.05
WIDE_ENOUGH_ON_PHONE = 0.14
"""Segments narrower than this carry no label: it would not fit."""


def shares(
    section: Mapping[str, Any], names: Mapping[str, str], formats: Formats, answer: str = ""
) -> Option:
    """
    Stacked bars of 100 % each.

    Args:
        section: ``tiers`` or ``stages`` of the figures.
        names: Tier or stage -> its name for people; "" for customers without one.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    key = section["definition"]
    colours = TIER_COLOURS if key == "tier" else STAGE_COLOURS
    rows = [row for row in section["rows"] if any(row[field] for field, _title in MEASURES)]
    measures = [(field, title) for field, title in MEASURES if any(row[field] for row in rows)]
    series: list[Option] = []
    on_phone: list[Option] = []
    for row in rows:
        name = row[key] or ""
        colour = colours.get(name, NOT_KNOWN)
        series.append(
            {
                "name": names[name],
                "type": "bar",
                "stack": "all",
                "barWidth": "58%",
                "itemStyle": {"color": colour, "borderColor": PAPER, "borderWidth": 1},
                "data": [_segment(row[field], names[name], colour, formats) for field, _title in measures],
            }
        )
        on_phone.append(
            {
                "data": [
                    _segment(row[field], names[name], colour, formats, WIDE_ENOUGH_ON_PHONE)
                    for field, _title in measures
                ]
            }
        )
    return chart(
        answer,
        grid=plot(top=44, right=20),
        legend=legend([each["name"] for each in series], icon="roundRect"),
        tooltip=tooltip("item"),
        xAxis=axis("value", min=0, max=100, interval=25, axisLabel={"formatter": "{value}%"}),
        yAxis=axis(
            "category",
            data=[formats.say(title) for _field, title in measures],
            axisLine={"show": False},
            axisLabel={
                "color": INK,
                "fontSize": 13,
                "width": 150 if formats.language.startswith("zh") else 112,
                "overflow": "break",
            },
        ),
        series=series,
        media=narrow(
            legend={"itemGap": 10},
            grid={"top": 76},
            series=on_phone,
            yAxis={"axisLabel": {"width": 84, "overflow": "break", "fontSize": 12}},
        ),
    )


def _segment(
    share: float | None, name: str, colour: str, formats: Formats, least: float = WIDE_ENOUGH
) -> Option:
    """One tier's part of one bar."""
    written = formats.percent(share)
    shown = share is not None and share >= least
    return {
        "value": round(100 * (share or 0.0), 2),
        "name": f"{name}: {written}",
        "label": {"show": shown, "formatter": formats.percent(share, 0), "color": on_colour(colour)},
    }
