"""Putting jobs into the queue, and giving each to one worker."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, literal, or_, select

from evergrove.jobs.tables import JOB
from evergrove.jobs.types import CANCELLED, LEASE_S, OF_A_PERSON, WORKER_DIED, Hold
from evergrove.ledger import Instant, database_now, insert_new
from evergrove.ledger.types import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.jobs.types import Order
    from evergrove.ledger import Ledger


def enqueue(connection: Connection, order: Order, now: datetime) -> int | None:
    """
    Put a job into the queue in the caller's transaction.

    Returns:
        Its number; None where a job of the same unique key waits or runs.
    """
    row: dict[str, Any] = {
        "kind": order.kind,
        "params": dict(order.params),
        "unique_key": order.unique_key,
        "open_key": order.unique_key,
        "origin": order.origin,
        "state": "queued",
        "not_before": order.not_before,
        "queued_at": now,
        "attempts": 0,
        "most_attempts": order.most_attempts,
        "waits": 0,
        "token": 0,
        "is_cancel_asked": False,
    }
    if order.unique_key is None:
        return int(connection.execute(JOB.insert().values(**row).returning(JOB.c.id)).scalar_one())
    if not insert_new(connection, JOB, [row]):
        return None
    return open_job(connection, order.unique_key)


def open_job(connection: Connection, unique_key: str) -> int | None:
    """The number of the job of that key that waits or runs."""
    found: int | None = connection.execute(select(JOB.c.id).where(JOB.c.open_key == unique_key)).scalar()
    return found


def claim(
    ledger: Ledger, worker: str, kinds: Iterable[str], now: datetime, lease_s: float = LEASE_S
) -> Hold | None:
    """
    Take the job that has been due longest, for one worker alone; of what people ordered, each person's in turn.

    Due is what waits and may start, and what a worker held that has given no sign of life for a whole lease.

    Args:
        ledger: Where the jobs are; the claim is a transaction of its own.
        worker: Who takes it, such as host and process number.
        kinds: Those that the worker knows; others are left to others.
        now: The present moment.
        lease_s: Seconds, by the database's clock, after which others may take it.

    Returns:
        The hold; None when nothing is due.
    """
    known = list(kinds)
    with ledger.reading() as connection:  # most of the time nothing is due: no need to wait in line for that
        if connection.execute(_due(known, now, database_now(connection))).first() is None:
            return None
    with ledger.writing() as connection:
        present = database_now(connection)
        _bury(connection, present, now)
        chosen = _due(known, now, present).with_for_update(skip_locked=True)
        taken = (
            JOB.update()
            .where(JOB.c.id == chosen.scalar_subquery())
            .values(
                state="running",
                token=JOB.c.token + 1,
                attempts=JOB.c.attempts + 1,
                claimed_by=worker,
                lease_until=present + timedelta(seconds=lease_s),
                started_at=now,
                told_at=None,
                stage=None,
                percent=None,
                reason=None,
                detail=None,
            )
            .returning(*(JOB.c[name] for name in Hold.__dataclass_fields__))
        )
        row = connection.execute(taken).mappings().first()
    return None if row is None else Hold(**row)


def _due(kinds: list[str], now: datetime, present: datetime) -> Any:
    waits = and_(JOB.c.state == "queued", JOB.c.not_before <= now)
    left = and_(JOB.c.state == "running", JOB.c.lease_until <= present)
    order = _turn(), JOB.c.not_before, JOB.c.id
    return select(JOB.c.id).where(or_(waits, left), JOB.c.kind.in_(kinds)).order_by(*order).limit(1)


def _turn() -> Any:
    """
    When somebody was served last who ordered a job: people take turns, and whoever never was comes first.

    So one who orders fifty delays another by one of them. What nobody ordered in person waits for one of each at most.
    """
    other = JOB.alias("other")
    served = select(func.max(other.c.started_at)).where(other.c.origin == JOB.c.origin).scalar_subquery()
    never = literal(EPOCH, Instant)
    return case((JOB.c.origin.startswith(OF_A_PERSON), func.coalesce(served, never)), else_=never)


def _bury(connection: Connection, present: datetime, now: datetime) -> None:
    """Give up what was left by its last worker too: what kills each of its workers is not tried for ever."""
    left = and_(JOB.c.state == "running", JOB.c.lease_until <= present)
    ended = {"settled_at": now, "lease_until": None, "open_key": None}
    over = select(JOB.c.id).where(left, or_(JOB.c.is_cancel_asked, JOB.c.attempts >= JOB.c.most_attempts))
    rows = connection.execute(over.with_for_update(skip_locked=True)).scalars().all()
    if not rows:
        return
    mine = JOB.c.id.in_(rows)
    connection.execute(
        JOB.update().where(mine, JOB.c.is_cancel_asked).values(state="cancelled", reason=CANCELLED, **ended)
    )
    connection.execute(
        JOB.update().where(mine, JOB.c.state == "running").values(state="dead", reason=WORKER_DIED, **ended)
    )
