"""One customer's decisions as they are told: what was allowed, what it was worth, what came up, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.decisions.picked import choices_of
from evergrove.decisions.tables import decision
from evergrove.people.identity import members_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.decisions.picked import ChoiceKept


@dataclass(frozen=True)
class Told:
    """
    What was decided for one person, the newest first.

    Attributes:
        decisions: Rows, one a message and day.
        choices: Those of them that were made by value.
    """

    decisions: tuple[Mapping[str, Any], ...]
    choices: tuple[ChoiceKept, ...]


def decisions_of(connection: Connection, customer_id: str, most: int, until: date | None = None) -> Told:
    """
    What was decided for a person, under whichever id.

    Args:
        connection: Of any block.
        customer_id: Any of the person's.
        most: Decisions at most.
        until: The last day of a run's knowledge that is looked at; None: the newest.
    """
    members = members_of(connection, [customer_id])[customer_id]
    row = decision.c
    query = select(decision).where(row.customer_id.in_(sorted(members)))
    if until is not None:
        query = query.where(row.as_of <= until)
    newest = query.order_by(row.as_of.desc(), row.decided_at.desc(), row.id).limit(most)
    rows = tuple(dict(each) for each in connection.execute(newest).mappings())
    if not rows:
        return Told((), ())
    first = rows[-1]["as_of"]
    choices = choices_of(connection, members, most, until=until)
    return Told(rows, tuple(each for each in choices if each.as_of >= first))
