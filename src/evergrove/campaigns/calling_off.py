"""Whether a message is still wanted, asked in the last moment before it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from evergrove.campaigns.store import parts
from evergrove.campaigns.tables import enrolment, playbook
from evergrove.people.parts import among

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
    paused = set(connection.execute(_RESTING, {"some": list(keys)}).scalars())
    left: set[Occasion] = set()
    for part in parts({customer for _key, customer, _occasion in occasions}):
        over = connection.execute(_OVER, {"keys": list(keys), "some": part})
        left.update((key, customer, occasion) for key, customer, occasion in over)
    return {
        each: "campaigns.exited" if each in left else "campaigns.paused"
        for each in occasions
        if each in left or each[0] in paused
    }


_ROW = enrolment.c
_RESTING = select(playbook.c.key).where(among(playbook.c.key), playbook.c.state == "paused")
_OVER = select(_ROW.playbook, _ROW.customer_id, _ROW.occasion).where(
    _ROW.playbook.in_(bindparam("keys", expanding=True)), among(_ROW.customer_id), _ROW.state == "exited"
)
