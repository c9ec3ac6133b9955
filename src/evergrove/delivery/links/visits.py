"""What was opened and followed, as far as its reader has agreed to being counted: by the hour, machines apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from evergrove.delivery.links.errors import NoSuchLink
from evergrove.delivery.links.following import is_web, who_is_counted
from evergrove.delivery.links.letters import letter_of
from evergrove.delivery.links.machines import is_early, machine_by
from evergrove.delivery.links.tables import letter_link, letter_visit
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.delivery.links.tokens import Token
    from evergrove.ledger import Ledger
    from evergrove.settings import Settings

ALL_LINKS = "delivery.all_links"
SEVERAL = 2
"""Of one link alone nobody can say that all were followed."""


@dataclass(frozen=True)
class Visits:
    """What came of the letters of a playbook: letters opened and followed by persons, and visits of machines."""

    opened: int = 0
    followed: int = 0
    machines: int = 0


def destination_of(connection: Connection, token: Token) -> str:
    """
    Where a click is sent on to: as it was stored when the letter left, whatever the request says.

    Raises:
        NoSuchLink: Nothing is stored, or no page.
    """
    query = select(letter_link.c.destination).where(letter_link.c.id == token.target)
    found: str | None = connection.execute(query).scalar()
    if found is None or not is_web(found):
        raise NoSuchLink
    return found


def note_visit(
    ledger: Ledger, settings: Settings, token: Token, method: str, agent: str, now: datetime
) -> None:
    """
    Count that a letter was opened or a link followed; of whoever has not agreed, nothing is written at all.

    Args:
        ledger: Of the workspace.
        settings: ``mail.tracking``.
        token: Of a click or of an opened letter.
        method: GET or HEAD.
        agent: What the program says of itself; it is looked at and not kept.
        now: When; the hour of it is kept.
    """
    with ledger.reading() as connection:
        letter = letter_of(connection, token.outbox_id)
        if letter is None or not who_is_counted(connection, settings, [letter.customer_id], now):
            return
    since = None if letter.left_at is None else now - letter.left_at
    row = {
        "outbox_id": token.outbox_id,
        "customer_id": letter.customer_id,
        "kind": "click" if token.kind == "click" else "open",
        "link_id": token.target,
        "hour": now.replace(minute=0, second=0, microsecond=0),
        "machine": machine_by(method, agent, since),
        "is_early": int(is_early(since)),
    }
    with ledger.writing() as connection:
        if who_is_counted(
            connection, settings, [letter.customer_id], now
        ):  # asked again: it may just have ended
            _note(connection, row, token.links)


def _note(connection: Connection, row: Mapping[str, Any], links: int) -> None:
    own = letter_visit.c
    same = [own[name].is_(None) if value is None else own[name] == value for name, value in row.items()]
    if connection.execute(select(own.id).where(*same)).first() is None:
        connection.execute(insert(letter_visit), [dict(row)])
    early = (own.outbox_id == row["outbox_id"]) & (own.kind == "click") & (own.is_early == 1)
    if row["is_early"] and row["kind"] == "click" and links >= SEVERAL:
        different = select(func.count(func.distinct(own.link_id))).where(early)
        if connection.execute(different).scalar_one() >= links:
            connection.execute(
                update(letter_visit).where(early, own.machine.is_(None)).values(machine=ALL_LINKS)
            )


def visits_by_letter(connection: Connection, outbox_ids: Collection[str]) -> dict[str, Visits]:
    """What came of some letters; those of which nothing is known are not among them."""
    own, found = letter_visit.c, dict[str, Visits]()
    for part in in_parts(outbox_ids):
        query = select(own.outbox_id, own.kind, own.machine).where(own.outbox_id.in_(part))
        for outbox_id, kind, machine in connection.execute(query):
            before = found.get(outbox_id, Visits())
            found[outbox_id] = Visits(
                opened=int(before.opened or (kind == "open" and machine is None)),
                followed=int(before.followed or (kind == "click" and machine is None)),
                machines=before.machines + (machine is not None),
            )
    return found


def forget_visits(connection: Connection, customer_ids: Collection[str]) -> int:
    """Let go of what some customers opened and followed; how many rows there were."""
    return sum(
        connection.execute(delete(letter_visit).where(letter_visit.c.customer_id.in_(part))).rowcount
        for part in in_parts(customer_ids)
    )
