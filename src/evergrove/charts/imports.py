"""What came in: rows by day, and where the rows of one file went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.charts.base import axis, chart, legend, narrow, plot, tooltip
from evergrove.charts.palette import ACCENT, INK, INK_3, LINE, MISSED, PAPER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

COLOURS: Mapping[str, str] = {"good": ACCENT, "excluded": INK_3, "duplicate": LINE, "rejected": MISSED}
"""By what became of rows: taken, taken but no purchase, repeated, rejected."""


def rows_by_day(
    days: Sequence[str], rows: Mapping[str, Sequence[int]], names: Mapping[str, str], answer: str
) -> Option:
    """
    Rows that came in, stacked by what became of them.

    Args:
        days: As written, the oldest first.
        rows: What became of them (good, duplicate, rejected) -> rows of each day.
        names: The same -> its name for people.
        answer: The sentence above the chart.
    """
    series: list[Option] = [
        {
            "name": names[kind],
            "type": "bar",
            "stack": "rows",
            "barMaxWidth": 28,
            "itemStyle": {"color": COLOURS[kind], "borderColor": PAPER, "borderWidth": 1},
            "data": list(counts),
        }
        for kind, counts in rows.items()
    ]
    return chart(
        answer,
        legend=legend([names[kind] for kind in rows], icon="roundRect"),
        tooltip=tooltip("axis"),
        xAxis=axis("category", data=list(days)),
        yAxis=axis("value", minInterval=1),
        series=series,
        media=narrow(legend={"itemGap": 10}),
    )


def rows_of_file(parts: Sequence[tuple[str, str, int]], formats: Formats, answer: str) -> Option:
    """
    Where the rows of one file went, a bar each.

    Args:
        parts: What became of rows (see ``COLOURS``), its name for people, and how many; the first stands on top.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    upwards = list(reversed(parts))
    return chart(
        answer,
        grid=plot(top=4, right=72),
        tooltip=tooltip("item"),
        xAxis=axis("value", minInterval=1, axisLabel={"show": False}, splitLine={"show": False}),
        yAxis=axis(
            "category",
            data=[name for _kind, name, _rows in upwards],
            axisLine={"show": False},
            axisLabel={"color": INK, "fontSize": 13, "width": 210, "overflow": "break", "hideOverlap": False},
        ),
        series=[
            {
                "type": "bar",
                "barWidth": "58%",
                "label": {"show": True, "position": "right", "color": INK},
                "data": [
                    {
                        "value": rows,
                        "name": f"{name}: {formats.number(rows)}",
                        "itemStyle": {"color": COLOURS[kind], "borderRadius": 2},
                        "label": {"formatter": formats.number(rows)},
                    }
                    for kind, name, rows in upwards
                ],
            }
        ],
        media=narrow(yAxis={"axisLabel": {"width": 120, "overflow": "break", "fontSize": 12}}),
    )
