"""What people do with jobs: look, cancel, have one run again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from evergrove.jobs.errors import AlreadyQueued, AlreadySettled, NotRetryable, UnknownJob
from evergrove.jobs.queue import open_job
from evergrove.jobs.rules import remaining
from evergrove.jobs.tables import JOB
from evergrove.jobs.types import CANCELLED, OPEN, Job, Told

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from evergrove.jobs.types import State

PAGE = 50
AGAIN: tuple[State, ...] = ("dead", "cancelled")
"""Of these a person may say: once more."""
KEPT = timedelta(days=90)
"""How long a job that ended is remembered; one that was given up waits for its person."""


def list_jobs(
    connection: Connection,
    states: Collection[State] = (),
    kind: str | None = None,
    *,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Job]:
    """
    Jobs, the newest first.

    Args:
        connection: Of a ``reading`` block.
        states: Only jobs in one of these; empty: in any.
        kind: Only of this kind.
        before: Only jobs of lower numbers: the last one of the page before.
        limit: Most jobs.
    """
    found = select(JOB).order_by(JOB.c.id.desc()).limit(limit)
    if states:
        found = found.where(JOB.c.state.in_(states))
    if kind is not None:
        found = found.where(JOB.c.kind == kind)
    if before is not None:
        found = found.where(JOB.c.id < before)
    return [_job(row) for row in connection.execute(found).mappings()]


def jobs_where(connection: Connection, condition: ColumnElement[bool], limit: int = PAGE) -> list[Job]:
    """Jobs of which something is true of their rows, the newest first."""
    found = select(JOB).where(condition).order_by(JOB.c.id.desc()).limit(limit)
    return [_job(row) for row in connection.execute(found).mappings()]


def show(connection: Connection, number: int) -> Job:
    """
    One job.

    Raises:
        UnknownJob: There is none of that number.
    """
    return _job(_row(connection, number))


def cancel(connection: Connection, number: int, now: datetime) -> State:
    """
    Cancel a job: at once where it waits; where it runs, its worker stops at the next safe point.

    Returns:
        Its state: ``cancelled``, or still ``running``.

    Raises:
        UnknownJob, AlreadySettled: There is nothing to cancel.
    """
    row = _row(connection, number, locked=True)
    if row["state"] not in OPEN:
        raise AlreadySettled(number=number, state=row["state"])
    waits = row["state"] == "queued"
    ended = {"state": "cancelled", "reason": CANCELLED, "settled_at": now, "open_key": None} if waits else {}
    connection.execute(JOB.update().where(JOB.c.id == number).values(is_cancel_asked=True, **ended))
    return "cancelled" if waits else "running"


def retry(connection: Connection, number: int, now: datetime) -> None:
    """
    Let a job that was given up or cancelled run again, with all its attempts before it.

    Raises:
        UnknownJob, NotRetryable: There is nothing to run again.
        AlreadyQueued: Another job does the same work and has not ended.
    """
    row = _row(connection, number, locked=True)
    if row["state"] not in AGAIN:
        raise NotRetryable(number=number, state=row["state"], kind=row["kind"])
    key = row["unique_key"]
    if key is not None and (other := open_job(connection, key)) is not None:
        raise AlreadyQueued(number=other)
    again = {"attempts": 0, "is_cancel_asked": False, "not_before": now, "settled_at": None, "open_key": key}
    connection.execute(
        JOB.update()
        .where(JOB.c.id == number)
        .values(state="queued", claimed_by=None, reason=None, detail=None, **again)
    )


def forget_settled(connection: Connection, now: datetime) -> int:
    """Delete jobs that were done or cancelled long ago; how many."""
    over = JOB.c.state.in_(("done", "cancelled")), JOB.c.settled_at <= now - KEPT
    return connection.execute(delete(JOB).where(*over)).rowcount


def _row(connection: Connection, number: int, *, locked: bool = False) -> RowMapping:
    found = select(JOB).where(JOB.c.id == number)
    row = connection.execute(found.with_for_update() if locked else found).mappings().first()
    if row is None:
        raise UnknownJob(number=number)
    return row


def _job(row: RowMapping) -> Job:
    told = Told(row["stage"], row["percent"], tuple(row["log"]["lines"]) if row["log"] else ())
    same = {name: row[name] for name in Job.__dataclass_fields__ if name in row}
    runs = row["state"] == "running" and row["told_at"] is not None
    left = remaining(row["started_at"], row["told_at"], row["percent"]) if runs else None
    return Job(**same, told=told, remaining=left)
