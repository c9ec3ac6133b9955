"""Forgetting a person: what is personal goes, and what keeps it from coming back stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ledger import upsert
from evergrove.people.ages import forget_age
from evergrove.people.consent.proofs import forget_proofs
from evergrove.people.identity.forgetting import forget_identifiers
from evergrove.people.store import people_of
from evergrove.people.suppression import ERASED, suppress
from evergrove.people.tables import person
from evergrove.people.texts import forget_texts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def erase(connection: Connection, customer_id: str, now: datetime) -> bool:
    """
    Erase a customer's address, name, language, zone, identifiers and whatever was written, here and now.

    The customer's row stays as a mark, so that a later file does not bring the person back; the keyed hash
    of the address stays suppressed, so that nothing is sent to it under another customer's name either, and those
    of the other identifiers stay as tombstones: whoever comes in under one of them is not taken.
    Words about consent stay, without what proves them: they name nobody, and say that there was a right to write.

    Args:
        connection: Of a ``writing`` block.
        customer_id: Whom. A customer of whom nothing is known is marked too.
        now: When.

    Returns:
        Whether there was something to erase; False when it was done before.
    """
    known = people_of(connection, [customer_id]).get(customer_id)
    if known is not None and known.status == "erased":
        return False
    if known is not None and known.email_hash is not None:
        suppress(connection, known.email_hash, ERASED, now)
    row = {
        "customer_id": customer_id,
        "sealed": None,
        "email_hash": None,
        "language": None,
        "zone": None,
        "status": "erased",
        "recorded_at": now,
    }
    upsert(connection, person, [row], ["customer_id"])
    forget_identifiers(connection, customer_id, now)
    forget_proofs(connection, customer_id)
    forget_age(connection, customer_id)
    forget_texts(connection, customer_id)
    return True
