"""The ways out that stand in a letter: the shop's own address, or else the page of this service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.delivery.links.tokens import token_of
from evergrove.people import address_hash

if TYPE_CHECKING:
    from evergrove.delivery.links.tokens import Kind
    from evergrove.people import Seal
    from evergrove.settings import Settings

TOKEN = "{token}"  # noqa: S105 - the place for one
PATHS: dict[Kind, str] = {"leave": "/l/", "preferences": "/p/", "click": "/c/", "open": "/o/"}


@dataclass(frozen=True)
class Ways:
    """
    What a letter says of leaving.

    Attributes:
        unsubscribe: mailto: or https:, for the letter and its header; empty where there is none.
        is_one_click: Whether a POST to it takes effect at once (RFC 8058).
        preferences: Page on which one says what one wants; empty where the service has no public address.
    """

    unsubscribe: str
    is_one_click: bool
    preferences: str


def public_address(settings: Settings) -> str:
    """The service's own address, without a slash at its end; empty where nobody outside could follow it safely."""
    base = settings.access.base_url.rstrip("/")
    return base if base.startswith("https://") else ""


def link_to(seal: Seal, settings: Settings, kind: Kind, outbox_id: str) -> str:
    """Where a link of a letter leads; empty without a public address."""
    base = public_address(settings)
    return f"{base}{PATHS[kind]}{token_of(seal, kind, outbox_id)}" if base else ""


def ways_out(seal: Seal, settings: Settings, outbox_id: str, address: str) -> Ways:
    """
    How the reader of one letter leaves.

    Args:
        seal: Of the workspace.
        settings: ``mail.unsubscribe``: the shop's own way, which goes before ours; ``{token}`` in it becomes a secret
            name of the address. ``access.base_url``: where our pages are.
        outbox_id: Of the message.
        address: Of the recipient.
    """
    preferences, own = link_to(seal, settings, "preferences", outbox_id), settings.mail.unsubscribe
    if not own:
        leave = link_to(seal, settings, "leave", outbox_id)
        return Ways(leave, bool(leave), preferences)
    # A page that cannot tell who is leaving cannot let anybody go with one click.
    is_one_click = own.startswith("https:") and TOKEN in own
    return Ways(own.replace(TOKEN, address_hash(seal, address)), is_one_click, preferences)


def way_out_by_settings(settings: Settings, token: str) -> str:
    """The same without a letter: what ways out look like, to be checked before anything is sent."""
    own, base = settings.mail.unsubscribe, public_address(settings)
    return own.replace(TOKEN, token) if own else f"{base}{PATHS['leave']}{token}" if base else ""
