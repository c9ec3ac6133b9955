"""Letters whose links are followed: only where the shop wants it and the reader has agreed; all others stay as they are."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from evergrove.delivery.links.errors import NotAWebAddress
from evergrove.delivery.links.tables import letter_link
from evergrove.delivery.links.tokens import token_of
from evergrove.delivery.links.ways import PATHS, link_to, public_address
from evergrove.ledger import insert_new
from evergrove.people.consent.asking import consent_at
from evergrove.people.consent.kinds import ANY

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.delivery.types import Mail
    from evergrove.people import Seal
    from evergrove.settings import Settings

PURPOSE = "analytics"
_LINK = re.compile(r'(<a\b[^>]*?\bhref=")([^"]+)(")', re.IGNORECASE)
_WEB = re.compile(r"https?://[!-~\u0080-\U0010ffff]+")
_END = "</body>"


def who_is_counted(
    connection: Connection, settings: Settings, customer_ids: Collection[str], now: datetime
) -> set[str]:
    """Those among some customers of whom it may be counted what they open and follow; by the settings nobody at first."""
    if settings.mail.tracking == "off" or not customer_ids or not public_address(settings):
        return set()
    age = settings.outreach.least_age
    states = consent_at(connection, customer_ids, now, channel=ANY, purpose=PURPOSE, least_age=age)
    return {customer for customer, state in states.items() if state == "granted"}


def with_followed_links(
    connection: Connection,
    seal: Seal,
    settings: Settings,
    mails: Sequence[tuple[str, Mail]],
    now: datetime,
) -> list[Mail]:
    """
    Mails as they leave: of those who may be counted with followed links and the picture that tells of opening.

    Args:
        connection: Of the ``writing`` block in which the messages were begun: what was agreed to until now counts.
        seal: Of the workspace.
        settings: ``mail.tracking``.
        mails: Customer and mail of each.
        now: The moment at which they leave.

    Returns:
        The mails, in their order; those of everybody else are the very same.
    """
    counted = who_is_counted(connection, settings, {customer for customer, _mail in mails}, now)
    return [
        _followed(connection, seal, settings, mail, now) if customer in counted else mail
        for customer, mail in mails
    ]


def store_link(connection: Connection, destination: str, now: datetime) -> str:
    """
    Keep where a link leads; the name under which it is found again.

    Args:
        connection: Of a ``writing`` block.
        destination: https: or http:, with a host and without a user.
        now: When.

    Raises:
        NotAWebAddress: It is something else.
    """
    if not is_web(destination):
        raise NotAWebAddress
    name = sha256(destination.encode()).hexdigest()[:16]
    row = {"id": name, "destination": destination, "recorded_at": now}
    insert_new(connection, letter_link, [row])
    return name


def is_web(destination: str) -> bool:
    """Whether an address is one of a page: nothing else is ever sent on to."""
    if _WEB.fullmatch(destination) is None or "\\" in destination:
        return False
    try:
        parts = urlsplit(destination)
        return bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        return False


def _followed(connection: Connection, seal: Seal, settings: Settings, mail: Mail, now: datetime) -> Mail:
    html, own = mail.rendered.html, public_address(settings)
    found = {unescape(match[2]) for match in _LINK.finditer(html)}
    ways = {mail.unsubscribe, own}
    leading = sorted(each for each in found if is_web(each) and not _is_own(each, ways, own))
    names = {each: store_link(connection, each, now) for each in leading}

    def address(match: re.Match[str]) -> str:
        name = names.get(unescape(match[2]))
        if name is None:
            return match[0]
        token = token_of(seal, "click", mail.outbox_id, target=name, links=len(names))
        return f"{match[1]}{own}{PATHS['click']}{token}{match[3]}"

    pixel = (
        f'<img src="{escape(link_to(seal, settings, "open", mail.outbox_id))}" width="1" height="1" alt="">'
    )
    followed = _LINK.sub(address, html)
    head, end, tail = followed.rpartition(_END)
    html = f"{head}{pixel}{end}{tail}" if end else f"{followed}{pixel}"
    return replace(mail, rendered=replace(mail.rendered, html=html))


def _is_own(destination: str, ways: Collection[str], own: str) -> bool:
    """A way out is never followed: leaving is nobody's business but the reader's."""
    return destination in ways or destination.startswith(f"{own}/")
