"""Words with their proof into the ledger: from files of consents, forms and programs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.ledger import insert_new
from evergrove.people.consent.kinds import channel_named, purpose_named
from evergrove.people.consent.recording import event_row, record_list
from evergrove.people.consent.types import FILE, RECORD, REFUSALS, ConsentRow, ConsentsTaken, Said
from evergrove.people.parts import CHUNK, in_parts
from evergrove.people.tables import consent_event, person

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.people.seal import Seal

PROOF_FORMAT = "evergrove.consent_proof/1"
ZONES = timedelta(days=1)
"""So much a moment may lie ahead for want of a zone; a no that is dated later still counts from now on."""


def take_consents(
    connection: Connection,
    seal: Seal,
    rows: Sequence[ConsentRow],
    now: datetime,
    *,
    proof: str | None = None,
    written_at: datetime | None = None,
) -> ConsentsTaken:
    """
    Take words, in any order and as often as they come: what holds afterwards is the same.

    A word with its own moment takes its place by that. One without is a word of a list, of the moment at which
    that was written: its yes does not count against a person's own no.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        rows: Purposes and channels as files have them; ``PURPOSES`` and ``CHANNELS`` say which are known.
        now: When they come in.
        proof: Where they stand for everybody to see, such as the sha256 of their file.
        written_at: Of that file; None: now.
    """
    taken = ConsentsTaken()
    for start in range(0, len(rows), CHUNK):
        taken += _take(connection, seal, rows[start : start + CHUNK], now, proof, written_at or now)
    return taken


def _take(
    connection: Connection,
    seal: Seal,
    rows: Sequence[ConsentRow],
    now: datetime,
    proof: str | None,
    written_at: datetime,
) -> ConsentsTaken:
    usable = [each for row in rows if (each := _named(row, now)) is not None]
    gone = _erased(connection, {row.customer_id for row in usable})
    living = [row for row in usable if row.customer_id not in gone]
    dated = [row for row in living if row.given_at is not None]
    new = insert_new(connection, consent_event, [_row(seal, row, now, proof) for row in dated])
    listed = _record_lists(
        connection, [row for row in living if row.given_at is None], now, proof, written_at
    )
    new, refused = new + listed[0], listed[1]
    return ConsentsTaken(
        new=new,
        known=len(living) - new - refused,
        erased=len(usable) - len(living),
        refused_elsewhere=refused,
        unusable=len(rows) - len(usable),
    )


def _named(row: ConsentRow, now: datetime) -> ConsentRow | None:
    """The row with the names that are stored; None: its purpose or channel is none, or its yes is not said yet."""
    purpose = purpose_named(row.purpose)
    channel = channel_named(row.channel, purpose) if purpose else None
    is_early = row.given_at is not None and row.given_at > now + ZONES and row.status not in REFUSALS
    if purpose is None or channel is None or is_early:
        return None
    return replace(row, purpose=purpose, channel=channel)


def _row(seal: Seal, row: ConsentRow, now: datetime, proof: str | None) -> dict[str, Any]:
    assert row.given_at is not None  # noqa: S101 - those without are words of a list
    source = row.source if row.source and row.source != FILE else RECORD
    word = Said(row.given_at, row.status, source, row.expires_at, row.given_by)
    told = event_row(row.customer_id, word, now, row.channel, row.purpose)
    return told | {
        "given_at": min(
            row.given_at, now
        ),  # said at the latest when it came in, whatever zone its clock was in
        "proof": proof,
        "policy_version": row.policy_version,
        "form": row.form,
        "ip_hash": seal.hash("ip", row.ip) if row.ip else None,
        "sealed": seal.seal({"format": PROOF_FORMAT, "reference": row.reference}, proof_owner(told["name"]))
        if row.reference
        else None,
    }


def proof_owner(name: str) -> str:
    """Under whose name a proof is sealed: so no row opens as another's."""
    return f"consent/{name}"


def _record_lists(
    connection: Connection, rows: Sequence[ConsentRow], now: datetime, proof: str | None, written_at: datetime
) -> tuple[int, int]:
    """Words of a list, purpose by purpose; of several of one customer the most restrictive."""
    said: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for row in sorted(rows, key=lambda row: ("granted", "pending", "denied", "revoked").index(row.status)):
        said[row.purpose, row.channel][row.customer_id] = row.status
    new = refused = 0
    for (purpose, channel), words in sorted(said.items()):
        added, against = record_list(
            connection, words, written_at, now, channel=channel, purpose=purpose, proof=proof
        )
        new, refused = new + added, refused + len(against)
    return new, refused


def _erased(connection: Connection, customers: Collection[str]) -> set[str]:
    found: set[str] = set()
    for part in in_parts(customers):
        query = select(person.c.customer_id).where(
            person.c.customer_id.in_(part), person.c.status == "erased"
        )
        found.update(connection.execute(query).scalars())
    return found
