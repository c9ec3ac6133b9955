"""Events by which customers agree to messages on a platform: each allows so many, kept as tokens of the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.ingest.events.values import Refused, id_of, text_of
from evergrove.outbox.tokens import LONGEST, MOST_AT_ONCE, Grant, grants_of, token_channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACCEPTED = "subscription message accepted"
"""Name of the event, in small letters."""
CHANNEL, TEMPLATE, COUNT = "token_channel", "template", "count"
"""What of it is kept, beside what is kept of every event."""


def accepted(properties: Mapping[str, Any]) -> dict[str, Any]:
    """
    To which messages somebody agreed, as it is kept.

    Raises:
        Refused: There is no template, no channel of this name, or a count that is none.
    """
    given = "template_id" if properties.get("template_id") else "template"
    template = id_of(properties, given, "ingest.bad_id", f"properties.{given}")
    if not template:
        raise Refused("events.no_template", "properties.template_id")
    channel = token_channel(text_of(properties, "channel", "properties.channel"))
    if channel is None:
        raise Refused("ingest.bad_word", "properties.channel")
    count = properties.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
        raise Refused("ingest.bad_number", "properties.count")
    if len(template) > LONGEST:
        raise Refused("ingest.bad_id", f"properties.{given}")
    return {CHANNEL: channel, TEMPLATE: template, COUNT: count}


def grants_by(events: Iterable[Mapping[str, Any]]) -> list[Grant]:
    """
    What waiting events allow; each is known by its messageId, so that telling of it twice grants once.

    Args:
        events: Rows of the table ``event``, by column.
    """
    return [
        each
        for event in events
        if event["kind"] == "track" and CHANNEL in event["content"]
        for each in grants_of(_first(event), event["content"][COUNT])
    ]


def _first(event: Mapping[str, Any]) -> Grant:
    told = event["content"]
    return Grant(event["customer_id"], told[CHANNEL], told[TEMPLATE], event["message_id"], event["at"])
