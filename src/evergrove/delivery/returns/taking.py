"""Reports into the ledger: each once, and never more than the letter it names bears out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.delivery.links.leaving import WORDING
from evergrove.delivery.links.letters import letter_of, wait_for_sending
from evergrove.delivery.links.tables import letter_return
from evergrove.delivery.links.tokens import message_named
from evergrove.ledger import insert_new
from evergrove.outbox import OUTBOX, record_receipt
from evergrove.people import address_hash, checked_address, suppress
from evergrove.people.consent.proven import record_proven
from evergrove.people.consent.types import ConsentRow
from evergrove.people.identity.tables import identity
from evergrove.people.store import people_of
from evergrove.people.types import EMAIL, MARKETING
from evergrove.programs import release_ended

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.delivery.links.letters import Letter
    from evergrove.delivery.returns.types import Taken, Told
    from evergrove.people import Seal

SOFT, WINDOW = 3, timedelta(days=30)
"""So many letters that came back for now, in so many days, and nothing more is sent to the address."""


def take_return(connection: Connection, seal: Seal, told: Told, now: datetime) -> Taken:
    """
    Take one report.

    A hard bounce stops the address, a soft one counts, and three in 30 days stop it too; a complaint stops the address
    and takes back the consent to offers. Reports name their letter by its Message-ID, the mark of which nobody can make
    up: whoever never received the letter cannot silence its reader.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        told: The report.
        now: When it comes in.
    """
    outbox_id = message_named(seal, told.message_id)
    letter = letter_of(connection, outbox_id) if outbox_id is not None else None
    if letter is None or letter.left_at is None:
        return "strange"
    wait_for_sending(connection, letter.members)
    hashed = _address(connection, seal, letter, told)
    row = {
        "name": told.name,
        "outbox_id": letter.outbox_id,
        "customer_id": letter.customer_id,
        "kind": told.kind,
        "address_hash": hashed,
        "status": told.status,
        "source": told.source,
        "recorded_at": now,
    }
    if not insert_new(connection, letter_return, [row]):
        return "known"
    _settle(connection, letter, told, now)
    _silence(connection, hashed, told, now)
    if told.kind == "complaint":
        record_proven(connection, seal, [_withdrawn(letter)], now)
    return "taken"


def _settle(connection: Connection, letter: Letter, told: Told, now: datetime) -> None:
    detail = {"status": told.status} if told.status else None
    if told.kind == "complaint":
        record_receipt(connection, letter.outbox_id, "complained", now, reason="delivery.complained")
    elif told.kind == "delivered":
        record_receipt(connection, letter.outbox_id, "delivered", now)
    else:
        reason = "delivery.bounced" if told.kind == "hard" else "delivery.came_back"
        record_receipt(connection, letter.outbox_id, "bounced", now, reason=reason, detail=detail)
        release_ended(connection, now, OUTBOX.c.id == letter.outbox_id)


def _silence(connection: Connection, hashed: str | None, told: Told, now: datetime) -> None:
    """Send nothing more to the address, where the report is reason enough."""
    if hashed is None:
        return
    if told.kind == "hard":
        suppress(connection, hashed, "people.bounced", now)
    elif told.kind == "complaint":
        suppress(connection, hashed, "people.complained", now)
    elif told.kind == "soft":
        own = letter_return.c
        query = select(func.count(func.distinct(own.outbox_id))).where(
            own.address_hash == hashed, own.kind == "soft", own.recorded_at > now - WINDOW
        )
        if connection.execute(query).scalar_one() >= SOFT:
            suppress(connection, hashed, "people.unreachable", now)


def _address(connection: Connection, seal: Seal, letter: Letter, told: Told) -> str | None:
    """
    Which of the person's addresses a report is about, by its keyed hash; never one that is not the person's.

    Where the report names none of them (the letter was forwarded, or the report is redacted), it is the one that the
    letter went to, unless another one has come in since.
    """
    known = people_of(connection, letter.members)
    rows = [known[each] for each in (letter.customer_id, *letter.members) if each in known]
    own = next((row for row in rows if row.email_hash is not None), None)
    query = select(identity.c.value_hash).where(
        identity.c.kind == EMAIL, identity.c.customer_id.in_(letter.members)
    )
    theirs = {*connection.execute(query).scalars(), *(row.email_hash for row in rows if row.email_hash)}
    named = {address_hash(seal, address) for each in told.addresses if (address := checked_address(each))}
    meant = named & theirs
    if own is None:
        return min(meant, default=None)
    if own.email_hash in meant or not meant:
        is_same = own.email_hash in meant or letter.left_at is None or own.recorded_at <= letter.left_at
        return own.email_hash if is_same else None
    return min(meant)


def _withdrawn(letter: Letter) -> ConsentRow:
    return ConsentRow(
        letter.customer_id,
        "revoked",
        MARKETING,
        letter.channel,
        source="complaint",
        policy_version=WORDING,
        reference=f"complaint about message {letter.outbox_id}",
    )
