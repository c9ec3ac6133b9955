"""Messages in Segment's shape: identify, track, page, screen, group, alias; its orders become orders of ours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from evergrove.ingest.events.behaviour import group_told, seen, track_told
from evergrove.ingest.events.customers import identify_told
from evergrove.ingest.events.reading import (
    Told,
    made_event,
    message_id_of,
    refused_event,
    who_of,
)
from evergrove.ingest.events.shopping import ORDER_EVENTS, order_told
from evergrove.ingest.events.types import CONTENT_FORMAT, Reason, anonymous_customer
from evergrove.ingest.events.values import Refused, believable, id_of, moment_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from evergrove.ingest.events.reading import Desk
    from evergrove.ingest.events.types import Event, EventKind

TYPES = ("identify", "track", "page", "screen", "group", "alias")
ON_THE_WAY = timedelta(seconds=60)
"""A difference between the sender's clock and ours that is no wrong clock, but the way that the message took."""


def read_message(
    desk: Desk, message: Any, kind: str, sent_at: datetime | None = None
) -> tuple[Event | None, Refused | None]:
    """
    Read one message.

    Args:
        desk: Of the request.
        message: As JSON has it.
        kind: Its type: of the path, or what the message of a batch says.
        sent_at: When its batch was sent, by the sender's clock.

    Returns:
        The event, and why it is refused, if it is; a refused one is stored to be looked at where it can be named.
    """
    if not isinstance(message, dict):
        return None, Refused("events.not_an_object")
    try:
        if kind not in TYPES:
            raise Refused("events.unknown_type", "type")  # noqa: TRY301 - one place makes refusals of what is refused
        who, message_id = who_of(message), message_id_of(message)
        told = _TOLD[kind](message, _at(message, sent_at, desk.received_at))
        return made_event(desk, message, message_id, who, told), None
    except Refused as refused:
        reason = Reason(refused.code, {"path": refused.path} if refused.path else {})
        return refused_event(desk, message, _KIND.get(kind, "track"), reason), refused


def _at(message: Mapping[str, Any], sent_at: datetime | None, received_at: datetime) -> datetime:
    """
    When it happened by our clock: the sender's moment, moved by as much as the sender's clock is wrong.

    Segment's rule is receivedAt - (sentAt - originalTimestamp). A difference that the way of the message explains is
    left alone: the same event sent again must have the same moment.
    """
    told = moment_of(message, "originalTimestamp") or moment_of(message, "timestamp")
    if told is None:
        return received_at
    sent = moment_of(message, "sentAt") or sent_at
    if sent is not None and not timedelta(0) <= received_at - sent <= ON_THE_WAY:
        told += received_at - sent
    return believable(told, received_at, "timestamp")


def _identify(message: Mapping[str, Any], at: datetime) -> Told:
    return identify_told(_part(message, "traits"), at)


def _track(message: Mapping[str, Any], at: datetime) -> Told:
    name = text_of(message, "event")
    if not name:
        raise Refused("events.no_name", "event")
    kind = ORDER_EVENTS.get(name.casefold())
    properties = _part(message, "properties")
    return track_told(name, properties, at) if kind is None else order_told(kind, properties, at)


def _page(message: Mapping[str, Any], at: datetime) -> Told:
    return seen("page", message, _part(message, "properties"), at)


def _screen(message: Mapping[str, Any], at: datetime) -> Told:
    return seen("screen", message, _part(message, "properties"), at)


def _group(message: Mapping[str, Any], at: datetime) -> Told:
    return group_told(message, at)


def _alias(message: Mapping[str, Any], at: datetime) -> Told:
    previous = id_of(message, "previousId", "ingest.bad_customer")
    if not previous:
        raise Refused("events.no_previous_id", "previousId")
    before = [previous, anonymous_customer(previous)]
    return Told(
        "alias", at, {"format": CONTENT_FORMAT}, {"previous": before}
    )  # earlier ids are often addresses


def _part(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside of a message; empty where there is none."""
    found = message.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Refused("events.not_an_object", name)
    return found


_TOLD = {
    "identify": _identify,
    "track": _track,
    "page": _page,
    "screen": _screen,
    "group": _group,
    "alias": _alias,
}
_KIND: dict[str, EventKind] = {
    "identify": "customer",
    "track": "track",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
}
