"""``/cohorts``: who comes back and how value grows, by month of the first order or by source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import overview as routes
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.report.answers import cohort_value_answer, retention_answer
from evergrove.report.definitions import DEFINITIONS
from evergrove.report.words import MODELS, money_facts
from evergrove.web.cohorts.blocks import blocks_of
from evergrove.web.cohorts.groups import Groups, groups_of
from evergrove.web.cohorts.said import newest_answer
from evergrove.web.frame import Pages, ask, downloads, page, query, reader_of
from evergrove.web.overview.standing import NOTHING_YET, NothingStands, nothing_yet

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.web.frame import Block

pages = Pages()

PATH = "/cohorts"
TITLE = _("Cohorts")
MEANT = ("cohort_retention", "cohort_value", "expected_purchases_12m", "p_active_180d")
"""Definitions of what the page shows."""
By = Annotated[Literal["month", "source"], Query()]
Follow = Annotated[str | None, Query(max_length=200)]


@pages.get(PATH, right="figures.read")
def cohorts(call: ThisCall, request: Request, by: By = "month", follow: Follow = None) -> Response:
    """The page."""
    try:
        groups = _groups(call, by, follow)
    except NothingStands as error:
        return nothing_yet(call, request, "cohorts", TITLE, error)
    formats = groups.formats
    content = {
        "groups": groups,
        "by": by,
        "headline": _headline(groups),
        "tabs": [
            (PATH, formats.say(_("By time of the first order")), "month"),
            (f"{PATH}{query(by='source')}", formats.say(_("By where they came from")), "source"),
        ],
        "blocks": blocks_of(groups) if groups.rows else [],
        "facts": money_facts(groups.currency, groups.basis, formats),
        "meant": [DEFINITIONS[name] for name in MEANT],
        "model": MODELS.get(groups.told.lineage.model, groups.told.lineage.model),
    }
    return page(call, request, "cohorts/cohorts.html.j2", active="cohorts", **content)


def _groups(call: Call, by: Literal["month", "source"], follow: str | None) -> Groups:
    try:
        told = ask(call, routes.cohorts, by=by)
        base = ask(call, routes.overview)
    except InputError as error:
        if error.code in NOTHING_YET:
            raise NothingStands(error) from error
        raise
    return groups_of(told, base.currency, base.basis, reader_of(call).formats, follow)


def _headline(groups: Groups) -> str:
    """What the newest group tells beside the others; the mean of all where it is too young."""
    if not groups.rows or groups.by_source:
        return ""
    section: Any = groups.section
    newest = newest_answer(groups)
    if newest:
        return newest
    if len(section["mean_retention"]) > 1:
        return retention_answer(section, groups.formats)
    return cohort_value_answer(section, groups.formats) if groups.has_values else ""


def _blocks(call: Call, request: Request) -> list[Block]:
    by: Literal["month", "source"] = "source" if request.query_params.get("by") == "source" else "month"
    groups = _groups(call, by, None)  # tables are the same whichever group stands out
    return blocks_of(groups) if groups.rows else []


downloads(pages, PATH, "figures.read", _blocks)
