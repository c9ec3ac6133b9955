"""Who is not to be valued, ranked or grouped: those who have said so, and those under age."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.people.ages import all_minors, minors_among
from evergrove.people.consent.asking import states_of, words_of
from evergrove.people.consent.kinds import ANY, PROFILING
from evergrove.people.identity.members import members_of
from evergrove.people.tables import consent_event

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection


REFUSED, MINOR = "people.profiling_refused", "people.profiling_minor"
_WHY = {"denied": REFUSED, "revoked": REFUSED, "expired": REFUSED, "pending": REFUSED, "minor": MINOR}


def unprofiled(connection: Connection, moment: datetime, *, least_age: int) -> dict[str, str]:
    """
    Everybody of whom nothing may be computed, and why: all ids of each person.

    Whoever has said nothing is not among them. A no under any id is the person's; so is an age.

    Args:
        connection: Of any block.
        moment: At which.
        least_age: Below which a guardian must have agreed; 0: nobody is asked for the age.
    """
    event = consent_event.c
    heard = select(event.customer_id).where(event.purpose == PROFILING).distinct()
    asked = {*connection.execute(heard).scalars(), *all_minors(connection, moment, least_age)}
    everybody = {each for group in members_of(connection, asked).values() for each in group}
    return unprofiled_among(connection, everybody, moment, least_age=least_age)


def unprofiled_among(
    connection: Connection, customer_ids: Collection[str], moment: datetime, *, least_age: int
) -> dict[str, str]:
    """The same of some customers."""
    members = members_of(connection, customer_ids)
    everybody = {each for group in members.values() for each in group}
    young = minors_among(connection, everybody, moment, least_age)
    return unprofiled_persons(connection, members, young, moment)


def unprofiled_persons(
    connection: Connection, members: Mapping[str, Collection[str]], young: set[str], moment: datetime
) -> dict[str, str]:
    """The same of customers of whom it is known who is one person with each, and who of all these is under age."""
    everybody = {each for group in members.values() for each in group}
    words = words_of(connection, everybody, ANY, PROFILING)
    states = states_of(members, words, young, moment)
    return {customer: _WHY[state] for customer, state in states.items() if state in _WHY}
