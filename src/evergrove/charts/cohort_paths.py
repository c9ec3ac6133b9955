"""Where each group of customers comes from and where it is going: value so far, and as foretold."""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Any

from evergrove.charts.base import axis, chart, legend, money_axis, narrow, plot, tooltip, under
from evergrove.charts.cohorts import SHORTENED, by_source, label_of, words_of
from evergrove.charts.palette import ACCENT, INK, INK_2, LINE, SEQUENCE
from evergrove.core import DAYS_PER, _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.charts.base import Option
    from evergrove.text import Formats

AHEAD = _("{start}: {amount} per customer expected in {age} {age:month|months}")
OTHERS = _("Other groups")
EXPECTED = _("Expected")
PERIOD_MONTHS = {"month": 1, "quarter": 3}
AVERAGE = _("All groups together")


def cohort_paths(section: Mapping[str, Any], chosen: int, formats: Formats, answer: str = "") -> Option:
    """
    Lines: value per customer by age, going on dashed as it is expected to; one group stands out.

    A source has customers of every age: its line is the mean at each age, and what is expected of all of them together
    does not go on from its end.

    Args:
        section: What GET /v1/cohorts answers, with values; by source its rows have a ``label``.
        chosen: Which row stands out.
        formats: The reader's language.
        answer: The sentence above the chart.
    """
    rows = section["rows"]
    highest = (
        max((v for v in (*row["value"], *row["forecast"]["value"]) if v is not None), default=0.0)
        for row in rows
    )
    y_axis, divisor = money_axis(max(highest, default=0.0), formats)
    own, others, expected = (
        label_of(rows[chosen], section["period"], formats),
        formats.say(OTHERS),
        formats.say(EXPECTED),
    )
    series: list[Option] = []
    for k, row in enumerate(rows):
        style = _style(is_chosen=k == chosen)
        name = own if k == chosen else others
        past, ahead = _past(section, row, divisor, formats), _ahead(section, row, divisor, formats)
        series.append(style | {"name": name, "data": past})
        if ahead:
            dashed = {"lineStyle": style["lineStyle"] | {"type": [5, 4]}, "symbol": "none"}
            series.append(style | dashed | {"name": f"{name} · {expected}", "data": past[-1:] + ahead})
    named = [own] if by_source(section) else [own, f"{own} · {expected}"]
    named += [others] if len(rows) > 1 else []
    if section.get("mean_value") and any(v is not None for v in section["mean_value"]):
        series.append(_mean(section, divisor, formats))
        named.insert(2, formats.say(AVERAGE))
    return chart(
        answer,
        grid=plot(top=44),
        legend=legend(named, textStyle=SHORTENED | {"color": INK_2, "fontSize": 12}),
        tooltip=tooltip("item"),
        xAxis=axis(
            "value",
            min=0,
            max=_end(section),
            minInterval=1,
            splitLine={"show": False},
            axisLine={"show": True, "lineStyle": {"color": LINE}},
            **under(formats.say(words_of(section).since)),
        ),
        yAxis=y_axis,
        series=series,
        media=narrow(legend={"itemGap": 8, "textStyle": {"fontSize": 11}}, grid={"top": 80}),
    )


def _style(*, is_chosen: bool) -> Option:
    colour, width, opacity = (ACCENT, 3, 1.0) if is_chosen else (SEQUENCE[3], 1.2, 0.45)
    return {
        "type": "line",
        "symbol": "circle",
        "symbolSize": 6 if is_chosen else 4,
        "showSymbol": is_chosen,
        "itemStyle": {"color": colour},
        "lineStyle": {"color": colour, "width": width, "opacity": opacity},
        "z": 6 if is_chosen else 2,
    }


def _past(
    section: Mapping[str, Any], row: Mapping[str, Any], divisor: float, formats: Formats
) -> list[Option]:
    words, start = words_of(section), label_of(row, section["period"], formats)
    return [
        _point(
            age, value, divisor, formats.say(words.value, start=start, amount=formats.money(value), age=age)
        )
        for age, value in enumerate(row["value"])
        if value is not None
    ]


def _ahead(
    section: Mapping[str, Any], row: Mapping[str, Any], divisor: float, formats: Formats
) -> list[Option]:
    """From today on, in months."""
    if by_source(section):
        return []
    start, step = label_of(row, section["period"], formats), 1 / PERIOD_MONTHS[section["period"]]
    today = age_today(section, row)
    return [
        _point(
            round(today + month * step, 3),
            value,
            divisor,
            formats.say(AHEAD, start=start, amount=formats.money(value), age=month),
        )
        for month, value in enumerate(row["forecast"]["value"], start=1)
        if value is not None
    ]


def age_today(section: Mapping[str, Any], row: Mapping[str, Any]) -> float:
    """How many periods a row has behind it: column k of its values stands at the end of period k."""
    if by_source(section):
        return max(len(row["value"]) - 1.0, 0.0)
    days = (date.fromisoformat(str(section["as_of"])) - date.fromisoformat(row["start"])).days + 1
    return float(
        max(days / (DAYS_PER["month"] * PERIOD_MONTHS[section["period"]]) - 1, len(row["value"]) - 1)
    )


def _end(section: Mapping[str, Any]) -> int:
    """Where the axis ends: the furthest that anything is known of or foretold."""
    step = 1 / PERIOD_MONTHS[section["period"]]
    months = 0 if by_source(section) else 1
    ends = (
        age_today(section, row) + step * months * len(row["forecast"]["value"]) for row in section["rows"]
    )
    return max(ceil(max(ends, default=0.0)), 1)


def _mean(section: Mapping[str, Any], divisor: float, formats: Formats) -> Option:
    average = formats.say(AVERAGE)
    values: Sequence[float | None] = section["mean_value"]
    sentence = words_of(section).value
    return {
        "name": average,
        "type": "line",
        "symbol": "none",
        "itemStyle": {"color": INK},
        "lineStyle": {"color": INK, "width": 2},
        "z": 5,
        "data": [
            _point(
                age,
                value,
                divisor,
                formats.say(sentence, start=average, amount=formats.money(value), age=age),
            )
            for age, value in enumerate(values)
            if value is not None
        ],
    }


def _point(age: float, value: float, divisor: float, name: str) -> Option:
    return {"value": [age, round(value / divisor, 4)], "name": name}
