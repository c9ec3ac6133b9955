"""Taking back messages that still wait: the customer has ordered, or a person has paused the playbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case

from evergrove.outbox.tables import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


WITHDRAWN = case((OUTBOX.c.lost_at.is_(None), "skipped"), else_="unknown")
"""Of what may have arrived at an earlier attempt nobody can say that it was skipped."""


def withdraw(
    connection: Connection, occasions: Sequence[tuple[str, str, str]], reason: str, now: datetime
) -> int:
    """
    Skip what is queued for some occasions; what a worker holds already is left to the guards before the wire.

    Args:
        connection: Of a ``writing`` block.
        occasions: (playbook, customer, occasion) of each.
        reason: Code that is stored.
        now: When.

    Returns:
        How many messages will not leave.
    """
    if not occasions:
        return 0
    which = (
        (OUTBOX.c.playbook == bindparam("of_playbook"))
        & (OUTBOX.c.customer_id == bindparam("of_customer"))
        & (OUTBOX.c.occasion == bindparam("of_occasion"))
        & (OUTBOX.c.state == "queued")
    )
    statement = OUTBOX.update().where(which).values(state=WITHDRAWN, reason=reason, settled_at=now)
    names = ("of_playbook", "of_customer", "of_occasion")
    rows = [dict(zip(names, occasion, strict=True)) for occasion in occasions]
    return connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


def withdraw_playbook(connection: Connection, playbook: str, reason: str, now: datetime) -> int:
    """Skip everything of one playbook that is queued; how many messages will not leave."""
    return _withdraw(connection, OUTBOX.c.playbook == playbook, reason, now)


def withdraw_customer(connection: Connection, customer_id: str, reason: str, now: datetime) -> int:
    """Skip everything to one customer that is queued; how many messages will not leave."""
    return _withdraw(connection, OUTBOX.c.customer_id == customer_id, reason, now)


def _withdraw(connection: Connection, which: ColumnElement[bool], reason: str, now: datetime) -> int:
    waiting = which & (OUTBOX.c.state == "queued")
    statement = OUTBOX.update().where(waiting).values(state=WITHDRAWN, reason=reason, settled_at=now)
    return connection.execute(statement).rowcount
