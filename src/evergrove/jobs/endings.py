"""How an attempt ends that did not come to its end: tried again, given up, cancelled, handed back, lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, InputError, InUse
from evergrove.jobs import holding
from evergrove.jobs.errors import ForeignError, LeaseLost
from evergrove.jobs.rules import retry_delay, wait_delay, without_persons
from evergrove.jobs.types import CANCELLED, HANDED_BACK, WAITS, Ending

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.jobs.types import Hold, Told
    from evergrove.ledger import Ledger


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
        if ending.state is None or _stored(connection, hold, told, ending, now):
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
    told = error if isinstance(error, EvergroveError) else ForeignError(kind=type(error).__name__)
    if isinstance(error, InputError) or hold.attempts >= hold.most_attempts:
        return Ending("dead", told.code, None, detail_of(told))
    return Ending("queued", told.code, now + retry_delay(hold.attempts, draw), detail_of(told))


def _stored(connection: Connection, hold: Hold, told: Told, ending: Ending, now: datetime) -> bool:
    if ending.state == "cancelled":
        return holding.end_cancelled(connection, hold, now, told)
    reason = str(ending.reason)
    if ending.not_before is None:
        return holding.bury(connection, hold, now, told, reason, ending.detail or {})
    return holding.put_back(
        connection,
        hold,
        now,
        told,
        not_before=ending.not_before,
        reason=reason,
        detail=ending.detail,
        counts=reason not in {WAITS, HANDED_BACK},
        waited=reason == WAITS,
    )


def detail_of(error: EvergroveError) -> dict[str, Any]:
    """What an error says, so that a face can say it in any language; nothing personal among it."""
    params = {name: without_persons(value) for name, value in error.params.items()}
    return {"message": error.message, "hint": error.hint, "params": params}
