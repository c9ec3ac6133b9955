"""Words for what is stored and shown as a code: states, kinds, and why nobody was given a code."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from evergrove.core import InputError, Sentence, Term, _
from evergrove.programs.coupons import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSED: Mapping[str, Term] = {
    "programs.issue_paused": Term(_("the campaign is paused")),
    "programs.issue_over": Term(_("the campaign is over")),
    "programs.issue_limit": Term(_("all codes of the campaign are out")),
    "programs.issue_stock": Term(_("the stock of the shop's own codes has run out")),
    "programs.issue_budget": Term(_("the budget does not hold another code")),
    "programs.issue_person": Term(_("the person has used the campaign as often as one may")),
    "programs.issue_released": Term(_("its message ended without being sent")),
}
"""Why a code was not issued."""

MESSAGE_REASONS: Mapping[str, str] = {
    "programs.issue_stock": _("The shop's own codes of the campaign {campaign} had run out."),
}
"""Why a message was skipped for want of a code."""

KIND_WORDS: Mapping[str, Term] = {
    "amount": Term(_("amount off")),
    "percent": Term(_("percent off")),
    "threshold": Term(_("off from a spend on")),
    "gift": Term(_("gift")),
}

STATE_WORDS: Mapping[str, Term] = {
    "active": Term(_("at work")),
    "paused": Term(_("paused")),
    "issued": Term(_("issued")),
    "reserved": Term(_("reserved")),
    "redeemed": Term(_("redeemed")),
    "rolled_back": Term(_("rolled back")),
    "expired": Term(_("expired")),
    "void": Term(_("void")),
}


@cache
def _refusals() -> Mapping[str, str]:
    kinds: tuple[type[InputError], ...]
    kinds = (*errors.CouponRefused.__subclasses__(), errors.UnknownCoupon)
    return {kind.code: kind.message for kind in kinds}


def refusal(code: str) -> str:
    """What a code of an order was refused for, as it is stored: its sentence, or the code itself of another version."""
    return _refusals().get(code, code)


def reason_sentence(code: str, params: Mapping[str, object]) -> Sentence | None:
    """The words of a stored reason of this station; None for codes of another."""
    return Sentence(code, REFUSED[code], params) if code in REFUSED else None
