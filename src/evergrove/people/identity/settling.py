"""Looking at all identifiers anew: what joins, what is held back, what counts no longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.people.identity.joining import judge, persons_of
from evergrove.people.identity.kinds import APART, HAND, JOINING, ONES
from evergrove.people.identity.log import say, words_of, write_persons
from evergrove.people.identity.members import persons_now
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


@dataclass(frozen=True)
class Unsettled:
    """
    What the log does not say yet.

    Attributes:
        said: Action and reason, by link.
        before: Customer to person as it is written down.
        after: The same as it should be.
    """

    said: Mapping[Link, tuple[Action, str]]
    before: Mapping[str, str]
    after: Mapping[str, str]


def unsettled(connection: Connection) -> Unsettled:
    """
    Look at all identifiers, and at what hands have said: what follows that the log does not say yet?

    The result depends on what is known, not on the order in which it came in. Links of erased persons stay as they
    are: their identifiers are gone, and what they bought stays one person's.

    Args:
        connection: Of any block. Of a large shop this takes seconds: better of a ``reading`` one.
    """
    words = words_of(connection)
    apart = {link.customer_id for link, word in words.items() if link.kind == APART and word.action == "part"}
    links = _shared(connection) | {
        link for link, word in words.items() if link.kind == HAND and word.action != "part"
    }
    joined, held = judge(links | _ones_of(connection, links), apart)
    said = _changed(words, joined, held, _erased(connection, words))
    actions = {link: word.action for link, word in words.items()}
    actions |= {link: action for link, (action, _reason) in said.items()}
    after = persons_of(link for link, action in actions.items() if action == "join")
    return Unsettled(said, persons_now(connection), after)


def settle_persons(connection: Connection, now: datetime, found: Unsettled | None = None) -> Settled:
    """
    Bring the log up to what identifiers and hands say now, and what follows from it; again, it changes nothing.

    Args:
        connection: Of a ``writing`` block.
        now: When.
        found: By ``unsettled`` in an earlier block, where nothing has come in since; None: looked for here.
    """
    found = found or unsettled(connection)
    say(connection, found.said, now)
    actions = [action for action, _reason in found.said.values()]
    persons = write_persons(connection, found.before, found.after)
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
