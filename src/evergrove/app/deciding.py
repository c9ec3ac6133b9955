"""What was decided for a customer and why, and what a budget would bring, as people and programs ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.decisions.choice import Promise
from evergrove.decisions.explaining import decisions_of
from evergrove.pipeline.spending import spending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from evergrove.app.workspace import Workspace
    from evergrove.decisions.choice import Plan
    from evergrove.decisions.explaining import Told

EXTRA = 1000.0
"""The next sum of money, where nobody names another."""
LEVEL = 0.8
NO_PROMISE = Promise(contacts=0, spent=0.0, profit=0.0, low=0.0, high=0.0, assumed=0)
PASSED_OVER: Mapping[str, str] = {
    "waits_for_something": _(
        "{playbook} waits for something to happen, which cannot be planned from where customers stand."
    ),
    "nothing_believed": _(
        "Nothing is believed of {playbook} yet: evergrove measure makes the first assumptions."
    ),
    "nobody": _("Nobody may get {playbook}: nobody stands where it takes people in, or guards forbid it."),
}
"""Why a playbook at work is not in a plan."""


def decided_for(here: Workspace, customer_id: str, most: int, until: date | None = None) -> Told:
    """What was decided for a customer, the newest first: under any id of the person."""
    with here.ledger.reading() as connection:
        return decisions_of(connection, customer_id, most, until)


def planned(
    here: Workspace, budget: float, by_channel: Mapping[str, float] | None = None, extra: float = EXTRA
) -> dict[str, Any]:
    """
    What a budget would bring, as programs read it; nothing is stored, and nothing is sent.

    Args:
        here: The workspace.
        budget: Money for everything.
        by_channel: Money for single channels, beside it.
        extra: The next sum, of which it is said what it would bring.

    Raises:
        NothingPublished: There was no run yet.
        ChannelUnknown: A channel has a budget and no offer.
    """
    found = spending(here, budget, by_channel, extra)
    plan, more, curve = found.plan, found.more, found.curve
    return {
        "as_of": found.as_of.isoformat(),
        "believed_on": found.believed_on.isoformat() if found.believed_on else None,
        "currency": here.settings.value.currency,
        "budget": budget,
        "by_channel": dict(by_channel or {}),
        "people": found.people,
        "level": LEVEL if plan is None else plan.level,
        **vars(NO_PROMISE if plan is None else plan.total),
        "price": 0.0 if plan is None else plan.choice.price,
        "next": {"extra": extra, "value": 0.0, "error": 0.0, "used": 0.0} if more is None else vars(more),
        "offers": [] if plan is None else list(_offers(plan)),
        "curve": []
        if curve is None
        else [
            {"budget": at, "profit": profit, "price": price}
            for at, profit, price in zip(
                curve.budget.tolist(), curve.value.tolist(), curve.price.tolist(), strict=True
            )
        ],
        "passed_over": [{"playbook": key, "reason": why} for key, why in sorted(found.passed_over.items())],
        "price_guard": found.is_guarded,
        "faces": [{"cell": cell, "face": face} for cell, face in sorted(found.faces.items())],
    }


def _offers(plan: Plan) -> Iterator[dict[str, Any]]:
    for offer, promise in zip(plan.offers, plan.by_offer, strict=True):
        yield vars(offer) | vars(promise)
