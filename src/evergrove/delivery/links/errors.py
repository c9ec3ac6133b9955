"""Why a link or a report leads nowhere."""

from __future__ import annotations

from evergrove.core import InputError, _


class NoSuchLink(InputError):
    """A link that this workspace has not made, or not so."""

    code = "delivery.no_such_link"
    message = _("This link leads nowhere.")
    hint = _("Is it complete, as it stands in the message?")


class NotAWebAddress(InputError):
    """Only pages of the web are linked to."""

    code = "delivery.not_a_web_address"
    message = _("A link of the message leads neither to an https: nor to an http: address.")
    hint = _("Write it out in the template, host and all.")
