"""Stored reasons of all stations in words, where they are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.decisions import reason_sentence
from evergrove.decisions.words import COUNTED as DECISIONS
from evergrove.delivery import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNTED: Mapping[str, str] = {
    **DECISIONS,
    "campaigns.left_stage": _("The customer is in another stage by now."),
    "campaigns.tier_reached": _("The customer has reached the tier with which the playbook lets go."),
    "campaigns.event_seen": _("What the playbook lets go with has happened."),
    "campaigns.waited": _("What the playbook waited for has not come."),
    "campaigns.would_buy": _("The customer is likely to buy within a week anyway."),
    "campaigns.too_late": _("The last day for it has passed."),
}
"""Reasons that name a day, a chance or a playbook, as they are said of several customers at once."""


def counted(code: str) -> str:
    """What a reason says of all for whom it holds, English; a code of another version stands for itself."""
    if code in COUNTED:
        return COUNTED[code]
    if code in REASONS:
        return REASONS[code]
    from evergrove.outbox.reasons import REASONS as OUTBOX  # noqa: PLC0415 - help is said without it

    if code in OUTBOX:
        return OUTBOX[code]
    sentence = reason_sentence(code, {})
    return sentence.template if sentence.template != "{code}" else code
