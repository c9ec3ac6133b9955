"""Looking at all identifiers anew: what joins, what is held back, what counts no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.people.identity.joining import judge
from evergrove.people.identity.kinds import APART, HAND, JOINING, ONES
from evergrove.people.identity.log import rebuilt_persons, say, words_of
from evergrove.people.identity.tables import identity
from evergrove.people.identity.types import Link, Settled
from evergrove.people.parts import in_parts
from evergrove.people.tables import person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.people.identity.types import Action, Word

BY_RULE = "people.same_identifier"
BY_HAND = "people.by_hand"
ALONE = "people.nobody_else"


def settle_persons(connection: Connection, now: datetime) -> Settled:
    """
    Bring the log up to what identifiers and hands say now, and what follows from it; again, it changes nothing.

    The result depends on what is known, not on the order in which it came in. Links of erased persons stay as they
    are: their identifiers are gone, and what they bought stays one person's.

    Args:
        connection: Of a ``writing`` block.
        now: When.
    """
    words = words_of(connection)
    apart = {link.customer_id for link, word in words.items() if link.kind == APART and word.action == "part"}
    links = _shared(connection) | {
        link for link, word in words.items() if link.kind == HAND and word.action != "part"
    }
    joined, held = judge(links | _ones_of(connection, links), apart)
    said = _changed(words, joined, held, _erased(connection, words))
    say(connection, said, now)
    actions = [action for action, _reason in said.values()]
    persons = rebuilt_persons(connection) if said else 0
    return Settled(actions.count("join"), actions.count("hold"), actions.count("part"), persons)


def _changed(
    words: Mapping[Link, Word], joined: set[Link], held: Mapping[Link, str], erased: set[str]
) -> dict[Link, tuple[Action, str]]:
    """What the log does not say yet."""
    due: dict[Link, tuple[Action, str]] = {
        link: ("join", BY_HAND if link.kind == HAND else BY_RULE) for link in joined
    }
    due |= {link: ("hold", reason) for link, reason in held.items()}
    # Of links that count no longer: another customer was set apart, or the value was forgotten.
    due |= {
        link: ("part", ALONE)
        for link, word in words.items()
        if link not in due and word.action != "part" and link.kind not in {HAND, APART}
    }
    return {
        link: said
        for link, said in due.items()
        if link.customer_id not in erased
        and (link not in words or (words[link].action, words[link].reason) != said)
    }


def _shared(connection: Connection) -> set[Link]:
    """Links to values that several customers were told with, of kinds that may join."""
    row = identity.c
    shared = (
        select(row.kind, row.value_hash)
        .where(row.kind.in_([kind.name for kind in JOINING]))
        .group_by(row.kind, row.value_hash)
        .having(func.count() > 1)
        .subquery()
    )
    same = (row.kind == shared.c.kind) & (row.value_hash == shared.c.value_hash)
    query = select(row.customer_id, row.kind, row.value_hash).join_from(identity, shared, same)
    return {Link(*each) for each in connection.execute(query)}


def _ones_of(connection: Connection, links: set[Link]) -> set[Link]:
    """What these customers have of the kinds of which a person has one."""
    row, found = identity.c, set[Link]()
    for part in in_parts({link.customer_id for link in links}):
        query = select(row.customer_id, row.kind, row.value_hash).where(
            row.customer_id.in_(part), row.kind.in_(sorted(ONES))
        )
        found |= {Link(*each) for each in connection.execute(query)}
    return found


def _erased(connection: Connection, words: Mapping[Link, Word]) -> set[str]:
    row, found = person.c, set[str]()
    for part in in_parts({link.customer_id for link in words}):
        query = select(row.customer_id).where(row.customer_id.in_(part), row.status == "erased")
        found.update(connection.execute(query).scalars())
    return found
