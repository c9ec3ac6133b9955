"""Segments of people's own words in a workspace: those of a night, of its replay, and one asked for just now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import select

from evergrove.export.segments import MEMBERS
from evergrove.people.ages import minors_among
from evergrove.people.consent.asking import states_of, words_of
from evergrove.people.consent.kinds import ANY
from evergrove.people.tables import consent_event
from evergrove.segments.language.catalogue import catalogue
from evergrove.segments.language.compiling import bound_arguments
from evergrove.segments.language.evaluating import CONSENT_SCHEMA, Population
from evergrove.segments.language.membership import Asked, conditions_of, find_members, form_members
from evergrove.segments.language.store import definitions, newest_definition
from evergrove.segments.language.types import terms
from evergrove.segments.tiers.adoption import tiers_ever
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition
    from evergrove.warehouse import Engine, Snapshot

Wanted = tuple[str, str]
"""Purpose and channel."""
NAMED = ("scores", "tiers", "health", "traits", "unprofiled")
"""Tables of a night that conditions may name."""
LIMIT_S = 60.0
"""How long one segment may take at night; one that takes longer keeps the members that it has."""


def catalogue_here(connection: Connection) -> Catalogue:
    """What conditions may name in a workspace: own tiers by the names of every policy that was ever adopted."""
    usual = catalogue().fields["own_tier"].values
    return catalogue().naming("own_tier", tuple(dict.fromkeys((*tiers_ever(connection), *usual))))


@dataclass(frozen=True)
class Grouped:
    """
    What a night publishes, with its segments.

    Attributes:
        queries: By table.
        noted: What its replay must know; empty where no segment was ever defined.
    """

    queries: Mapping[str, str]
    noted: Mapping[str, Any]


def with_members(
    engine: Engine,
    queries: Mapping[str, str],
    as_of: date,
    asked: Asked | None,
    *,
    before: Mapping[str, str],
    now: Mapping[str, str],
    unprofiled: Mapping[str, str] | None,
) -> Grouped:
    """
    A night's tables, and who is and was in which segment.

    Args:
        engine: Holds the night, and ``earlier_members`` where there was a night before.
        queries: The night's, by table.
        as_of: The last day whose orders count.
        asked: Its segments; None: none was ever defined.
        before: Customers who stood under another's name the night before, and that name.
        now: The same tonight.
        unprofiled: Of whom nothing is computed.
    """
    if asked is None:
        return Grouped(queries, {})
    made = {table: f"night_{table}" for table in NAMED if table in queries}
    for table, name in made.items():
        engine.create(name, queries[table])
    population = Population(
        engine, asked.catalogue, as_of, names=made, consents=asked.consents, limit_s=LIMIT_S
    )
    with population:
        found = find_members(population, asked)
    others = other_persons(before, now)
    form_members(engine, MEMBERS, found, asked, as_of, others=others, unprofiled=unprofiled or ())
    told = {table: f"select * from {identifier(name)}" for table, name in made.items()}
    return Grouped({**queries, **told, MEMBERS: f"select * from {MEMBERS}"}, {"held": list(found[1])})


def seen_by(connection: Connection, last: Snapshot | None, now: datetime) -> dict[str, Any]:
    """
    What a run must note so that its replay asks the same segments.

    Args:
        connection: Of any block.
        last: The run before.
        now: The moment of which consent is asked.

    Returns:
        seq and before: the newest definition that this run and the one before knew; at: the moment.
    """
    before = last.details.get("segments", {}).get("seq", 0) if last is not None else 0
    return {"seq": newest_definition(connection), "before": before, "at": now.isoformat()}


def asked_then(
    connection: Connection, noted: Mapping[str, Any], persons: Mapping[str, str], *, least_age: int
) -> Asked | None:
    """
    The segments of a night, and what the ledger knew of whom they ask for; None: none was ever defined.

    Args:
        connection: Of any block.
        noted: As ``seen_by`` told it; of a run that is replayed, also which segments it held back.
        persons: Customers who stood under another's name, and that name.
        least_age: Below which a guardian must have agreed.
    """
    if not noted.get("seq"):
        return None
    known, words = definitions(connection, until=noted["seq"]), catalogue_here(connection)
    before = {key: each.version for key, each in definitions(connection, until=noted["before"]).items()}
    wanted = consents_in(conditions_of(known, words)[0].values())
    at = datetime.fromisoformat(noted["at"])
    told = consents_at(connection, wanted, at, persons, least_age=least_age)
    return Asked(known, before, told, tuple(noted["held"]) if "held" in noted else None, words)


def consents_in(conditions: Iterable[Condition]) -> set[Wanted]:
    """For which purposes and channels conditions ask for consent."""
    function = catalogue().functions["consent"]
    asked = {term for each in conditions for term in terms(each) if term.name == function.name}
    bound = (bound_arguments(function, term) for term in asked if term.arguments is not None)
    return {(str(each["purpose"]), str(each["channel"])) for each in bound}


def consents_at(
    connection: Connection,
    wanted: Collection[Wanted],
    moment: datetime,
    persons: Mapping[str, str],
    *,
    least_age: int,
) -> Any:
    """
    What everybody's words came to at a moment, of what had come in by then: the same whenever it is asked.

    Args:
        connection: Of any block.
        wanted: For which purposes and channels.
        moment: At which.
        persons: Customers who stood under another's name, and that name.
        least_age: Below which a guardian must have agreed; ages are those known today.

    Returns:
        Arrow: customer_id, purpose, channel, state; only of those who have said something.
    """
    rows: list[dict[str, str]] = []
    together = _together(persons)
    for purpose, channel in sorted(wanted):
        row = consent_event.c
        said = (
            select(row.customer_id).where(row.purpose == purpose, row.channel.in_({channel, ANY})).distinct()
        )
        heard = {persons.get(each, each) for each in connection.execute(said).scalars()}
        members = {person: together.get(person, (person,)) for person in heard}
        everybody = {each for group in members.values() for each in group}
        words = words_of(connection, everybody, channel, purpose, moment)
        young = minors_among(connection, everybody, moment, least_age)
        states = states_of(members, words, young, moment)
        rows += [
            {"customer_id": person, "purpose": purpose, "channel": channel, "state": states[person]}
            for person in sorted(states)
        ]
    return pa.Table.from_pylist(rows, schema=CONSENT_SCHEMA)


def _together(persons: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """All ids of each person who has several."""
    found: dict[str, set[str]] = defaultdict(set)
    for customer, person in persons.items():
        found[person] |= {customer, person}
    return {person: tuple(sorted(ids)) for person, ids in found.items()}


def other_persons(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    """Customers who stand under another name than the night before, and those names."""
    changed = {each for each in {*before, *now} if before.get(each, each) != now.get(each, each)}
    return {name for each in changed for name in (each, before.get(each, each), now.get(each, each))}
