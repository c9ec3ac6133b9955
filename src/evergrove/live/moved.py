"""How people have moved since a run, all passes together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.live.tables import MOVE
from evergrove.live.types import LiveMove
from evergrove.people.identity import person_ids

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


def moved_since(connection: Connection, run_id: int) -> tuple[tuple[LiveMove, date], ...]:
    """
    Where people stood at a run and stand now, where that differs; each with the day of the last step.

    Whoever has become one person with somebody under another name is not among them: passes look at the person anew.

    Args:
        connection: Of any block.
        run_id: The snapshot of the run.
    """
    found: dict[tuple[str, str], tuple[LiveMove, date]] = {}
    for row in connection.execute(select(MOVE).where(MOVE.c.run_id == run_id).order_by(MOVE.c.id)):
        place = (row.customer_id, row.axis)
        step = LiveMove(row.customer_id, row.axis, row.from_, row.to_, row.cause, row.evidence)
        first = found[place][0].before if place in found else row.from_
        found[place] = (replace(step, before=first), row.as_of)
    persons = person_ids(connection, {customer for customer, _axis in found})
    return tuple(
        (move, on)
        for (customer, _axis), (move, on) in found.items()
        if move.before != move.after and persons[customer] == customer
    )
