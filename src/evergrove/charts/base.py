"""What all charts share: type, axes, tooltips, and a spoken description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.palette import INK, INK_2, INK_3, LINE, PAPER, SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.text import Formats

Option = dict[str, Any]
"""An ECharts option: plain JSON, without functions, so that it travels to a page or a notebook."""

FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'PingFang SC', 'Microsoft YaHei', sans-serif"
IN_FULL_BELOW = 200_000.0
"""Axes that end below this show whole amounts."""
WRAPPED: Option = {"fontSize": 13, "lineHeight": 16, "overflow": "break"}
"""Names of a category axis that may take several lines: Chinese ones would touch each other."""
NARROW = 520
"""Charts narrower than this, in pixels, are on a phone."""


def chart(answer: str, **option: Any) -> Option:
    """
    An option with the house style.

    Args:
        answer: The sentence above the chart; screen readers hear it in place of the picture.
        **option: What is the chart's own.
    """
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": {"fontFamily": FONT, "color": INK_2, "fontSize": 12},
        "aria": {"enabled": True, "label": {"enabled": True, "description": answer}},
        "grid": plot(),
    } | option


def plot(top: int = 48, right: int = 12) -> Option:
    """Where the plot stands; axis labels and names are kept inside, whatever their length."""
    return {
        "left": 2,
        "right": right,
        "top": top,
        "bottom": 2,
        "outerBoundsMode": "same",
        "outerBoundsContain": "all",
    }


def legend(names: Sequence[str], **more: Any) -> Option:
    """A legend in reading order at the top left."""
    return {
        "data": list(names),
        "left": 0,
        "top": 0,
        "itemWidth": 18,
        "itemHeight": 10,
        "itemGap": 18,
        "textStyle": {"color": INK_2, "fontSize": 12},
        "selectedMode": False,
    } | more


def points_legend(names: Sequence[str], **more: Any) -> Option:
    """A legend of points: as wide as high, so that each keeps its shape."""
    return legend(names, itemWidth=12, itemHeight=12, **more)


def tooltip(trigger: str, **more: Any) -> Option:
    """A tooltip that stays inside the chart; ``item`` tooltips show the point's name."""
    own = {"formatter": "{b}"} if trigger == "item" else {}
    return (
        {
            "trigger": trigger,
            "confine": True,
            "backgroundColor": PAPER,
            "borderColor": LINE,
            "textStyle": {"color": INK, "fontSize": 12},
            "axisPointer": {"lineStyle": {"color": INK_3}, "shadowStyle": {"color": "rgba(86,97,91,0.08)"}},
        }
        | own
        | more
    )


def axis(kind: str, name: str = "", **more: Any) -> Option:
    """An axis with a quiet line; ``kind`` is value or category."""
    label = {"color": INK_2, "fontSize": 12, "hideOverlap": True} | more.pop("axisLabel", {})
    return {
        "type": kind,
        "name": name,
        "nameTextStyle": {"color": INK_3, "fontSize": 12},
        "axisLine": {"show": kind == "category", "lineStyle": {"color": LINE}},
        "axisTick": {"show": False},
        "splitLine": {"show": kind == "value", "lineStyle": {"color": LINE, "width": 1}},
        "axisLabel": label,
    } | more


def under(name: str, gap: int = 30) -> Option:
    """The name of an axis in the middle below (or beside) it."""
    return {"name": name, "nameLocation": "middle", "nameGap": gap}


def percent_axis(name: str = "", **more: Any) -> Option:
    """A value axis from 0 in per cent; the data are already multiplied by 100."""
    return axis("value", name, **({"min": 0, "axisLabel": {"formatter": "{value}%"}} | more))


def money_axis(largest: float, formats: Formats, **more: Any) -> tuple[Option, float]:
    """
    A value axis for money, and what to divide the data by so that its labels are short.

    An option carries no functions, so the scale is chosen here: 1.2M, 120万. Below that, labels are in full.
    """
    divisor, suffix = formats.scale(largest) if largest >= IN_FULL_BELOW else (1.0, "")
    label: Option = {"formatter": f"{formats.sign}{{value}}{suffix}"}
    if suffix:
        label["showMinLabel"] = False  # "0M" says less than the axis line does
    return axis("value", **({"axisLabel": label} | more)), divisor


def heat(low: float, high: float) -> Option:
    """The scale of a heat map, pale to deep; the cells carry their numbers, so it needs no legend."""
    return {"min": low, "max": high, "show": False, "inRange": {"color": list(SEQUENCE)}}


def heat_colour(value: float, low: float, high: float) -> str:
    """The colour that ``heat`` gives a value, to the nearest step: decides the colour of the text on it."""
    place = 0.0 if high <= low else min(max((value - low) / (high - low), 0.0), 1.0)
    return SEQUENCE[round(place * (len(SEQUENCE) - 1))]


def narrow(**option: Any) -> list[Option]:
    """What changes on a phone, as ECharts' media queries."""
    return [{"query": {"maxWidth": NARROW}, "option": option}]
