"""Leaving: no more messages of a kind, from the moment at which it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.delivery.links.letters import letter_of, wait_for_sending
from evergrove.delivery.links.tables import early_leave
from evergrove.ledger import insert_new
from evergrove.outbox import OUTBOX
from evergrove.people.consent.kinds import BY_PURPOSE
from evergrove.people.consent.proven import record_proven
from evergrove.people.consent.types import ConsentRow
from evergrove.people.parts import among
from evergrove.people.types import MARKETING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.delivery.links.letters import Letter
    from evergrove.people import Seal

SOURCE, FORM = "unsubscribe", "leave"
WORDING = "letters/1"
"""Which wording of our pages was read; a new one where their sentences say something else."""


def leave(connection: Connection, seal: Seal, outbox_id: str, now: datetime) -> None:
    """
    Take back what allows messages of the kind of one letter, on its channel; doing it again changes nothing.

    Every later ``begin`` sees it: what waits is stopped by the guard before the wire. A letter of which this copy knows
    nothing (it was restored from an older backup) is kept by its name, and holds as soon as the message is here again.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        outbox_id: Of the letter, as its token says.
        now: When.
    """
    letter = letter_of(connection, outbox_id)
    if letter is None:
        insert_new(connection, early_leave, [{"outbox_id": outbox_id, "recorded_at": now}])
        return
    wait_for_sending(connection, letter.members)
    record_proven(connection, seal, [_word(letter)], now)


_EARLY = select(early_leave.c.outbox_id).where(
    among(early_leave.c.outbox_id), early_leave.c.outbox_id == OUTBOX.c.id
)


def heed_early(connection: Connection, seal: Seal, outbox_ids: Collection[str], now: datetime) -> None:
    """Hold to what was said by letters of which nothing was known then, before any of them begins."""
    early = connection.execute(_EARLY, {"some": list(outbox_ids)}).scalars().all()
    for each in early:
        leave(connection, seal, each, now)
        connection.execute(early_leave.delete().where(early_leave.c.outbox_id == each))


def purpose_of(letter: Letter) -> str:
    """For what a letter needs consent; one of no such purpose counts as an offer."""
    return letter.category if letter.category in BY_PURPOSE else MARKETING


def _word(letter: Letter) -> ConsentRow:
    return ConsentRow(
        letter.customer_id,
        "revoked",
        purpose_of(letter),
        letter.channel,
        source=SOURCE,
        form=FORM,
        policy_version=WORDING,
        reference=f"link in message {letter.outbox_id}",
    )
