"""``/value-ledger``: what outreach brought in all, and playbook by playbook, against those kept untreated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove import charts
from evergrove.api import experiments as shares
from evergrove.api import value_ledger as routes
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.report.earned import earned
from evergrove.web.frame import Pages, allowed, ask, query, reader_of
from evergrove.web.overview.standing import NOTHING_YET
from evergrove.web.playbooks.earnings import measured
from evergrove.web.results.rooms import LEDGER, playbook_names, room
from evergrove.web.results.words import BY, Row, row_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from evergrove.api.value_ledger import GlobalControl
    from evergrove.charts import Option
    from evergrove.http import Call
    from evergrove.text import Formats
    from evergrove.web.results.words import Shown

pages = Pages()

GLOBAL = "global"
ROW_HEIGHT, CHART_HEAD = 44, 110
"""Pixels of the chart: for a row, and for legend and axis."""
MOST_DRAWN = 24
"""Rows of the chart; the table has them all."""
ANSWER = _("Effects with their intervals, {n} {n:row|rows}; the table below has the same figures.")
PART = _("{playbook}: {part}")
NEVER, SINCE_EVER = _("stays as it was drawn"), _("with the first playbook")

Chosen = Annotated[
    Literal["", "tier", "stage", "coupon", "month", "period"],
    Query(description="In what rows differ; empty: whole playbooks."),
]


@pages.get(LEDGER, right="figures.read")
def ledger(call: ThisCall, request: Request, by: Chosen = "") -> Response:
    """The page."""
    formats, names = reader_of(call).formats, playbook_names(call)
    wholes = measured(call)
    rows = _parts(call, by, names) if by else _wholes(wholes, names, formats)
    content: dict[str, Any] = {
        "rows": rows,
        "by": by,
        "kinds": [(f"{LEDGER}{query(by=kind)}", formats.say(name), kind) for kind, name in BY.items()],
        "broken": [row for row in rows if not row.trustworthy],
        "chart": _chart(rows, formats),
        "height": CHART_HEAD + ROW_HEIGHT * min(len(rows), MOST_DRAWN),
        "subsidies": {} if by else _subsidies(call),
        "as_of": next((row["as_of"] for row in wholes.values()), None),
        **_programme(call, wholes.get(GLOBAL)),
    }
    return room(call, request, "ledger", "results/ledger.html.j2", **content)


def _wholes(found: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], formats: Formats) -> list[Row]:
    """Playbooks whose sizes are wrong come first: nothing of them is to be believed."""
    rows = [row_of(each, names.get(key, key), formats) for key, each in found.items() if key != GLOBAL]
    return sorted(rows, key=lambda row: row.trustworthy)


def _parts(call: Call, by: str, names: Mapping[str, str]) -> list[Row]:
    reader = reader_of(call)
    rows = [
        row_of(
            each.figures,
            names.get(each.figures["playbook"], each.figures["playbook"]),
            reader.formats,
            each.part,
            _part_name(by, each.part, reader.formats, reader.words),
        )
        for each in ask(call, routes.value_ledger, by=by).items
    ]
    return sorted(rows, key=lambda row: row.trustworthy)


def _part_name(by: str, part: str, formats: Formats, words: Mapping[str, Mapping[str, str]]) -> str:
    if by in {"tier", "stage"}:
        return words[by].get(part, part)
    if by == "month":
        return formats.month(f"{part}-01")
    return part.removeprefix("global ") if by == "period" else part


def _programme(call: Call, whole: Mapping[str, Any] | None) -> dict[str, Any]:
    """All playbooks together against those whom none writes to; nothing before the first run."""
    formats = reader_of(call).formats
    try:
        told: GlobalControl = ask(call, routes.global_control)
    except InputError as error:
        if error.code in NOTHING_YET:
            return {"control": None, "programme": None, "finding": None}
        raise
    rotation = formats.say(NEVER) if told.ends is None else formats.day(told.ends)
    return {
        "control": told,
        "period": formats.say(SINCE_EVER) if told.begins is None else formats.day(told.begins),
        "rotation": rotation,
        "programme": None if whole is None else row_of(whole, "", formats),
        "finding": None if whole is None else earned(whole, "", formats),
        "forgone": _forgone(told, whole, formats),
    }


def _forgone(told: GlobalControl, whole: Mapping[str, Any] | None, formats: Formats) -> Shown | None:
    """What keeping the group has cost."""
    if whole is None or told.forgone is None or not whole["trustworthy"]:
        return None
    bounds = {"effect": told.forgone, "low": told.forgone_low or 0.0, "high": told.forgone_high or 0.0}
    return shown(bounds, whole["level"], formats)


def _subsidies(call: Call) -> dict[str, list[tuple[str, str, str]]]:
    """By playbook: campaign, subsidy rate and interval, where one is known."""
    if not allowed(call, shares.subsidy_rates):
        return {}
    formats = reader_of(call).formats
    found: dict[str, list[tuple[str, str, str]]] = {}
    for each in ask(call, shares.subsidy_rates).items:
        if each.rate is not None:
            low, high = (formats.percent(bound, 0) for bound in (each.low, each.high))
            line = (each.campaign, formats.percent(each.rate, 0), formats.interval(low, high, each.level))
            found.setdefault(each.playbook, []).append(line)
    return found


def _chart(rows: Sequence[Row], formats: Formats) -> Option | None:
    drawn = [
        {
            "what": formats.say(PART, playbook=row.name, part=row.part_name) if row.part else row.name,
            **{name: row.figures["margin"][name] for name in ("effect", "low", "high")},
            "true": None,
            "trusted": row.trustworthy,
        }
        for row in rows
        if row.margin is not None
    ][:MOST_DRAWN]
    if not drawn:
        return None
    return charts.effects(drawn, formats, formats.say(ANSWER, n=len(drawn)))
