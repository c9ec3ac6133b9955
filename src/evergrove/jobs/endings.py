"""How an attempt ends that did not come to its end: tried again, given up, cancelled, handed back, lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, InputError, InUse
from evergrove.jobs import holding
from evergrove.jobs.errors import LeaseLost
from evergrove.jobs.rules import retry_delay, wait_delay, without_persons
from evergrove.jobs.types import CANCELLED, HANDED_BACK, WAITS, Ending

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.jobs.types import Hold, Told
    from evergrove.ledger import Ledger

FOREIGN = "jobs.foreign_error"


class Cancelled(Exception):
    """Somebody wants the job to end."""


class HandedBack(Exception):
    """The worker ends; another goes on with the job."""


def ended_by(
    ledger: Ledger, hold: Hold, told: Told, error: Exception, now: datetime, draw: Callable[[], float]
) -> Ending:
    """
    Say durably how an attempt ended that raised.

    Args:
        ledger: Where the jobs are, without the proof: a hold that is lost changes nothing.
        hold: Of the job.
        told: What the job said of itself.
        error: What was raised.
        now: The present moment.
        draw: Gives numbers in [0, 1), for the jitter.
    """
    ending = verdict(hold, error, now, draw)
    with ledger.writing() as connection:
        if holding.is_done(
            connection, hold
        ):  # said in the transaction of its effect; what came after is idle
            return Ending("done")
        if ending.state is None or _stored(connection, hold, told, error, ending, now):
            return ending
    return Ending(None, LeaseLost.code)


def verdict(hold: Hold, error: Exception, now: datetime, draw: Callable[[], float]) -> Ending:
    """
    What becomes of a job after an error. Pure.

    What was given wrongly does not get better by trying again; a workspace that is taken becomes free.
    """
    if isinstance(error, LeaseLost):
        return Ending(None, error.code)
    if isinstance(error, Cancelled):
        return Ending("cancelled", CANCELLED)
    if isinstance(error, HandedBack):
        return Ending("queued", HANDED_BACK, now)
    if isinstance(error, InUse):
        return Ending("queued", WAITS, now + wait_delay(draw))
    reason = error.code if isinstance(error, EvergroveError) else FOREIGN
    if isinstance(error, InputError) or hold.attempts >= hold.most_attempts:
        return Ending("dead", reason)
    return Ending("queued", reason, now + retry_delay(hold.attempts, draw))


def _stored(
    connection: Connection, hold: Hold, told: Told, error: Exception, ending: Ending, now: datetime
) -> bool:
    if ending.state == "cancelled":
        return holding.end_cancelled(connection, hold, now, told)
    reason, detail = str(ending.reason), detail_of(error)
    if ending.not_before is None:
        return holding.bury(connection, hold, now, told, reason, detail)
    return holding.put_back(
        connection,
        hold,
        now,
        told,
        not_before=ending.not_before,
        reason=reason,
        detail=detail,
        counts=reason not in {WAITS, HANDED_BACK},
        waited=reason == WAITS,
    )


def detail_of(error: Exception) -> dict[str, Any]:
    """Parameters of an error; of a foreign one its class only: its text may tell of persons."""
    if isinstance(error, EvergroveError):
        return {name: without_persons(value) for name, value in error.params.items()}
    return {"kind": type(error).__name__}
