"""``/coupons``: campaigns with what became of their codes and what they cost, and one code looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import coupon_campaigns, coupons
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.coupons.words import CODES, KINDS, PATH, STATES, amount, gives, last_day, path_of
from evergrove.web.frame import (
    Block,
    Column,
    Pages,
    Refused,
    Table,
    ThisForm,
    Told,
    allowed,
    ask,
    downloads,
    reader_of,
    redirect,
)
from evergrove.web.outreach.rooms import Mistake, room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.api.coupon_campaigns import CampaignLine, Figures
    from evergrove.api.coupons import Found
    from evergrove.http import Call
    from evergrove.web.frame.tables import Kind

pages = Pages()

VOIDED = Told("coupons.page_voided", _("The code is taken back: it can be used no more."))
NOT_VOIDED = Told(
    "coupons.page_not_voided", _("The code could not be used any more anyway; nothing changed.")
)
COLUMNS: tuple[tuple[str, str, Kind], ...] = (
    ("key", _("Campaign"), "text"),
    ("name", _("Name"), "text"),
    ("kind", _("Kind"), "text"),
    ("state", _("State"), "text"),
    ("currency", _("Currency"), "text"),
    ("issued", _("Given out"), "number"),
    ("redeemed", _("Used"), "number"),
    ("expired", _("Expired"), "number"),
    ("spent", _("Spent"), "exact"),
    ("held", _("Kept for orders"), "exact"),
    ("expected", _("Still expected"), "exact"),
    ("budget", _("Budget"), "exact"),
)
Typed = Annotated[str, Query(max_length=80)]


@pages.get(PATH, right="coupons.read")
def campaigns(call: ThisCall, request: Request, code: Typed = "") -> Response:
    """The page."""
    return _shown(call, request, code.strip())


@pages.post(f"{PATH}/void", right="coupons.write")
def void(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Take one code back."""
    code = form.text("code")
    try:
        done = ask(call, coupons.void, code=code)
    except Mistake as mistake:
        return _shown(call, request, code, mistake)
    return redirect(PATH, VOIDED if done.voided else NOT_VOIDED)


def _shown(
    call: Call, request: Request, code: str, mistake: InputError | ValidationError | None = None
) -> Response:
    found: Found | None = None
    unknown: Refused | None = None
    if code and mistake is None:
        try:
            found = ask(call, coupons.look_up, code=code)
        except InputError as error:
            unknown = Refused.of(error, call.language)
    content: dict[str, Any] = {
        "rows": [_row(call, each, figures) for each, figures in _campaigns(call)],
        "code": code,
        "found": found,
        "unknown": unknown,
        "kinds": _named(KINDS, call),
        "states": _named(STATES, call),
        "codes": _named(CODES, call),
        "may_write": allowed(call, coupon_campaigns.put),
        "may_look": allowed(call, coupons.look_up),
        "files": f"{PATH}/files/coupons",
        "campaign_path": path_of(found.campaign) if found else "",
    }
    return room(call, request, "coupons", "coupons/list.html.j2", mistake, **content)


def _named(words: Mapping[str, str], call: Call) -> dict[str, str]:
    say = reader_of(call).formats.say
    return {code: say(word) for code, word in words.items()}


def _campaigns(call: Call) -> list[tuple[CampaignLine, Figures]]:
    return [
        (each, ask(call, coupon_campaigns.figures, key=each.key))
        for each in ask(call, coupon_campaigns.campaigns).items
    ]


def _row(call: Call, campaign: CampaignLine, figures: Figures) -> dict[str, Any]:
    formats = reader_of(call).formats
    cost = figures.spent + figures.held + figures.expected
    return {
        "campaign": campaign,
        "figures": figures,
        "path": path_of(campaign.key),
        "gives": gives(campaign, formats),
        "last_day": last_day(campaign),
        "days": campaign.document.get("valid_days"),
        "expired": figures.codes.get("expired", 0),
        "spent": amount(figures.spent, formats, campaign.currency),
        "cost": amount(cost, formats, campaign.currency),
        "budget": amount(figures.budget, formats, campaign.currency),
        "share": float(cost / figures.budget) if figures.budget else None,
    }


def _blocks(call: Call, _request: Request) -> Iterable[Block]:
    formats = reader_of(call).formats
    rows = [
        (
            each.key,
            each.name,
            each.kind,
            each.state,
            each.currency,
            told.issued,
            told.redeemed,
            told.codes.get("expired", 0),
            told.spent,
            told.held,
            told.expected,
            told.budget,
        )
        for each, told in _campaigns(call)
    ]
    columns = [Column(key, formats.say(name), kind) for key, name, kind in COLUMNS]
    return (Block("coupons", formats.say(_("Coupons")), table=Table(columns, rows)),)


downloads(pages, PATH, "coupons.read", _blocks)
