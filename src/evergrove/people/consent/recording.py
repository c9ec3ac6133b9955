"""Words into the ledger: said at this moment, or standing in somebody's list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.core import stable_id
from evergrove.ledger import insert_new, upsert
from evergrove.people.consent.asking import words_of
from evergrove.people.consent.rules import deciding, refuses
from evergrove.people.consent.types import FILE, REFUSALS, Said
from evergrove.people.parts import in_parts
from evergrove.people.tables import consent_event, consent_repeat
from evergrove.people.types import EMAIL, MARKETING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.people.types import ConsentStatus

MOMENT = timedelta(microseconds=1)


def record_consent(
    connection: Connection,
    customer_id: str,
    status: ConsentStatus,
    source: str,
    now: datetime,
    channel: str = EMAIL,
    purpose: str = MARKETING,
) -> None:
    """
    Add one person's word, said at this moment.

    Args:
        connection: Of a ``writing`` block.
        customer_id: Whose.
        status: What was said.
        source: Where it was said, such as "unsubscribe" or "complaint".
        now: When.
        channel: Of which channel; "any": of all.
        purpose: For which purpose.
    """
    record_consents(connection, {customer_id: status}, source, now, channel=channel, purpose=purpose)


def record_consents(
    connection: Connection,
    said: Mapping[str, ConsentStatus],
    source: str,
    now: datetime,
    *,
    channel: str = EMAIL,
    purpose: str = MARKETING,
    proof: str | None = None,
) -> None:
    """
    Add the words of several persons, customer to status, each said at this moment.

    A clock may be set back, and then an old word would win: what is said now comes after all that was said before.
    """
    newest = newest_given(connection, said, channel, purpose)
    rows = [
        event_row(
            customer,
            Said(max(now, newest.get(customer, now - MOMENT) + MOMENT), status, source),
            now,
            channel,
            purpose,
        )
        | {"proof": proof}
        for customer, status in said.items()
    ]
    insert_new(connection, consent_event, rows)


def record_list(
    connection: Connection,
    said: Mapping[str, ConsentStatus],
    written_at: datetime,
    now: datetime,
    *,
    channel: str = EMAIL,
    purpose: str = MARKETING,
    proof: str | None = None,
) -> tuple[int, set[str]]:
    """
    Add what a list says, customer to status, as of the moment at which it was written.

    What it only says again is not written down once more. Its yes does not count against the person's own no, nor
    against a no that is newer than the list.

    Args:
        connection: Of a ``writing`` block.
        said: Customer to status.
        written_at: Of the list.
        now: When it comes in.
        channel: Of which channel.
        purpose: For which purpose.
        proof: Of the list, such as the sha256 of its file.

    Returns:
        How many words are new, and whose yes does not count.
    """
    before = words_of(connection, said, channel, purpose)
    new, again, refused = [], [], set()
    for customer, status in said.items():
        words = before.get(customer, [])
        word = Said(_free_moment(words, status, written_at), status, FILE)
        held = deciding(words, word.given_at)
        is_refused = status == "granted" and _outweighs(words, word.given_at)
        if is_refused:
            refused.add(customer)
        if held is not None and held.status == status and held.expires_at is None:
            if held.given_at < word.given_at:  # else it is the same word, read once more
                again.append(_repeat_row(customer, word, channel, purpose))
        elif not is_refused:
            new.append(event_row(customer, word, now, channel, purpose) | {"proof": proof})
    _note_repeats(connection, again)
    return insert_new(connection, consent_event, new), refused


def event_row(customer: str, word: Said, now: datetime, channel: str, purpose: str) -> dict[str, Any]:
    """A row of the table, without its proof; equal words of one customer have equal names."""
    told = [word.given_at, word.status, word.source, word.expires_at, word.given_by]
    return {
        "customer_id": customer,
        "purpose": purpose,
        "channel": channel,
        **word._asdict(),
        "recorded_at": now,
        "name": stable_id(
            "consent", customer, purpose, channel, *("" if each is None else str(each) for each in told)
        ),
    }


def _outweighs(words: Sequence[Said], given_at: datetime) -> bool:
    """Whether a list's yes does not count: the person has said no, or a later list says no."""
    held = deciding(words)
    return held is not None and (refuses(words) or (held.status in REFUSALS and held.given_at > given_at))


def _free_moment(words: Sequence[Said], status: ConsentStatus, written_at: datetime) -> datetime:
    """Of two lists of one moment that say different things the one that comes in later is the later one."""
    told = {each.given_at: each.status for each in words if each.source == FILE}
    moment = written_at
    while moment + MOMENT in told:
        moment += MOMENT
    return moment + MOMENT if told.get(moment, status) != status else moment


def _repeat_row(customer: str, word: Said, channel: str, purpose: str) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "purpose": purpose,
        "channel": channel,
        "status": word.status,
        "given_at": word.given_at,
    }


def _note_repeats(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """The newest repetition of each word; an older one says nothing more."""
    keys = [name for name in (rows[0] if rows else ()) if name != "given_at"]
    known: dict[tuple[Any, ...], datetime] = {}
    for part in in_parts([row["customer_id"] for row in rows]):
        query = select(consent_repeat).where(consent_repeat.c.customer_id.in_(part))
        known |= {tuple(getattr(row, key) for key in keys): row.given_at for row in connection.execute(query)}
    later = [
        row
        for row in rows
        if (was := known.get(tuple(row[key] for key in keys))) is None or was < row["given_at"]
    ]
    upsert(connection, consent_repeat, later, keys)


def newest_given(
    connection: Connection, customers: Collection[str], channel: str, purpose: str
) -> dict[str, datetime]:
    """When each of some customers last said anything, as far as it was recorded before."""
    found: dict[str, datetime] = {}
    event = consent_event.c
    for part in in_parts(customers):
        query = (
            select(event.customer_id, func.max(event.given_at))
            .where(event.customer_id.in_(part), event.channel == channel, event.purpose == purpose)
            .group_by(event.customer_id)
        )
        found |= {customer: given for customer, given in connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy
    return found
