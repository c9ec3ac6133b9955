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
    "people.consent_pending": _("The person has not confirmed the agreement yet."),
    "people.consent_expired": _("The agreement was given for a time, and that is over."),
    "people.consent_minor": _("The person is under age, and no guardian has agreed."),
    "people.profiling_refused": _("The person is not to be valued or ranked."),
    "people.profiling_minor": _(
        "The person is under age, and no guardian has agreed to being valued or ranked."
    ),
    "people.bounced": _("The address does not exist."),
    "people.unreachable": _("Messages to the address came back again and again."),
    "people.complained": _("The person reported a message as unwanted."),
    "people.stopped": _("The person asked for no more messages."),
    "people.no_address": _("There is no address."),
    "people.seal_broken": _("The sealed address does not open."),
}
"""Reason to sentence, English; faces translate it."""

ROWS: Mapping[str, str] = {
    "people.bad_email": _("The address is not one e-mail address."),
    "people.bad_name": _("The name is too long, does not stand on one line, or holds a link."),
    "people.conflict": _("An earlier row says something else of the same customer."),
    "people.erased": _("The person was erased."),
    "people.unclear_consent": _("What the cell says of consent is neither yes nor no; it counts as neither."),
    "people.unknown_language": _("The language is not known; the shop's own is used."),
    "people.unknown_zone": _("The time zone is not known; the shop's own is used."),
    "people.bad_identifier": _(
        "The cell holds no usable identifier of its kind; the others of the row are used."
    ),
    "people.bad_birthday": _("The birthday is no day of the past; the rest of the row is used."),
    "people.unusable_word": _("The purpose or the channel is not known, or the word is dated in the future."),
    "people.refused_elsewhere": _(
        "The file says yes, but the person has said no by another way, or since it was written."
    ),
}
"""Code of a rejected row, or of a cell that could not be used, to its sentence, English."""

JOINING: Mapping[str, str] = {
    "people.same_identifier": _("They were told with the same identifier."),
    "people.by_hand": _("A person said so."),
    "people.shared_identifier": _("It stands with more persons than one household has, and joins nobody."),
    "people.two_persons": _("It would join two persons for certain, and joins nobody."),
    "people.nobody_else": _("Nobody else has it any more."),
}
"""Why a link between a customer and an identifier counts or does not, to its sentence, English."""
