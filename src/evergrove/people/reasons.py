"""Why a person is not written to, as codes that are stored, and the sentences that faces show for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "people.erased": _("The person was erased."),
    "people.consent_unknown": _("Nothing says that the person agreed to be written to."),
    "people.consent_denied": _("The person did not agree to be written to."),
    "people.consent_revoked": _("The person has taken the agreement back."),
    "people.bounced": _("The address does not exist."),
    "people.complained": _("The person reported a message as unwanted."),
    "people.stopped": _("The person asked for no more messages."),
    "people.no_address": _("There is no address."),
}
"""Reason to sentence, English; faces translate it."""
