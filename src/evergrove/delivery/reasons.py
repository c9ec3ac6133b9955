"""Why a message was not handed over, as codes that are stored, and the sentences that faces show for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "delivery.capped": _("The customer has had as many messages as one may get."),
    "delivery.quiet_hours": _("It is night where the customer lives."),
    "delivery.no_channel": _("Nothing is set up to send over this channel."),
    "delivery.no_template": _("There is no such template in the customer's language."),
    "delivery.missing_value": _("The template needs a value that is missing."),
    "delivery.unsafe_header": _("The address or the name could break out of the message's header."),
    "delivery.unsafe_subject": _("The subject is empty, too long or not one line."),
    "delivery.template_problem": _("The template cannot be written."),
    "delivery.address_refused": _("The server refused the address."),
    "delivery.content_refused": _("The server refused the message."),
    "delivery.put_off": _("The server asked to try again later."),
    "delivery.broken_off": _("The connection broke off before the message was complete."),
    "delivery.no_answer": _("The connection broke off before the server had confirmed the message."),
    "delivery.bounced": _("The letter came back: the address takes no mail."),
    "delivery.came_back": _("The letter came back, for now."),
    "delivery.complained": _("The reader reported the letter as unwanted."),
    "delivery.gave_up": _("The server put the message off again and again for a day."),
    "delivery.did_not_take": _("The other side answered that it did not take the message."),
    "delivery.throttled": _("The other side asked to be sent less at a time."),
    "delivery.no_token": _("The customer has agreed to no further message on the platform."),
    "delivery.opted_out": _("The customer has told the platform to be left alone."),
    "delivery.handed_back": _("The run ended before it was this message's turn."),
}
"""Reason to sentence, English; faces translate it."""
