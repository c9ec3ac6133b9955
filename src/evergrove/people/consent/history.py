"""Everything that somebody ever said, with its proof, as a face may show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.people.consent.kinds import ANY
from evergrove.people.consent.rules import deciding
from evergrove.people.consent.taking import proof_owner
from evergrove.people.consent.types import ConsentWord, Said
from evergrove.people.identity.members import members_of
from evergrove.people.parts import in_parts
from evergrove.people.tables import consent_event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.people.seal import Seal


def consent_history(
    connection: Connection,
    customer_id: str,
    *,
    seal: Seal | None = None,
    at: datetime | None = None,
) -> list[ConsentWord]:
    """
    All words of a person, under all ids, oldest first; those that hold are marked.

    Args:
        connection: Of any block.
        customer_id: Any id of the person.
        seal: Opens what proves them; None: the proofs stay closed.
        at: The moment at which is asked what holds; None: all that is known counts.

    Raises:
        SealBroken: A proof does not open.
    """
    rows: list[Row[Any]] = []
    for part in in_parts(members_of(connection, [customer_id])[customer_id]):
        query = select(consent_event).where(consent_event.c.customer_id.in_(part))
        rows += connection.execute(query).all()
    holding = _holding(rows, at)
    ordered = sorted(rows, key=lambda row: (row.given_at, row.id))
    return [_word(row, seal, holds=row.id in holding) for row in ordered]


def _holding(rows: Sequence[Row[Any]], at: datetime | None) -> set[int]:
    """Numbers of the rows that hold for their customer, purpose and channel."""
    found = set()
    for customer, purpose, channel in {(row.customer_id, row.purpose, row.channel) for row in rows}:
        said = {
            _said(row): row.id
            for row in rows
            if (row.customer_id, row.purpose) == (customer, purpose) and row.channel in (channel, ANY)
        }
        last = deciding(said, at)
        if last is not None:
            found.add(said[last])
    return found


def _said(row: Row[Any]) -> Said:
    return Said(row.given_at, row.status, row.source, row.expires_at, row.given_by)


def _word(row: Row[Any], seal: Seal | None, *, holds: bool) -> ConsentWord:
    opened = seal.unseal(row.sealed, proof_owner(row.name)) if seal is not None and row.sealed else {}
    return ConsentWord(
        customer_id=row.customer_id,
        purpose=row.purpose,
        channel=row.channel,
        status=row.status,
        given_at=row.given_at,
        recorded_at=row.recorded_at,
        source=row.source,
        given_by=row.given_by,
        policy_version=row.policy_version,
        form=row.form,
        expires_at=row.expires_at,
        file=row.proof,
        reference=opened.get("reference"),
        ip_hash=row.ip_hash,
        holds=holds,
    )
