"""Where customers went: streams from where they stood to where they stand."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from evergrove.charts.base import chart, narrow, tooltip
from evergrove.charts.palette import INK, NOT_KNOWN, PAPER, STAGE_COLOURS, TIER_COLOURS
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

STREAM = _("{before} → {after}: {customers}")
PLACE = _("{name}: {customers}")
COLOURS: Mapping[str, str] = {**TIER_COLOURS, **STAGE_COLOURS}


def sankey(
    starts: Sequence[tuple[str, str]],
    ends: Sequence[tuple[str, str]],
    counts: Sequence[Sequence[int]],
    formats: Formats,
    answer: str = "",
) -> Option:
    """
    Streams from left to right, as wide as the customers they carry.

    Args:
        starts: Code and name of each place on the left, from the top; places that nobody left are passed over.
        ends: The same on the right.
        counts: Customers, a row for each start.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    left = [sum(row) for row in counts]
    right = [sum(row[i] for row in counts) for i in range(len(ends))]
    nodes = [
        *(_node("before", each, size, formats) for each, size in zip(starts, left, strict=True) if size),
        *(_node("after", each, size, formats) for each, size in zip(ends, right, strict=True) if size),
    ]
    links = [
        _stream(starts[j], ends[i], customers, formats)
        for j, row in enumerate(counts)
        for i, customers in enumerate(row)
        if customers
    ]
    return chart(
        answer,
        tooltip=tooltip("item"),
        series=[
            {
                "type": "sankey",
                "left": 2,
                "right": 2,
                "top": 8,
                "bottom": 8,
                "nodeWidth": 14,
                "nodeGap": 12,
                "draggable": False,
                "layoutIterations": 0,  # places keep their order, high above low
                "emphasis": {"focus": "adjacency"},
                "lineStyle": {"color": "source", "opacity": 0.42, "curveness": 0.5},
                # On paper of its own: a thin stream would run through the letters.
                "label": {
                    "color": INK,
                    "fontSize": 12,
                    "backgroundColor": PAPER,
                    "borderRadius": 3,
                    "padding": [2, 4],
                },
                "data": nodes,
                "links": links,
            }
        ],
        media=narrow(series=[{"nodeGap": 9, "label": {"fontSize": 11}}]),
    )


def _node(side: str, place: tuple[str, str], customers: int, formats: Formats) -> Option:
    code, name = place
    said = formats.say(PLACE, name=name, customers=formats.number(customers))
    return {
        "name": f"{side}:{code}",
        "depth": 0 if side == "before" else 1,
        "itemStyle": {"color": COLOURS.get(code, NOT_KNOWN), "borderWidth": 0},
        # Both sides write towards the middle: beside the chart a phone has no room.
        "label": {"position": "right" if side == "before" else "left", "formatter": said},
        "tooltip": {"formatter": escape(said)},  # a tooltip reads what it is given as HTML
    }


def _stream(before: tuple[str, str], after: tuple[str, str], customers: int, formats: Formats) -> Any:
    written = formats.say(STREAM, before=before[1], after=after[1], customers=formats.number(customers))
    return {
        "source": f"before:{before[0]}",
        "target": f"after:{after[0]}",
        "value": customers,
        "tooltip": {"formatter": escape(written)},
    }
