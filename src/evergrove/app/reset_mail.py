"""The mail with a link for a new password: sent at once, past the outbox, to whoever asked for it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from uuid import uuid4

from evergrove.core import EvergroveError, _, watching
from evergrove.delivery import Mail, Rendered, SmtpChannel
from evergrove.outbox import require_outbound
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.access import Link
    from evergrove.app.workspace import Workspace
    from evergrove.text import Language

SUBJECT = _("Your new password")
WORDS = _(
    "Somebody, probably you, has asked for a new password. This address opens once, until {until} UTC:\n\n{address}\n\nIf it was not you, nothing needs doing: the old password stays."
)
MINUTE = "%Y-%m-%d %H:%M"


def mail_reset(here: Workspace, email: str, link: Link, language: Language) -> None:
    """
    Send somebody the way to a new password, under the address that the settings name and no other.

    Whatever goes wrong is written down without the address, and told to nobody: who asked must not learn whether
    there is an account. Without a mail server, administrators hand links over.

    Args:
        here: The workspace.
        email: As it was asked for; the account has it.
        link: Opens once.
        language: Of the mail.
    """
    try:
        with here.ledger.reading() as connection:
            require_outbound(connection)
        channel = SmtpChannel(here.settings.mail)
        try:
            (receipt,) = channel.deliver([_mail(here, email.strip(), link, language)])
        finally:
            channel.close()
        if isinstance(receipt, EvergroveError):
            raise receipt
    except EvergroveError as error:
        watching.said("reset mail not sent", level="warning", code=error.code)


def _mail(here: Workspace, email: str, link: Link, language: Language) -> Mail:
    formats, own = Formats(language), here.settings
    address = link.under(own.access.base_url)
    text = formats.say(WORDS, until=f"{link.expires_at:{MINUTE}}", address=address)
    lines = escape(text).replace("\n", "<br>\n")
    html = f'<!doctype html>\n<html lang="{language}"><body><p>{lines}</p></body></html>\n'
    name = uuid4().hex
    return Mail(
        outbox_id=name,
        message_id=f"{name}@{own.mail.sender.rpartition('@')[2]}",
        sender=(own.mail.sender, own.mail.sender_name),
        recipient=(email, ""),
        rendered=Rendered(formats.say(SUBJECT), text, html),
        unsubscribe="",
        is_one_click=False,
        sent_at=here.clock.now(),
    )
