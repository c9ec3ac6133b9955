"""What somebody's words come to, now or at any moment of the past."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, select

from evergrove.people.ages import minors_among
from evergrove.people.consent.kinds import ANY
from evergrove.people.consent.rules import deciding, most_restrictive, state_of
from evergrove.people.consent.types import FILE, Said
from evergrove.people.identity.members import members_of
from evergrove.people.parts import among, in_parts
from evergrove.people.tables import consent_event, consent_repeat
from evergrove.people.types import EMAIL, MARKETING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from evergrove.people.types import ConsentState, ConsentStatus


class Word(NamedTuple):
    """What holds of what somebody said: what, where, and when it was given."""

    status: ConsentStatus
    source: str
    given_at: datetime


def words_of(
    connection: Connection,
    customer_ids: Collection[str],
    channel: str,
    purpose: str,
    known_at: datetime | None = None,
) -> dict[str, list[Said]]:
    """
    All that customers said for a purpose on a channel, or on any; who said nothing is not among them.

    Args:
        connection: Of any block.
        customer_ids: Whose.
        channel: Such as "email".
        purpose: Such as "marketing".
        known_at: Only what had come in by this moment; None: all.
    """
    found: dict[str, list[Said]] = defaultdict(list)
    asked = {"channel": channel, "purpose": purpose}
    said, repeated = _SAID, _REPEATED
    if known_at is not None:
        said = said.where(consent_event.c.recorded_at <= known_at)
        repeated = repeated.where(consent_repeat.c.given_at <= known_at)
    for part in in_parts(customer_ids):
        for customer, *word in connection.execute(said, asked | {"some": part}):
            found[customer].append(Said(*word))
        for customer, given_at, status in connection.execute(repeated, asked | {"some": part}):
            found[customer].append(Said(given_at, status, FILE))
    return dict(found)


def _asked(row: Any) -> ColumnElement[bool]:
    """What some customers said for a purpose on a channel, or on any."""
    of_channel = (row.channel == bindparam("channel")) | (row.channel == ANY)
    found: ColumnElement[bool] = among(row.customer_id) & of_channel & (row.purpose == bindparam("purpose"))
    return found


_EVENT, _AGAIN = consent_event.c, consent_repeat.c
_SAID = select(
    _EVENT.customer_id, _EVENT.given_at, _EVENT.status, _EVENT.source, _EVENT.expires_at, _EVENT.given_by
).where(_asked(_EVENT))
_REPEATED = select(_AGAIN.customer_id, _AGAIN.given_at, _AGAIN.status).where(_asked(_AGAIN))


def consent_of(
    connection: Connection,
    customer_ids: Collection[str],
    channel: str = EMAIL,
    purpose: str = MARKETING,
    at: datetime | None = None,
) -> dict[str, ConsentState]:
    """
    What each id's own words come to; "unknown" without one, and unknown is not a yes.

    Other ids of the same person, and age, are not looked at: ``consent_at`` and ``standing_of`` do that.

    Args:
        connection: Of any block.
        customer_ids: Whose.
        channel: Such as "email".
        purpose: Such as "marketing".
        at: The state as it was known at a moment of the past; None: as it is, as if no yes ever expired.
    """
    words = words_of(connection, customer_ids, channel, purpose, at)
    return {customer: state_of(words.get(customer, ()), at) for customer in customer_ids}


def consent_at(
    connection: Connection,
    customer_ids: Collection[str],
    moment: datetime,
    *,
    channel: str = EMAIL,
    purpose: str = MARKETING,
    least_age: int = 0,
    known_at: datetime | None = None,
) -> dict[str, ConsentState]:
    """
    What held for each person at a moment: of all ids together, the most restrictive.

    A word takes its place by the moment at which it was said, however late it came in. Who is one person, and who is
    under age, is taken from what is known today.

    Args:
        connection: Of any block.
        customer_ids: Whose; any ids of the persons.
        moment: The one that is asked for; a yes that had expired by then is "expired".
        channel: Such as "email".
        purpose: Such as "marketing".
        least_age: Below which a guardian must have agreed; 0: nobody is asked for the age.
        known_at: Only what had come in by then; None: all that is known today.
    """
    members = members_of(connection, customer_ids)
    everybody = {each for group in members.values() for each in group}
    words = words_of(connection, everybody, channel, purpose, known_at)
    return states_of(members, words, minors_among(connection, everybody, moment, least_age), moment)


def states_of(
    members: Mapping[str, Collection[str]],
    words: Mapping[str, Collection[Said]],
    young: set[str],
    moment: datetime,
) -> dict[str, ConsentState]:
    """
    What holds for each person: of all ids together, the most restrictive.

    Args:
        members: Customer to all ids of the person.
        words: What each of them said.
        young: Who of them is under age.
        moment: At which.
    """
    return {
        customer: person_state(
            [words.get(each, ()) for each in group], moment, is_minor=not young.isdisjoint(group)
        )
        for customer, group in members.items()
    }


def person_state(
    said: Collection[Collection[Said]], moment: datetime | None, *, is_minor: bool = False
) -> ConsentState:
    """What holds for a person of several ids, each with its own words; a minor under one id is one under all."""
    if is_minor:  # a guardian's yes is the person's, under whichever id it was given; so is everybody's no
        return state_of((each for words in said for each in words), moment, is_minor=True)
    return most_restrictive(state_of(words, moment) for words in said)


def newest_words(
    connection: Connection,
    customer_ids: Collection[str],
    channel: str,
    purpose: str,
    at: datetime | None = None,
) -> dict[str, Word]:
    """The word that holds of each customer who ever said something that counts."""
    words = words_of(connection, customer_ids, channel, purpose, at)
    holding = {customer: deciding(said, at) for customer, said in words.items()}
    return {
        customer: Word(word.status, word.source, word.given_at)
        for customer, word in holding.items()
        if word is not None
    }
