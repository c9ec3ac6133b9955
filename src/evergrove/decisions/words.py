"""Why something was decided so, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.campaigns.words import reason_sentence as campaigns_sentence
from evergrove.core import Sentence, Term, _
from evergrove.people.reasons import REASONS as PEOPLE_REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTCOME_WORDS: Mapping[str, Term] = {
    "send": Term(_("to be sent")),
    "control": Term(_("kept untreated")),
    "blocked": Term(_("not allowed")),
    "outranked": Term(_("another went first")),
    "skipped": Term(_("held back")),
}

REASON_WORDS: Mapping[str, str] = {
    "decisions.cap_day": _("No more than {most} {most:message|messages} within a day."),
    "decisions.cap_week": _("No more than {most} {most:message|messages} within a week."),
    "decisions.cap_month": _("No more than {most} {most:message|messages} within a month."),
    "decisions.no_hour_left": _("No hour is left in which it may be sent."),
    "decisions.told_already": _("The same person was told this under another customer id."),
    "decisions.two_arms": _(
        "The person was kept untreated under one customer id and treated under another, and is left alone."
    ),
    "decisions.outranked": _("Another playbook goes first on this day: {by}."),
}


def reason_sentence(code: str, params: Mapping[str, object]) -> Sentence:
    """The words of any stored reason of a decision; a code of another version stands for itself."""
    if code in REASON_WORDS:
        return Sentence(code, REASON_WORDS[code], params)
    if code in PEOPLE_REASONS:
        return Sentence(code, PEOPLE_REASONS[code], params)
    return campaigns_sentence(code, params) or Sentence(code, "{code}", {"code": code})
