"""How many messages a customer got, and how many stand in each state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, or_, select

from evergrove.outbox.tables import OUTBOX
from evergrove.outbox.types import CONTROL, LEFT, OPEN, SLACK, WINDOWS, Counts

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from evergrove.outbox.types import State

FEW = 500
"""Up to so many customers are asked for by name; beyond, the month's messages are counted for everybody."""


def sent_counts(
    connection: Connection,
    customer_ids: Collection[str],
    until: datetime,
    *,
    planned: bool = True,
    apart_from: str | None = None,
) -> dict[str, Counts]:
    """
    Marketing messages to each customer in the day, week and month before a moment, for the frequency cap.

    Counts what left or may have left, at the moment of its attempt, and the virtual sends of controls at the
    moment they would have left. The windows are four hours short of 1, 7 and 30 days, so that a message that
    left late yesterday does not push out today's.

    Args:
        connection: Of any block.
        customer_ids: Whom to count for.
        until: The moment for which another message is considered; later ones do not count.
        planned: Count queued and claimed messages too, at the moment they are due: for decisions. Before the
            wire only what has left counts, or two waiting messages would stop each other.
        apart_from: A message that is not counted: the one being considered.

    Returns:
        Counts of those customers who have any.
    """
    moment = counted_at()
    starts = {name: until - length + SLACK for name, length in WINDOWS.items()}
    query = (
        select(
            OUTBOX.c.customer_id,
            *(func.sum(case((moment > start, 1), else_=0)).label(name) for name, start in starts.items()),
        )
        .where(moment > min(starts.values()), moment <= until, is_counted(planned=planned))
        .group_by(OUTBOX.c.customer_id)
    )
    if apart_from is not None:
        query = query.where(OUTBOX.c.id != apart_from)
    wanted = set(customer_ids)
    if len(wanted) <= FEW:
        query = query.where(OUTBOX.c.customer_id.in_(wanted))
    found = ((str(row[0]), Counts(*map(int, row[1:]))) for row in connection.execute(query))
    return {customer: counts for customer, counts in found if customer in wanted}


def counted_at() -> ColumnElement[datetime]:
    """When a message counts towards caps: at its attempt, or else when it is due."""
    return func.coalesce(OUTBOX.c.attempting_at, OUTBOX.c.not_before)


def is_counted(*, planned: bool) -> ColumnElement[bool]:
    """Which rows count towards caps: marketing that left or may have, virtual sends, and, if asked, what waits."""
    states = (*LEFT, *OPEN) if planned else LEFT
    virtual = and_(OUTBOX.c.state == "skipped", OUTBOX.c.reason == CONTROL)
    return and_(OUTBOX.c.category == "marketing", or_(OUTBOX.c.state.in_(states), virtual))


def states(connection: Connection) -> dict[tuple[str, str], int]:
    """How many messages of each playbook stand in each state: (playbook, state) -> count."""
    query = select(OUTBOX.c.playbook, OUTBOX.c.state, func.count()).group_by(
        OUTBOX.c.playbook, OUTBOX.c.state
    )
    return {(playbook, state): count for playbook, state, count in connection.execute(query)}


@dataclass(frozen=True)
class Standing:
    """
    How many messages stand alike.

    Attributes:
        state: Of all of them.
        reason: Code; None: there is none.
        playbook: Of all of them.
        channel: The same.
        messages: How many.
    """

    state: State
    reason: str | None
    playbook: str
    channel: str
    messages: int


def standing(connection: Connection) -> tuple[Standing, ...]:
    """How many messages stand in which state for which reason; read from one index alone, in its order."""
    row = OUTBOX.c
    alike = (row.state, row.reason, row.playbook, row.channel)
    query = select(*alike, func.count()).group_by(*alike).order_by(*alike)
    return tuple(Standing(*each) for each in connection.execute(query))


def unindexed(column: ColumnElement[str]) -> ColumnElement[str]:
    """The column in a form that no index of its own is looked up by: the index of the order serves better."""
    return func.coalesce(column, "")
