"""What a worker may do with a job that it holds: each step is conditional upon its token, and lost when that is old."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.jobs.errors import LeaseLost
from evergrove.jobs.tables import JOB
from evergrove.jobs.types import CANCELLED, Told
from evergrove.ledger import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from evergrove.jobs.types import Hold, State


def _held(hold: Hold) -> ColumnElement[bool]:
    return (JOB.c.id == hold.id) & (JOB.c.token == hold.token) & (JOB.c.state == "running")


def prove(connection: Connection, hold: Hold) -> None:
    """
    Make sure, for the rest of the transaction, that the job is still this worker's.

    The row stays locked until the commit, so that nobody can take the job over between this proof and the
    effect that it covers. Whoever was paused past the lease and found no successor may go on.

    Raises:
        LeaseLost: Another has it, or it has ended; the transaction must not be kept.
    """
    if connection.execute(select(JOB.c.id).where(_held(hold)).with_for_update()).first() is None:
        raise LeaseLost(number=hold.id)


def renew(connection: Connection, hold: Hold, told: Told, now: datetime, lease_s: float) -> bool:
    """Say that the worker lives, and how far the job is; False when the hold is lost."""
    lease_until = database_now(connection) + timedelta(seconds=lease_s)
    return _changed(connection, hold, {"lease_until": lease_until, **_as_row(told, now)})


def asked_to_end(connection: Connection, hold: Hold) -> bool | None:
    """Whether somebody wants the job to be cancelled; None when the hold is lost."""
    found: bool | None = connection.execute(select(JOB.c.is_cancel_asked).where(_held(hold))).scalar()
    return found


def is_done(connection: Connection, hold: Hold) -> bool:
    """Whether this very attempt has said that the job is done, in the transaction of its effect."""
    mine = select(JOB.c.id).where(JOB.c.id == hold.id, JOB.c.token == hold.token, JOB.c.state == "done")
    return connection.execute(mine).first() is not None


def finish(
    connection: Connection,
    hold: Hold,
    now: datetime,
    result: Mapping[str, Any] | None = None,
    told: Told | None = None,
) -> bool:
    """
    Say durably that the job is done; in the transaction of its effect, both happen or neither.

    Returns:
        False when the hold is lost; then nothing was changed.
    """
    told_row = {} if told is None else {**_as_row(told, now), "percent": 100}
    result_row = {} if result is None else {"result": dict(result)}
    return _settled(connection, hold, "done", now, {"reason": None, "detail": None, **told_row, **result_row})


def bury(
    connection: Connection, hold: Hold, now: datetime, told: Told, reason: str, detail: Mapping[str, Any]
) -> bool:
    """Give the job up, until a person has it run again; False when the hold is lost."""
    values = {"reason": reason, "detail": dict(detail), **_as_row(told, now)}
    return _settled(connection, hold, "dead", now, values)


def end_cancelled(connection: Connection, hold: Hold, now: datetime, told: Told) -> bool:
    """Say that the job has been cancelled; False when the hold is lost."""
    return _settled(connection, hold, "cancelled", now, {"reason": CANCELLED, **_as_row(told, now)})


def put_back(
    connection: Connection,
    hold: Hold,
    now: datetime,
    told: Told,
    *,
    not_before: datetime,
    reason: str,
    detail: Mapping[str, Any] | None = None,
    counts: bool = True,
    waited: bool = False,
) -> bool:
    """
    Put the job back into the queue.

    Args:
        connection: Of a ``writing`` block.
        hold: What ``claim`` gave.
        now: The present moment.
        told: What it said until now.
        not_before: When it may be tried again.
        reason: Code of the reason.
        detail: Parameters of the reason.
        counts: Whether this was an attempt; one that could not begin is none.
        waited: Whether it was put back because the workspace was taken.

    Returns:
        False when the hold is lost; then nothing was changed.
    """
    values = {
        "state": "queued",
        "not_before": not_before,
        "lease_until": None,
        "claimed_by": None,
        "reason": reason,
        "detail": None if detail is None else dict(detail),
        "attempts": JOB.c.attempts if counts else JOB.c.attempts - 1,
        "waits": JOB.c.waits + (1 if waited else 0),
        **_as_row(told, now),
    }
    return _changed(connection, hold, values)


def _settled(
    connection: Connection, hold: Hold, state: State, now: datetime, values: Mapping[str, Any]
) -> bool:
    ended = {"state": state, "settled_at": now, "lease_until": None, "open_key": None}
    return _changed(connection, hold, {**values, **ended})


def _changed(connection: Connection, hold: Hold, values: Mapping[str, Any]) -> bool:
    return connection.execute(JOB.update().where(_held(hold)).values(**values)).rowcount == 1


def _as_row(told: Told, now: datetime) -> dict[str, Any]:
    log = {"lines": [dict(each) for each in told.log]} if told.log else None
    return {"stage": told.stage, "percent": told.percent, "told_at": now, "log": log}
