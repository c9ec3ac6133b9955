"""What people do about single messages: say what became of one, or let one go once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.core import InputError, _
from evergrove.outbox.attempts import record_receipt
from evergrove.outbox.tables import OUTBOX
from evergrove.outbox.types import DID_LEAVE, DID_NOT_LEAVE

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.outbox.types import Learnt, State

RETRIED = "outbox.retried"


class UnknownMessage(InputError):
    """There is no such message."""

    code = "outbox.unknown_message"
    message = _("There is no message {id}.")
    hint = _("evergrove outbox list shows the messages of a state.")


class NothingToSettle(InputError):
    """It is known what became of the message."""

    code = "outbox.nothing_to_settle"
    message = _("What became of message {id} is known: {state}.")
    hint = _("Only messages that are unknown, or that wait for staff, are settled by hand.")


class NotRetryable(InputError):
    """The message did not fail."""

    code = "outbox.not_retryable"
    message = _("Message {id} is not one that failed: {state}.")
    hint = _(
        "Only what has failed leaves once more. Of an unknown one, look it up at the provider first and say that it did not leave."
    )


class TooLateToRetry(InputError):
    """The message would be of no use any more."""

    code = "outbox.too_late_to_retry"
    message = _("Message {id} was of use until {until} UTC.")
    hint = _("Give a later end with until, if it still is.")


def settle_by_hand(connection: Connection, outbox_id: str, now: datetime, *, did_leave: bool) -> State:
    """
    Say what became of a message that is unknown, or that waits for staff; it is not queued again by this.

    Args:
        connection: Of a ``writing`` block.
        outbox_id: Which.
        now: When.
        did_leave: What was found out.

    Returns:
        The state that it has now.

    Raises:
        UnknownMessage: There is none.
        NothingToSettle: It is known what became of it.
    """
    state = _state_of(connection, outbox_id)
    end: Learnt = "failed" if not did_leave else "delivered" if state == "awaiting_staff" else "accepted"
    reason = DID_LEAVE if did_leave else DID_NOT_LEAVE
    waits = state in ("unknown", "awaiting_staff")
    if not waits or not record_receipt(connection, outbox_id, end, now, reason=reason):
        raise NothingToSettle(id=outbox_id, state=state)
    return end


def retry(connection: Connection, outbox_id: str, now: datetime, until: datetime | None = None) -> None:
    """
    Let a message that has failed leave once more, under the same key; all guards are read again before it does.

    Args:
        connection: Of a ``writing`` block.
        outbox_id: Which.
        now: When.
        until: Until when it is of use; None: as before.

    Raises:
        UnknownMessage: There is none.
        NotRetryable: It has not failed.
        TooLateToRetry: It is of no use any more.
    """
    state = _state_of(connection, outbox_id)
    own = OUTBOX.c.id == outbox_id
    end = until or connection.execute(select(OUTBOX.c.valid_until).where(own)).scalar_one()
    if state != "failed":
        raise NotRetryable(id=outbox_id, state=state)
    if end <= now:
        raise TooLateToRetry(id=outbox_id, until=f"{end:%Y-%m-%d %H:%M}")
    again = {"state": "queued", "reason": RETRIED, "not_before": now, "valid_until": end, "attempts": 0}
    gone = dict.fromkeys(
        ("settled_at", "attempting_at", "claimed_by", "detail", "provider_id", "lost_at", "letter_version"),
        None,
    )
    connection.execute(OUTBOX.update().where(own, OUTBOX.c.state == "failed").values({**again, **gone}))


def _state_of(connection: Connection, outbox_id: str) -> State:
    """Locked in PostgreSQL, so that what is read still holds when it is changed."""
    query = select(OUTBOX.c.state).where(OUTBOX.c.id == outbox_id).with_for_update()
    state: State | None = connection.execute(query).scalar_one_or_none()
    if state is None:
        raise UnknownMessage(id=outbox_id)
    return state
