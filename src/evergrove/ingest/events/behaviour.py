"""What customers did besides buying: named events, pages, screens, groups. Only what the table ``events`` knows is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from evergrove.ingest.events.accepting import ACCEPTED, accepted
from evergrove.ingest.events.reading import Told
from evergrove.ingest.events.redacting import is_address, redacted
from evergrove.ingest.events.types import CONTENT_FORMAT
from evergrove.ingest.events.values import Refused, amount_of, currency_of, id_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_IDS = ("product_id", "order_id", "cart_id")
_TEXTS = ("category", "channel", "campaign", "source", "device")


def track_told(name: str, properties: Mapping[str, Any], at: datetime) -> Told:
    """
    A named event.

    Raises:
        Refused: It says that somebody agreed to messages, and not to which or how many.
    """
    content = _content(redacted(name), properties)
    return Told("track", at, content | accepted(properties) if name.casefold() == ACCEPTED else content)


def seen(
    kind: Literal["page", "screen"], message: Mapping[str, Any], properties: Mapping[str, Any], at: datetime
) -> Told:
    """A page or a screen that somebody looked at."""
    content = _content("visit" if kind == "page" else "app", properties)
    if "page" not in content and (name := _quiet(message, "name")):
        content["page"] = name
    return Told(kind, at, content)


def group_told(message: Mapping[str, Any], at: datetime) -> Told:
    """
    That somebody belongs to a group; its traits are let go of.

    Raises:
        Refused: It names no group.
    """
    group = id_of(message, "groupId", "ingest.bad_id")
    if not group:
        raise Refused("events.no_group", "groupId")
    return Told(
        "group",
        at,
        {
            "format": CONTENT_FORMAT,
            "name": "group",
            "group_id": redacted(group) if is_address(group) else group,
        },
    )


def _content(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of properties: those that the table has a column for; others may name anybody."""
    content: dict[str, Any] = {"format": CONTENT_FORMAT, "name": name}
    content |= {each: found for each in _IDS if (found := _quiet_id(properties, each))}
    content |= {each: found for each in _TEXTS if (found := _quiet(properties, each))}
    if page := _path(properties):
        content["page"] = page
    try:
        value, currency = amount_of(properties, "value"), currency_of(properties)
    except Refused:  # a value of something else than money
        return content
    if value is not None:
        content |= {"value": str(value), **({"currency": currency} if currency else {})}
    return content


def _path(properties: Mapping[str, Any]) -> str:
    """The path of a page, without what may name somebody: host, question and fragment."""
    given = next((told for name in ("path", "url", "page") if (told := _plain(properties, name))), "")
    if not given:
        return ""
    try:
        return redacted(urlsplit(given).path) or "/"
    except ValueError:
        return ""


def _quiet(told: Mapping[str, Any], name: str) -> str:
    """A text that is not needed: what is none is left away, and so is whatever in it reads like a person."""
    return redacted(_plain(told, name))


def _plain(told: Mapping[str, Any], name: str) -> str:
    try:
        return text_of(told, name) if not isinstance(told.get(name), dict | list) else ""
    except Refused:
        return ""


def _quiet_id(told: Mapping[str, Any], name: str) -> str:
    try:
        found = id_of(told, name, "ingest.bad_id")
    except Refused:
        return ""
    return "" if is_address(found) else found
