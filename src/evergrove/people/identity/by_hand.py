"""What a person says against the rules, or beyond them: these two are one; these are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import stable_id
from evergrove.people.errors import AlreadyOne, NotMerged, PersonErased, TwoPersons
from evergrove.people.identity.kinds import APART, HAND
from evergrove.people.identity.log import say, words_of
from evergrove.people.identity.members import members_of, person_ids
from evergrove.people.identity.settling import BY_HAND, settle_persons
from evergrove.people.identity.types import Link
from evergrove.people.standing import status_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def merge(connection: Connection, one: str, other: str, now: datetime) -> str:
    """
    Join two customers, and whoever is one with them, into one person; nothing but the log changes.

    Args:
        connection: Of a ``writing`` block.
        one: A customer.
        other: Another.
        now: When.

    Returns:
        Under which name the person stands from now on.

    Raises:
        AlreadyOne: They are one person.
        PersonErased: One of them was erased.
        TwoPersons: They, or those who are one with them, have different numbers of a kind of which a person has
            only one.
    """
    before = _members(connection, one)
    if other in before:
        raise AlreadyOne(one=one, other=other)
    before |= _members(connection, other)
    for customer, status in status_of(connection, [one, other]).items():
        if status == "erased":
            raise PersonErased(customer=customer)
    say(connection, dict.fromkeys(_pair(one, other), ("join", BY_HAND)), now)
    settle_persons(connection, now)
    if not before <= _members(connection, one):
        raise TwoPersons(one=one, other=other)  # the block is rolled back: the log never said it
    return person_ids(connection, [one])[one]


def unmerge(connection: Connection, customer_id: str, now: datetime) -> tuple[str, ...]:
    """
    Undo the newest joining by hand of a customer; where there is none, set it apart from what rules have joined.

    Everything stands afterwards as it would had that joining never been: identifiers, orders and consents were
    never moved. Who is set apart is joined by no rule any more, only by hand.

    Args:
        connection: Of a ``writing`` block.
        customer_id: Whom.
        now: When.

    Returns:
        The others with whom the customer was one person until now, and is no longer.

    Raises:
        NotMerged: The customer is one person with nobody else.
        PersonErased: The person was erased; what it bought stays one person's.
    """
    before = _members(connection, customer_id)
    if len(before) == 1:
        raise NotMerged(customer=customer_id)
    if status_of(connection, [customer_id])[customer_id] == "erased":
        raise PersonErased(customer=customer_id)
    by_hand = {
        word.id: link
        for link, word in words_of(connection, customers=[customer_id]).items()
        if link.kind == HAND and word.action == "join"
    }
    if by_hand:
        newest = by_hand[max(by_hand)].value_hash
        pair = {link for link in words_of(connection, customers=before) if link.value_hash == newest}
    else:
        pair = {Link(customer_id, APART, "")}
    say(connection, dict.fromkeys(pair, ("part", BY_HAND)), now)
    settle_persons(connection, now)
    return tuple(sorted(before - _members(connection, customer_id)))


def _members(connection: Connection, customer_id: str) -> set[str]:
    return set(members_of(connection, [customer_id])[customer_id])


def _pair(one: str, other: str) -> set[Link]:
    name = stable_id("merge", *sorted((one, other)))
    return {Link(one, HAND, name), Link(other, HAND, name)}
