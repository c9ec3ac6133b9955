"""One customer's expected value, night by night, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, money_axis, plot, tooltip
from evergrove.charts.palette import ACCENT
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

VALUE = _("Value, next 12 months")
LOW, HIGH = _("Lower end (80%)"), _("Upper end (80%)")


def value_history(rows: Sequence[Mapping[str, Any]], formats: Formats, answer: str = "") -> Option:
    """
    A line of the value, with thin ones at both ends of its interval.

    Args:
        rows: "as_of", "clv_12m", "clv_12m_low" and "clv_12m_high" of each night, the oldest first.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    largest = max((row[name] or 0.0 for row in rows for name in ("clv_12m", "clv_12m_high")), default=0.0)
    y, divisor = money_axis(largest, formats, min=0)
    names = {name: formats.say(word) for name, word in _LINES.items()}
    return chart(
        answer,
        grid=plot(top=34, right=24),
        legend=legend([names["clv_12m"]]),  # the note below says what the dashed ends are
        tooltip=tooltip("axis"),
        xAxis=axis("category", data=[formats.day(row["as_of"]) for row in rows], boundaryGap=False),
        yAxis=y,
        series=[
            _line(names[name], [row[name] for row in rows], divisor, is_end=name != "clv_12m")
            for name in names
        ],
    )


_LINES: Mapping[str, str] = {"clv_12m_high": HIGH, "clv_12m": VALUE, "clv_12m_low": LOW}


def _line(name: str, values: Sequence[float | None], divisor: float, *, is_end: bool) -> Option:
    """The value as a strong line, an end of its interval as a dashed one."""
    style = {"width": 1.2, "type": "dashed", "opacity": 0.8} if is_end else {"width": 2.5}
    return {
        "name": name,
        "type": "line",
        "symbol": "none" if len(values) > 1 else "circle",
        "lineStyle": {"color": ACCENT, **style},
        "itemStyle": {"color": ACCENT},
        "data": [None if value is None else round(value / divisor, 2) for value in values],
    }
