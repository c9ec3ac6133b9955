"""Whether a message is still wanted, asked in the last moment before it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.campaigns.store import parts
from evergrove.campaigns.tables import enrolment, playbook

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

Occasion = tuple[str, str, str]
"""(playbook, customer, occasion)."""


def called_off(connection: Connection, occasions: Collection[Occasion]) -> dict[Occasion, str]:
    """
    Occasions for which nothing is to leave any more, and why: the customer left the playbook, or it rests.

    What waits is taken back when that happens; what a worker held at that moment, or a server has put off
    since, is found here.

    Args:
        connection: Of the transaction before the wire.
        occasions: Of the messages that are about to leave.
    """
    keys = {key for key, _customer, _occasion in occasions}
    resting = select(playbook.c.key).where(playbook.c.key.in_(keys), playbook.c.state == "paused")
    paused = set(connection.execute(resting).scalars())
    left: set[Occasion] = set()
    row = enrolment.c
    for part in parts({customer for _key, customer, _occasion in occasions}):
        query = select(row.playbook, row.customer_id, row.occasion)
        over = query.where(row.playbook.in_(keys), row.customer_id.in_(part), row.state == "exited")
        left.update((key, customer, occasion) for key, customer, occasion in connection.execute(over))
    return {
        each: "campaigns.exited" if each in left else "campaigns.paused"
        for each in occasions
        if each in left or each[0] in paused
    }
