"""``/budget-plan``: what a budget would bring, who would get what, and what the next sum is worth. Nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove import charts
from evergrove.api import decisions
from evergrove.api import playbooks as routes
from evergrove.api.decisions import EXTRA
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.report.earned import unbroken
from evergrove.web.frame import BLANK, Block, Column, Pages, Refused, Table, ask, reader_of
from evergrove.web.outbox.words import channel_name
from evergrove.web.outreach.rooms import room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from evergrove.api.decisions import BudgetPlan, OfferLine
    from evergrove.http import Call
    from evergrove.text import Formats

pages = Pages()

PATH = "/budget-plan"
QUESTION = _("What does more money bring?")
ANSWER = _("{budget} brings {profit}; one more unit of money there brings {price}.")
COLUMNS = (("budget", _("Budget"), "money"), ("profit", _("Expected profit"), "money"))
Money = Annotated[
    Annotated[float, Field(ge=0, le=1e12)] | None,
    BLANK,
    Query(description="Money for everything; empty: none asked."),
]
Extra = Annotated[
    Annotated[float, Field(gt=0, le=1e12)] | None, BLANK, Query(description="The next sum; empty: 1,000.")
]


@dataclass(frozen=True)
class Offer:
    """
    A playbook by one channel within the plan.

    Attributes:
        it: As the API gives it.
        name: Of the playbook.
        channel: In words.
        contacts: Written, and so on.
        spent: Of the budget.
        profit: Expected.
        interval: Of that.
        assumed: Share of the contacts that rest on an assumption; empty: none.
    """

    it: OfferLine
    name: str
    channel: str
    contacts: str
    spent: str
    profit: str
    interval: str
    assumed: str


@pages.get(PATH, right="figures.read")
def plan(call: ThisCall, request: Request, budget: Money = None, extra: Extra = None) -> Response:
    """The page; a plan once a budget is asked about."""
    content: dict[str, Any] = {
        "budget": budget,
        "extra": extra,
        "currency": call.service.currency,
        "plan": None,
        "told": None,
        "trouble": None,
    }
    if budget is not None:
        try:
            found = ask(call, decisions.plan, budget=budget, extra=EXTRA if extra is None else extra)
            content |= {"told": found, "plan": _shown(call, found)}
        except InputError as error:
            content["trouble"] = Refused.of(error, call.language)
    return room(call, request, "budgets", "budgets/plan.html.j2", **content)


def _shown(call: Call, found: BudgetPlan) -> dict[str, Any]:
    formats = reader_of(call).formats
    names = {each.key: each.name for each in ask(call, routes.playbooks).items}
    return {
        "profit": unbroken(formats.money(found.profit)),
        "interval": formats.interval(*_bounds(found, formats), found.level),
        "assumed": formats.percent(found.assumed / found.contacts, 0) if found.contacts else "",
        "offers": [
            _offer(each, found.level, names, formats)
            for each in sorted(found.offers, key=lambda each: -each.profit)
            if each.contacts
        ],
        "passed_over": found.passed_over,
        "block": _block(found, formats),
    }


def _bounds(each: BudgetPlan | OfferLine, formats: Formats) -> tuple[str, str]:
    return unbroken(formats.money(each.low)), unbroken(formats.money(each.high))


def _offer(each: OfferLine, level: float, names: Mapping[str, str], formats: Formats) -> Offer:
    return Offer(
        each,
        names.get(each.playbook, each.playbook),
        channel_name(formats, each.channel),
        formats.number(each.contacts),
        formats.money(each.spent),
        unbroken(formats.money(each.profit)),
        formats.interval(*_bounds(each, formats), level),
        formats.percent(each.assumed / each.contacts, 0) if each.assumed else "",
    )


def _block(found: BudgetPlan, formats: Formats) -> Block | None:
    """The curve, with its points as a table."""
    if len(found.curve) < 2:
        return None
    answer = formats.say(
        ANSWER,
        budget=formats.money(found.budget),
        profit=unbroken(formats.money(found.profit)),
        price=formats.money(found.price),
    )
    points = [(each.budget, each.profit) for each in found.curve]
    columns = [Column(key, formats.say(name), kind) for key, name, kind in COLUMNS]  # type: ignore[arg-type]  # kinds
    return Block(
        "curve",
        formats.say(QUESTION),
        answer,
        charts.spending(points, (found.spent, found.profit), formats, answer),
        table=Table(columns, points),
    )
