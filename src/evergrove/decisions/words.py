"""Why something was decided so, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.campaigns.words import COUNTED as CAMPAIGNS_COUNTED
from evergrove.campaigns.words import reason_sentence as campaigns_sentence
from evergrove.core import Sentence, Term, _
from evergrove.decisions.choice.words import REASON_WORDS as CHOICE_REASONS
from evergrove.people.reasons import REASONS as PEOPLE_REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTCOME_WORDS: Mapping[str, Term] = {
    "send": Term(_("to be sent")),
    "control": Term(_("kept untreated")),
    "blocked": Term(_("not allowed")),
    "outranked": Term(_("not chosen")),
    "skipped": Term(_("held back")),
}

REASON_WORDS: Mapping[str, str] = {
    "decisions.cap_day": _("No more than {most} {most:message|messages} within a day."),
    "decisions.cap_week": _("No more than {most} {most:message|messages} within a week."),
    "decisions.cap_month": _("No more than {most} {most:message|messages} within a month."),
    "decisions.cap_calendar_day": _(
        "No more than {most} {most:message|messages} on one day of the calendar."
    ),
    "decisions.cap_calendar_week": _(
        "No more than {most} {most:message|messages} in one week of the calendar."
    ),
    "decisions.cap_calendar_month": _(
        "No more than {most} {most:message|messages} in one month of the calendar."
    ),
    "decisions.cap_channel_day": _("No more than {most} {most:message|messages} by {channel} within a day."),
    "decisions.cap_channel_week": _(
        "No more than {most} {most:message|messages} by {channel} within a week."
    ),
    "decisions.cap_channel_month": _(
        "No more than {most} {most:message|messages} by {channel} within a month."
    ),
    "decisions.cap_channel_calendar_day": _(
        "No more than {most} {most:message|messages} by {channel} on one day of the calendar."
    ),
    "decisions.cap_channel_calendar_week": _(
        "No more than {most} {most:message|messages} by {channel} in one week of the calendar."
    ),
    "decisions.cap_channel_calendar_month": _(
        "No more than {most} {most:message|messages} by {channel} in one month of the calendar."
    ),
    "decisions.channel_not_set_up": _("Nothing is set up to send by {channel}."),
    "decisions.open_case": _(
        "Something is open with the customer: a complaint, a bad answer or goods on the way back."
    ),
    "decisions.holiday": _("The day is a holiday where the customer lives."),
    "decisions.no_hour_left": _("No hour is left in which it may be sent."),
    "decisions.budget_exhausted": _("The budget has not enough left."),
    "decisions.no_token": _("The customer has not agreed to one more message by {channel}."),
    "decisions.provider_rate": _("The provider takes messages by {channel} no faster."),
    "decisions.told_already": _("The same person was told this under another customer id."),
    "decisions.two_arms": _(
        "The person was kept untreated under one customer id and treated under another, and is left alone."
    ),
    "decisions.outranked": _("Another playbook goes first on this day: {by}."),
    "decisions.outranked_by_value": _(
        "Another playbook brings more on this day: {by} is believed to bring {best_value} after its cost, this one {value}."
    ),
    "decisions.no_value": _("After its cost it is believed to bring {value}: nothing is better."),
    "decisions.drawn": _(
        "Chance chose {by} on this day: a few choices are drawn, so that effects can go on being measured."
    ),
    "decisions.drawn_nothing": _(
        "Chance chose nothing on this day: a few choices are drawn, so that effects can go on being measured."
    ),
    "outbox.stopped": _("People have stopped it; it waits until they let it go on."),
}

COUNTED: Mapping[str, str] = {
    "decisions.cap_day": _("Had as many messages within a day as one may get."),
    "decisions.cap_week": _("Had as many messages within a week as one may get."),
    "decisions.cap_month": _("Had as many messages within a month as one may get."),
    "decisions.cap_calendar_day": _("Had as many messages on one day of the calendar as one may get."),
    "decisions.cap_calendar_week": _("Had as many messages in one week of the calendar as one may get."),
    "decisions.cap_calendar_month": _("Had as many messages in one month of the calendar as one may get."),
    "decisions.cap_channel_day": _("Had as many messages by this channel within a day as one may get."),
    "decisions.cap_channel_week": _("Had as many messages by this channel within a week as one may get."),
    "decisions.cap_channel_month": _("Had as many messages by this channel within a month as one may get."),
    "decisions.cap_channel_calendar_day": _(
        "Had as many messages by this channel on one day of the calendar as one may get."
    ),
    "decisions.cap_channel_calendar_week": _(
        "Had as many messages by this channel in one week of the calendar as one may get."
    ),
    "decisions.cap_channel_calendar_month": _(
        "Had as many messages by this channel in one month of the calendar as one may get."
    ),
    "decisions.channel_not_set_up": _("Nothing is set up to send over this channel."),
    "decisions.no_token": _("Has not agreed to one more message by this channel."),
    "decisions.provider_rate": _("The provider takes messages no faster."),
    "decisions.outranked": _("Another playbook goes first on this day."),
    "decisions.outranked_by_value": _("Another playbook brings more on this day."),
    "decisions.no_value": _("Is not believed to bring more than it costs."),
    "decisions.drawn": _("Chance chose another playbook, so that effects can go on being measured."),
}
"""Reasons that name a number, a channel or a playbook, as they are said of several customers at once."""


def counted(code: str) -> str:
    """What a reason says of all for whom it holds, English; a code of another version stands for itself."""
    known = {**CAMPAIGNS_COUNTED, **COUNTED}
    if code in known:
        return known[code]
    found = reason_sentence(code, {})
    return found.template if found.template != "{code}" else code


def reason_sentence(code: str, params: Mapping[str, object]) -> Sentence:
    """The words of any stored reason of a decision; a code of another version stands for itself."""
    if code in REASON_WORDS:
        return Sentence(code, REASON_WORDS[code], params)
    if code in CHOICE_REASONS:
        return Sentence(code, CHOICE_REASONS[code], params)
    if code in PEOPLE_REASONS:
        return Sentence(code, PEOPLE_REASONS[code], params)
    return campaigns_sentence(code, params) or Sentence(code, "{code}", {"code": code})
