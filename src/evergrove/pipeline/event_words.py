"""
Events on their way into the warehouse, without the words that name whom they are about.

What reads like an address or a phone number is left out when an event comes in. A name reads like anything: only what is
known of the person tells that ``/profile/ann-lovelace`` is hers. The ledger forgets it when she is erased; files of the
warehouse are never changed, so it must not get there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.ingest.events.redacting import HIDDEN, hashed_name, is_named_by, words_of
from evergrove.ingest.events.shopping import LINE_WORDS
from evergrove.people import SealBroken, contacts
from evergrove.people.identity import identifiers_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection

    from evergrove.people import PersonRow, Seal

_TEXTS = ("name", "page", "category", "channel", "campaign", "source", "device", "group_id")


def words_known(
    connection: Connection, seal: Seal, customers: Collection[str], told: Iterable[PersonRow] = ()
) -> dict[str, frozenset[str]]:
    """
    By which words each of some customers is named: name, addresses, phones and other identifiers.

    Args:
        connection: Of any block.
        seal: Of the workspace; what it does not open tells nothing.
        customers: Their ids.
        told: What is being stored of them at this moment.
    """
    found: dict[str, list[str | None]] = {}
    try:
        for customer, each in contacts(connection, seal, customers).items():
            found.setdefault(customer, []).extend((each.email, each.name))
        for one in identifiers_of(connection, seal, customers):
            found.setdefault(one.customer_id, []).append(one.value)
    except SealBroken:
        found.clear()
    for row in told:
        own = found.setdefault(row.customer_id, [])
        own.extend((row.email, row.name, *(value for _kind, value in row.identifiers)))
    return {customer: words_of(filter(None, texts)) for customer, texts in found.items()}


def without_names(
    events: Iterable[Mapping[str, Any]], known: Mapping[str, frozenset[str]], seal: Seal
) -> list[Mapping[str, Any]]:
    """
    Events as rows of tables may tell them: a text that names the event's own customer is left out.

    Args:
        events: Rows of the table ``event``, by column.
        known: From ``words_known``.
        seal: Names what may not keep its own name.
    """
    return [
        _without(event, words, seal) if (words := known.get(event["customer_id"])) else event
        for event in events
    ]


def _without(event: Mapping[str, Any], words: frozenset[str], seal: Seal) -> Mapping[str, Any]:
    content = dict(event["content"])
    for name in _TEXTS:
        if name in content and is_named_by(content[name], words):
            content[name] = HIDDEN
    if "lines" in content:
        content["lines"] = [
            {
                name: HIDDEN if name in LINE_WORDS and is_named_by(told, words) else told
                for name, told in line.items()
            }
            for line in content["lines"]
        ]
    own = event["message_id"]
    kept = hashed_name(seal, own) if is_named_by(own, words) else own
    return {**event, "content": content, "message_id": kept}
