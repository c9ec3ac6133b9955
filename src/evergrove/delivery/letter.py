"""One message of the outbox as a mail: the recipient's address, language and words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evergrove.delivery.errors import NoSender, NoWayOut
from evergrove.delivery.links import signed_name, ways_out
from evergrove.delivery.links.ways import way_out_by_settings
from evergrove.delivery.rendering import render, shipped
from evergrove.delivery.types import Mail
from evergrove.delivery.wording import values_of
from evergrove.people import checked_address, checked_name
from evergrove.text import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from evergrove.delivery.rendering import Letter
    from evergrove.outbox import Claim
    from evergrove.people import Contact, Seal
    from evergrove.settings import MailSettings, Settings
    from evergrove.text import Language

_ON_ONE_LINE = re.compile(r"[!-;=?-~]+")  # printable ASCII but for the brackets that stand around it
_PAGE = re.compile(r"//[A-Za-z0-9.-]+(?::\d+)?(?:[/?#].*)?")
A_TOKEN = "0" * 64
"""As long as the real ones, which take the whole of what may stand before the @."""


def check_sender(settings: Settings) -> None:
    """
    Refuse to send in nobody's name, or without a way to leave.

    Raises:
        NoSender: The sender is not an address, or its name not on one line.
        NoWayOut: The way to leave is neither mailto: with an address nor https: with a host, or not on one line; or
            none is set, and the service has no public address either.
    """
    mail = settings.mail
    if checked_address(mail.sender) is None or checked_name(mail.sender_name) is None:
        raise NoSender(sender=mail.sender)
    way_out = way_out_by_settings(settings, A_TOKEN)
    scheme, _, rest = way_out.partition(":")
    is_mail = scheme == "mailto" and checked_address(rest.partition("?")[0]) is not None
    is_page = scheme == "https" and _PAGE.fullmatch(rest) is not None
    # Told here and not message by message: each would be refused as unsafe, and the list be used up.
    if not (is_mail or is_page) or _ON_ONE_LINE.fullmatch(way_out) is None:
        raise NoWayOut


def message_id(claim: Claim, mail: MailSettings, seal: Seal) -> str:
    """The name under which a message leaves, the same at every attempt; nobody else can make it up."""
    return f"{signed_name(seal, claim.id)}@{_canonical(mail.sender).rpartition('@')[2]}"


def written(
    claim: Claim,
    contact: Contact,
    seal: Seal,
    settings: Settings,
    now: datetime,
    own: Mapping[str, Letter] | None = None,
) -> Mail:
    """
    The mail of a message that no guard has stopped.

    Args:
        claim: The message.
        contact: Of the recipient.
        seal: Of the workspace.
        settings: Who writes, and in which language to those of whom none is known.
        now: The moment of the attempt.
        own: The shop's own letters, of which one may stand in the place of a shipped one; see ``letters_of``.

    Raises:
        TemplateProblem: It cannot be written; see ``render``.
    """
    message, mail = claim.message, settings.mail
    address = _canonical(contact.email or "")
    reader = _language(message.language or contact.language, settings)
    ways = ways_out(seal, settings, claim.id, address)
    letter = (own or {}).get(message.template) or shipped(message.template)
    values = values_of(
        message.params,
        contact,
        mail,
        reader,
        ways,
        currency=settings.value.currency,
        declared=letter.params,
    )
    return Mail(
        outbox_id=claim.id,
        message_id=message_id(claim, mail, seal),
        sender=(_canonical(mail.sender), mail.sender_name),
        recipient=(address, contact.name or ""),
        rendered=render(letter, reader, values),
        unsubscribe=ways.unsubscribe,
        is_one_click=ways.is_one_click,
        sent_at=now,
    )


def _canonical(address: str) -> str:
    """An address as servers know it, its domain in ASCII; what is none stays as it is, and is refused later."""
    return checked_address(address) or address


def _language(wanted: str | None, settings: Settings) -> Language:
    return next((known for known in LANGUAGES if known == wanted), settings.value.language)
