"""A message of the outbox as channels other than e-mail take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.delivery.links import ways_out
from evergrove.delivery.rendering import render_note, render_platform, render_short, shipped
from evergrove.delivery.types import Outgoing
from evergrove.delivery.wording import values_of
from evergrove.text import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from evergrove.delivery.channels import Channel
    from evergrove.delivery.rendering import Letter
    from evergrove.delivery.rendering.types import Values
    from evergrove.outbox import Claim
    from evergrove.people import Contact, Seal
    from evergrove.settings import Settings
    from evergrove.text import Language


def outgoing(
    claim: Claim,
    contact: Contact,
    seal: Seal,
    settings: Settings,
    now: datetime,
    channel: Channel,
    own: Mapping[str, Letter],
) -> Outgoing:
    """
    What a channel is given of a message that no guard has stopped.

    Args:
        claim: The message.
        contact: Of the recipient, with the address on the channel.
        seal: Of the workspace.
        settings: Who writes, and in which language to those of whom none is known.
        now: The moment of the attempt.
        channel: Its form says what is written.
        own: The shop's own letters, of which one may stand in the place of a shipped one.

    Raises:
        TemplateProblem: It cannot be written.
        NoTemplate: The letter has no such form in this language.
    """
    message, reader = claim.message, reader_of(claim, settings, contact.language)
    plain = Outgoing(claim.id, message, contact.address or "", now, reader)
    if channel.form in ("facts", "mail"):
        return plain
    letter = own.get(message.template) or shipped(message.template)
    values = values_of(
        message.params,
        contact,
        settings.mail,
        reader,
        ways_out(seal, settings, claim.id, contact.address or ""),
        currency=settings.value.currency,
        declared=letter.params,
    )
    return _in_words(plain, letter, reader, values, channel)


def _in_words(
    plain: Outgoing, letter: Letter, reader: Language, values: Values, channel: Channel
) -> Outgoing:
    where = (plain.outbox_id, plain.message, plain.to, plain.sent_at, reader)
    if channel.form == "platform":
        filled = render_platform(letter, reader, values, channel.name)
        return Outgoing(*where, template_id=filled.template_id, fields=dict(filled.fields))
    if channel.form == "note":
        subject, text = render_note(letter, reader, values)
        return Outgoing(*where, subject=subject, text=text)
    short = render_short(letter, reader, values, is_sms=channel.form == "short")
    return Outgoing(*where, text=short.text)


def platform_templates(
    claims: Sequence[Claim], channel: str, own: Mapping[str, Letter], settings: Settings
) -> dict[tuple[str, str], str]:
    """
    What a platform calls the templates of some messages, by channel and our own name.

    Args:
        claims: The messages.
        channel: Of the platform.
        own: The shop's own letters; a shipped one has no template of a platform.
        settings: The language whose template counts: tokens are given for one template.
    """
    found: dict[tuple[str, str], str] = {}
    for claim in claims:
        name = claim.message.template
        letter, reader = own.get(name), reader_of(claim, settings, None)
        wording = None if letter is None else letter.words.get(reader)
        platform = None if wording is None else wording.platforms.get(channel)
        if platform is not None:
            found[channel, name] = platform.template_id
    return found


def reader_of(claim: Claim, settings: Settings, known: str | None) -> Language:
    """The language of a message's reader: its own, else the person's, else the shop's."""
    wanted = claim.message.language or known
    return next((each for each in LANGUAGES if each == wanted), settings.value.language)
