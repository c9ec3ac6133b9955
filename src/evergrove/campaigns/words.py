"""What people read of playbooks: names, goals, and why a step was not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import Sentence, Term, _

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAYBOOK_TEXTS = (
    _("Welcome new customers"),
    _("A second order before the usual first gap is over."),
    _("Coupon before the expected order"),
    _("The next order inside its expected window."),
    _("Ask those who drift away"),
    _("An order, or the reason why there is none."),
    _("Grow with those who come back"),
    _("An order in the quarter, and something new in it."),
    _("Look after those who stay"),
    _("They stay, and say how we are doing."),
    _("Ask promoters to recommend"),
    _("A friend's first order."),
    _("Ask detractors what went wrong"),
    _("Their reason, and a way to put it right."),
    _("Ask the fairly content what is missing"),
    _("The reason why it is no 9."),
    _("Remind of a full cart"),
    _("The order is completed."),
    _("Find people like the best"),
    _("New customers at a price that pays."),
    _("Give early stars the fast lane"),
    _("The best tier within the year."),
    _("Congratulate those who rise"),
    _("They use what the tier brings."),
    _("Keep those who fall"),
    _("The tier is regained."),
    _("Review the month"),
    _("Proposals are decided on."),
    _("Lead prospects to a first order"),
    _("A first order at a price that pays."),
    _("Thank on the anniversary"),
    _("The bond is remembered, and an order."),
    _("Thank for the tenth order"),
    _("The next order."),
    _("Win back those who have gone"),
    _("An order; else quiet."),
    _("Look after the best"),
    _("They buy again, and stay in the best tier."),
    _("Lead those with potential upwards"),
    _("The best tier."),
    _("Keep the middle in touch"),
    _("An order, and a larger basket."),
    _("Invite to the day of points"),
    _("Points are spent, and an order with them."),
    _("Wake the quiet ones gently"),
    _("A second order, or quiet."),
    _("Call the best who have gone"),
    _("Won back within 90 days."),
)
"""Names and goals of the playbooks that Evergrove brings, marked for the translators; a test compares."""

STATE_WORDS: Mapping[str, Term] = {
    "draft": Term(_("draft")),
    "started": Term(_("started")),
    "paused": Term(_("paused")),
    "waiting": Term(_("waiting for approval")),
    "locked": Term(_("locked")),
    "active": Term(_("under way")),
    "finished": Term(_("finished")),
    "exited": Term(_("left early")),
}

INPUT_WORDS: Mapping[str, Term] = {
    "points": Term(_("loyalty points")),
    "referrals": Term(_("referrals")),
    "leads": Term(_("leads")),
    "lookalikes": Term(_("look-alikes")),
    "reports": Term(_("monthly reports")),
}
"""What playbooks may need that no station gives yet."""

CAUSE_WORDS: Mapping[str, Term] = {
    "initial": Term(_("first import")),
    "backfill": Term(_("history caught up on")),
    "policy": Term(_("changed rules")),
    "model": Term(_("new models")),
    "limit": Term(_("the day had its fill")),
}
"""Why entries are held back until somebody releases them."""

ARM_WORDS: Mapping[str, Term] = {"treated": Term(_("treated")), "control": Term(_("control"))}

REASON_WORDS: Mapping[str, str] = {
    "campaigns.ordered": _("The customer has ordered since."),
    "campaigns.left_stage": _("The customer is in another stage by now: {stage}."),
    "campaigns.gone": _("The customer is no longer among the customers."),
    "campaigns.erased": _("The person was erased, and left the playbook."),
    "campaigns.tier_reached": _("The customer has reached the tier: {tier}."),
    "campaigns.condition_met": _("The customer meets the condition with which the playbook lets go."),
    "campaigns.event_seen": _("What the playbook lets go with has happened: {event}."),
    "campaigns.waited": _("What the playbook waited for has not come: {event}."),
    "campaigns.not_for": _("The step is not for this customer: its condition is not met."),
    "campaigns.would_buy": _("The customer is likely to buy within a week anyway (chance: {p})."),
    "campaigns.too_late": _("Its last day has passed: {until}."),
    "campaigns.exited": _("The customer left the playbook before it was sent."),
    "campaigns.paused": _("The playbook was paused before it was sent."),
    "campaigns.control": _("The customer is kept untreated, so that the effect can be measured."),
}

COUNTED: Mapping[str, str] = {
    "campaigns.left_stage": _("The customer is in another stage by now."),
    "campaigns.tier_reached": _("The customer has reached the tier with which the playbook lets go."),
    "campaigns.event_seen": _("What the playbook lets go with has happened."),
    "campaigns.waited": _("What the playbook waited for has not come."),
    "campaigns.would_buy": _("The customer is likely to buy within a week anyway."),
    "campaigns.too_late": _("The last day for it has passed."),
}
"""Reasons that name a day, a chance or a playbook, as they are said of several customers at once."""


def reason_sentence(code: str, params: Mapping[str, object]) -> Sentence | None:
    """The words of a stored reason of this station; None for codes of another."""
    return Sentence(code, REASON_WORDS[code], params) if code in REASON_WORDS else None
