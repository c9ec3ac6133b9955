"""How long what proves a word is kept: as long as the word holds, and the legal time after it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from evergrove.people.parts import in_parts
from evergrove.people.tables import consent_event

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

_PROVEN = or_(consent_event.c.sealed.is_not(None), consent_event.c.ip_hash.is_not(None))


def expire_proofs(connection: Connection, now: datetime, keep_days: int) -> int:
    """
    Let go of proofs of words that have not held for ``keep_days``; the words stay, and what they came to.

    A word ends with the next one of the same person, purpose and channel that says something else, or when it
    expires; a proof of what was refused is kept as long after it was said.

    Args:
        connection: Of a ``writing`` block.
        now: The present moment.
        keep_days: The legal time.

    Returns:
        How many proofs there were.
    """
    latest = now - timedelta(days=keep_days)
    old = _of_before(connection, latest)
    if not old:
        return 0
    ended = {number for number, ended_at in _ends(connection, old).items() if ended_at <= latest}
    return _drop(connection, ended)


def forget_proofs(connection: Connection, customer_id: str) -> int:
    """Let go of all proofs of a customer at once; how many there were."""
    query = select(consent_event.c.id).where(consent_event.c.customer_id == customer_id, _PROVEN)
    return _drop(connection, set(connection.execute(query).scalars()))


def _of_before(connection: Connection, latest: datetime) -> dict[int, str]:
    """Numbers of the rows with a proof that were said before a moment, and whose they are."""
    event = consent_event.c
    rows = connection.execute(select(event.id, event.customer_id).where(_PROVEN, event.given_at <= latest))
    return {number: customer for number, customer in rows}  # noqa: C416 - rows are no pairs to mypy


def _ends(connection: Connection, old: dict[int, str]) -> dict[int, datetime]:
    """When each of some words ceased to hold; those that still hold are not among them."""
    event = consent_event.c
    found: dict[int, datetime] = {}
    for part in in_parts(set(old.values())):
        query = (
            select(event.id, event.customer_id, event.purpose, event.channel)
            .add_columns(event.status, event.given_at, event.expires_at)
            .where(event.customer_id.in_(part))
            .order_by(event.given_at.desc(), event.id.desc())
        )
        later: dict[tuple[str, str, str], list[tuple[str, datetime]]] = {}
        for number, *place, status, given_at, expires_at in connection.execute(query):
            words = later.setdefault((place[0], place[1], place[2]), [])
            ends = [given for other, given in words if other != status]
            if expires_at is not None:
                ends.append(expires_at)
            if status != "granted":
                ends.append(given_at)
            if ends:
                found[number] = min(ends)
            words.append((status, given_at))
    return {number: found[number] for number in old if number in found}


def _drop(connection: Connection, numbers: Collection[int]) -> int:
    event = consent_event
    for part in in_parts([str(number) for number in numbers]):
        connection.execute(
            update(event)
            .where(event.c.id.in_([int(number) for number in part]))
            .values(sealed=None, ip_hash=None)
        )
    return len(numbers)
