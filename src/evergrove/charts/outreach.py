"""What was done and what it earned: effects with their intervals, messages by fate."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from evergrove.charts.base import (
    WRAPPED,
    axis,
    chart,
    legend,
    narrow,
    plot,
    points_legend,
    tooltip,
    under,
)
from evergrove.charts.palette import ACCENT, INK, INK_2, INK_3, PAPER, SEQUENCE, on_colour
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

MEASURED = _("Measured, with its interval")
TRUE = _("True effect of the simulation")
PER_CUSTOMER = _("Per treated customer, more than control")
IN_UNITS = _("{name} ({unit})")
EFFECT = _("{what}: {effect} ({low} to {high})")
TRUE_EFFECT = _("{what}: true effect {effect}")
FATES: Mapping[str, tuple[str, str]] = {
    "left": (_("Sent"), ACCENT),
    "unsure": (_("Perhaps sent"), "#c26d2b"),
    "failed": (_("Failed"), "#8c2f39"),
    "waiting": (_("Waiting"), SEQUENCE[2]),
    "stopped": (_("Stopped"), "#6d7178"),
    "control": (_("Kept back for control"), "#c9cfcc"),
}
"""What became of messages, with the colour of each; a message has exactly one of these fates."""
STEPS = 6
"""About so many intervals between the lines of the axis of effects."""
WIDE_ENOUGH = 0.06
WIDE_ENOUGH_ON_PHONE = 0.16
"""Parts narrower than this share of the longest bar carry no number."""


def effects(rows: Sequence[Mapping[str, Any]], formats: Formats, answer: str = "") -> Option:
    """
    One interval a row, with the estimate in it and, where it is known, the truth.

    Args:
        rows: ``what`` (written), ``effect``, ``low``, ``high``, ``true`` (None where unknown), ``trusted``; the
            first stands at the top.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    shown = list(rows)[::-1]  # ECharts counts categories from below
    figures = [row[name] for row in shown for name in ("low", "high", "true") if row[name] is not None]
    divisor, suffix = formats.scale(max(map(abs, figures), default=0.0))
    # Before a negative number a currency sign would stand on the wrong side of the minus: it is said below.
    unit = f"{formats.sign.strip()}{suffix}"
    title = formats.say(PER_CUSTOMER)
    names = [formats.say(MEASURED)]
    series: list[Option] = [_estimates(shown, divisor, formats, names[0])]
    if any(row["true"] is not None for row in shown):
        names.append(formats.say(TRUE))
        series.append(_truths(shown, divisor, formats, names[1]))
    return chart(
        answer,
        grid=plot(top=40, right=24),
        legend=points_legend(names),
        tooltip=tooltip("item"),
        xAxis=axis(
            "value",
            **_ends([figure / divisor for figure in figures]),
            **under(formats.say(IN_UNITS, name=title, unit=unit) if unit else title, 28),
        ),
        yAxis=axis(
            "category",
            data=[row["what"] for row in shown],
            axisLine={"show": False},
            axisLabel={"color": INK, "width": 150} | WRAPPED,
        ),
        series=series,
        media=narrow(
            yAxis={"axisLabel": {"width": 92, "fontSize": 12}},
            xAxis={"axisLabel": {"fontSize": 10}},
            legend={"itemGap": 10},
            grid={"top": 56},
        ),
    )


def _ends(figures: Sequence[float]) -> Option:
    """An axis from and to a round number that holds all figures and 0: lines beyond its ends would not be drawn."""
    low, high = min(0.0, *figures, 0.0), max(0.0, *figures, 0.0)
    if low == high:
        return {}
    rough = (high - low) / STEPS
    size = 10.0 ** floor(log10(rough))
    step = size * next(round_one for round_one in (1, 2, 5, 10) if rough <= round_one * size)
    ends = {"min": floor(low / step) * step, "max": ceil(high / step) * step, "interval": step}
    return {name: round(value, 10) for name, value in ends.items()}


def _estimates(rows: Sequence[Mapping[str, Any]], divisor: float, formats: Formats, name: str) -> Option:
    """Points with their intervals as thick lines, and the line of no effect."""
    points, lines = [], []
    for place, row in enumerate(rows):
        colour = ACCENT if row["trusted"] else INK_3
        amounts = {each: formats.money(row[each]) for each in ("effect", "low", "high")}
        points.append(
            {
                "value": [row["effect"] / divisor, place],
                "name": formats.say(EFFECT, what=row["what"], **amounts),
                "itemStyle": {"color": colour},
            }
        )
        style = {"color": colour, "width": 7, "opacity": 0.4, "cap": "round"}
        lines.append(
            [
                {"coord": [row["low"] / divisor, place], "lineStyle": style},
                {"coord": [row["high"] / divisor, place]},
            ]
        )
    zero = {"xAxis": 0, "lineStyle": {"color": INK_2, "width": 1, "type": "solid"}}
    return {
        "name": name,
        "type": "scatter",
        "symbol": "circle",
        "symbolSize": 13,
        "itemStyle": {"color": ACCENT},
        "data": points,
        "markLine": {
            "silent": True,
            "symbol": ["none", "none"],
            "label": {"show": False},
            "lineStyle": {"type": "solid"},
            "data": [zero, *lines],
        },
    }


def _truths(rows: Sequence[Mapping[str, Any]], divisor: float, formats: Formats, name: str) -> Option:
    return {
        "name": name,
        "type": "scatter",
        "symbol": "diamond",
        "symbolSize": 14,
        "z": 4,
        "itemStyle": {"color": PAPER, "borderColor": INK, "borderWidth": 1.5},
        "data": [
            {
                "value": [row["true"] / divisor, place],
                "name": formats.say(TRUE_EFFECT, what=row["what"], effect=formats.money(row["true"])),
            }
            for place, row in enumerate(rows)
            if row["true"] is not None
        ],
    }


def messages(rows: Sequence[Mapping[str, Any]], formats: Formats, answer: str = "") -> Option:
    """
    Messages of each playbook by what became of them.

    Args:
        rows: ``what`` (written) and a count for each of ``FATES``; the first stands at the top.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    shown = list(rows)[::-1]
    fates = [fate for fate in FATES if any(row[fate] for row in shown)]
    longest = max((sum(row[fate] for fate in FATES) for row in shown), default=0)
    series = [_fate(fate, shown, longest, formats, WIDE_ENOUGH) for fate in fates]
    on_phone = [
        {"data": _fate(fate, shown, longest, formats, WIDE_ENOUGH_ON_PHONE)["data"]} for fate in fates
    ]
    return chart(
        answer,
        grid=plot(top=40, right=24),
        legend=legend([each["name"] for each in series], icon="roundRect"),
        tooltip=tooltip("item"),
        xAxis=axis("value", minInterval=1),
        yAxis=axis(
            "category",
            data=[row["what"] for row in shown],
            axisLine={"show": False},
            axisLabel={"color": INK, "width": 150} | WRAPPED,
        ),
        series=series,
        media=narrow(
            yAxis={"axisLabel": {"width": 92, "fontSize": 12}},
            xAxis={"splitNumber": 3},
            legend={"itemGap": 10},
            grid={"top": 76},
            series=on_phone,
        ),
    )


def _fate(
    fate: str, rows: Sequence[Mapping[str, Any]], longest: int, formats: Formats, least: float
) -> Option:
    """One fate's part of every bar."""
    title, colour = FATES[fate]
    name = formats.say(title)
    return {
        "name": name,
        "type": "bar",
        "stack": "all",
        "barWidth": "52%",
        "itemStyle": {"color": colour, "borderColor": PAPER, "borderWidth": 1},
        "data": [
            {
                "value": row[fate],
                "name": f"{row['what']} · {name}: {formats.number(row[fate])}",
                "label": {
                    "show": row[fate] > 0 and row[fate] >= least * longest,
                    "formatter": formats.number(row[fate]),
                    "color": on_colour(colour),
                },
            }
            for row in rows
        ],
    }
