"""Did the person behind joined customers agree, when a message to one of them left?"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from evergrove.outbox import OUTBOX
from evergrove.outbox.types import LEFT
from evergrove.people.consent.asking import person_state, words_of
from evergrove.people.identity.joining import groups_of, persons_of
from evergrove.people.identity.tables import merge_event
from evergrove.people.identity.types import Link
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row


def was_joined(customer_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a customer was ever joined with others."""
    row = merge_event.c
    return exists().where(row.customer_id == customer_id, row.action == "join")


def sent_without_consent(connection: Connection) -> list[str]:
    """
    Messages to joined customers that left although the person had not agreed, or under one id no longer did.

    Who was one person at that moment is read from the log of joinings, what was known of the words from these.
    """
    sent = connection.execute(
        select(OUTBOX).where(OUTBOX.c.state.in_(LEFT), was_joined(OUTBOX.c.customer_id))
    ).all()
    log = _log_around(connection, {row.customer_id for row in sent})
    known_from = list(accumulate((each.recorded_at for each in log), max))  # a clock may be set back
    persons_then: dict[int, dict[str, tuple[str, ...]]] = {}
    asked: dict[tuple[str, str, datetime], list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for row in sent:
        until = bisect_right(known_from, row.attempting_at)
        if until not in persons_then:
            persons_then[until] = _members(log[:until])
        group = persons_then[until].get(row.customer_id, (row.customer_id,))
        asked[row.channel, row.category, row.attempting_at].append((row.id, group))
    found = []
    for (channel, purpose, moment), messages in asked.items():
        everybody = {each for _id, group in messages for each in group}
        words = words_of(connection, everybody, channel, purpose, moment)
        for message, group in messages:
            said = [words[each] for each in group if each in words]
            if person_state(said, None) != "granted":
                found.append(message)
    return found


def _log_around(connection: Connection, customers: Collection[str]) -> Sequence[Row[Any]]:
    """What the log says of all who were ever linked with some customers, directly or through others; oldest first."""
    row = merge_event.c
    known, new, values = set[str](), set(customers), set[str]()
    while new:
        known |= new
        hashes = set(_column(connection, row.value_hash, row.customer_id, new)) - values
        values |= hashes
        new = set(_column(connection, row.customer_id, row.value_hash, hashes)) - known
    events = [
        event
        for part in in_parts(known)
        for event in connection.execute(select(merge_event).where(row.customer_id.in_(part)))
    ]
    return sorted(events, key=lambda event: event.id)


def _column(
    connection: Connection, wanted: ColumnElement[str], given: ColumnElement[str], among: Collection[str]
) -> Iterable[str]:
    for part in in_parts(among):
        yield from connection.execute(select(wanted).where(given.in_(part)).distinct()).scalars()


def _members(log: Sequence[Row[Any]]) -> dict[str, tuple[str, ...]]:
    """All ids of each person by any of them, by the newest word of each link."""
    newest = {Link(each.customer_id, each.kind, each.value_hash): each.action for each in log}
    groups = groups_of(persons_of(link for link, action in newest.items() if action == "join"))
    return {each: group for group in groups.values() for each in group}
