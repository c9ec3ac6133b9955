"""What becomes of a claimed message: each step is one conditional update, lost when the token is old."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, bindparam, func, or_, select

from evergrove.ledger import database_now
from evergrove.outbox.queue import LEASE_S
from evergrove.outbox.tables import OUTBOX
from evergrove.outbox.types import (
    HELD,
    LEARNT_FROM,
    LEASE_OVER,
    NEEDS_REASON,
    NEVER_CONFIRMED,
    NEVER_LEFT,
    SETTLED_FROM,
    TOO_LATE,
    Recovered,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Update

    from evergrove.outbox.types import Claim, Learnt, Outcome


def begin(
    connection: Connection,
    claim: Claim,
    now: datetime,
    *,
    message_id: str | None = None,
    lease_s: float = LEASE_S,
) -> bool:
    """
    Say durably that the message may leave from now on; the last step before the wire.

    Call it first in the transaction and read the guards after it: in PostgreSQL it makes workers with
    messages to the same customer wait for each other, so that two cannot both find the last place under a
    cap. A guard that blocks then calls ``settle`` or ``defer`` in the same transaction.

    Args:
        connection: Of a ``writing`` block.
        claim: What ``claim`` gave.
        now: The moment of the attempt.
        message_id: The name under which it leaves, fixed here for looking it up at the provider.
        lease_s: The attempt's own lease, in seconds by the database's clock.

    Returns:
        False when the claim is lost (lease over, or taken by another): the message must not be sent.
    """
    return bool(begin_all(connection, [(claim, message_id)], now, lease_s=lease_s))


def begin_all(
    connection: Connection,
    claims: Sequence[tuple[Claim, str | None]],
    now: datetime,
    *,
    lease_s: float = LEASE_S,
    versions: Mapping[str, int] | None = None,
) -> list[Claim]:
    """
    ``begin`` for messages that leave together.

    Args:
        connection: Of a ``writing`` block.
        claims: Each with the name under which it leaves; sorted by customer, so that workers who wait for each
            other's customers never wait in a ring.
        now: The moment of the attempt.
        lease_s: The attempts' own lease, in seconds by the database's clock.
        versions: Of the letters that they are written from, by name. What may have arrived keeps the one it had.

    Returns:
        Those whose claim is not lost, in the order given.
    """
    if connection.dialect.name == "postgresql":
        for claim, _message_id in claims:
            connection.execute(_LOCK, {"customer": claim.message.customer_id})
    present = database_now(connection)
    values = {
        "state": "attempting",
        "attempting_at": now,
        "lease_until": present + timedelta(seconds=lease_s),
    }
    return [
        claim
        for claim, message_id in claims
        if _changed_held(
            connection,
            claim,
            ("claimed",),
            {
                **values,
                "attempts": claim.attempts + 1,
                "message_id": message_id,
                "letter_version": _version(claim, versions or {}),
            },
            leased_after=present,
        )
    ]


_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("customer", type_=String()), 0)))


def settle(
    connection: Connection,
    claim: Claim,
    state: Outcome,
    now: datetime,
    *,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
    provider_id: str | None = None,
) -> bool:
    """
    Say durably what became of a message.

    Args:
        connection: Of a ``writing`` block.
        claim: What ``claim`` gave.
        state: ``accepted``, ``failed`` and ``unknown`` need an attempt; a guard may skip before it. Of a message
            that may have arrived at an earlier attempt nobody can say that it was skipped: it is ``unknown`` then.
        now: The moment it was settled.
        reason: Code of the reason; for ``accepted`` none is needed, for the others one is.
        detail: Parameters of the reason.
        provider_id: The channel's own name for the message.

    Returns:
        False when the claim is lost; then nothing was changed.

    Raises:
        ValueError: A message is to end unsent, and no reason is given.
    """
    if reason is None and state in NEEDS_REASON:
        problem = f"{state} needs a reason"
        raise ValueError(problem)
    if claim.may_have_left and state in NEVER_LEFT:
        state = "unknown"
    unwritten = {"letter_version": None} if state in NEVER_LEFT else {}
    values = {
        "state": state,
        "reason": reason,
        "detail": None if detail is None else dict(detail),
        "provider_id": provider_id,
        "settled_at": now,
        "lease_until": None,
        **unwritten,
    }
    return _changed_held(connection, claim, SETTLED_FROM[state], values)


def defer(
    connection: Connection,
    claim: Claim,
    not_before: datetime,
    reason: str,
    now: datetime,
    *,
    may_have_left: bool = False,
    is_attempt: bool = True,
) -> Outcome | bool:
    """
    Put a message back, to be taken again later.

    Args:
        connection: Of a ``writing`` block.
        claim: What ``claim`` gave.
        not_before: When it may be taken again.
        reason: Code of the reason.
        now: The present moment.
        may_have_left: Whether this attempt may have arrived all the same: only for channels of which the other
            side knows a message by its key, and takes it once.
        is_attempt: Whether the other side was asked at all; what a guard or the account stopped is tried no less often.

    Returns:
        True: it is queued again. ``expired``, or ``unknown`` where it may have left: that would be too late, and
        it was settled so. False: the claim is lost, nothing was changed.
    """
    in_doubt = may_have_left or claim.may_have_left
    if not_before >= claim.message.valid_until:
        end: Outcome = "unknown" if in_doubt else "expired"
        return end if settle(connection, claim, end, now, reason=reason) else False
    values = {
        "state": "queued",
        "reason": reason,
        "not_before": not_before,
        "claimed_by": None,
        "lease_until": None,
        **({} if in_doubt else {"attempting_at": None, "letter_version": None}),
        **({"lost_at": now} if may_have_left else {}),
        **({} if is_attempt else {"attempts": claim.attempts}),
    }
    return _changed_held(connection, claim, HELD, values)


def record_receipt(
    connection: Connection,
    outbox_id: str,
    state: Learnt,
    now: datetime,
    *,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> bool:
    """
    Write down what became known after a message had left: a receipt, or what the provider's log says.

    This is also the only way out of ``unknown``, and it never leads back to the queue.

    Returns:
        False when the message is not in a state from which this can follow (a receipt come twice, say).
    """
    values = {
        "state": state,
        "reason": reason,
        "detail": None if detail is None else dict(detail),
        "settled_at": now,
    }
    condition = (OUTBOX.c.id == outbox_id) & OUTBOX.c.state.in_(LEARNT_FROM[state])
    return _changed(connection, condition, values) == 1


def recover(connection: Connection, now: datetime) -> Recovered:
    """
    Clear up behind workers that died, and let go what is too late.

    A lease that is over: what was only claimed goes back into the queue; what may have left becomes
    ``unknown``, and is listed instead of being sent again. What staff have not confirmed in time has expired.
    """
    over = OUTBOX.c.lease_until <= database_now(connection)
    free = {"claimed_by": None, "lease_until": None}
    requeued = _changed(connection, (OUTBOX.c.state == "claimed") & over, {"state": "queued", **free})
    unknown = _changed(
        connection,
        (OUTBOX.c.state == "attempting") & over,
        {"state": "unknown", "reason": LEASE_OVER, "settled_at": now, "lease_until": None},
    )
    late = (OUTBOX.c.state == "queued") & (OUTBOX.c.valid_until <= now)
    too_late = {"reason": TOO_LATE, "settled_at": now}
    in_doubt = late & OUTBOX.c.lost_at.is_not(None)
    unknown += _changed(connection, in_doubt, {"state": "unknown", **too_late})
    expired = _changed(connection, late, {"state": "expired", **too_late})
    expired += _changed(
        connection,
        (OUTBOX.c.state == "awaiting_staff") & (OUTBOX.c.valid_until <= now),
        {"state": "expired", "reason": NEVER_CONFIRMED, "settled_at": now},
    )
    return Recovered(requeued, unknown, expired)


def _version(claim: Claim, versions: Mapping[str, int]) -> int | None:
    """In which a message is written: words that may have arrived stay the same at every attempt."""
    if claim.may_have_left and claim.letter_version is not None:
        return claim.letter_version
    return versions.get(claim.message.template)


def _changed_held(
    connection: Connection,
    claim: Claim,
    states: tuple[str, ...],
    values: Mapping[str, Any],
    *,
    leased_after: datetime | None = None,
) -> bool:
    """Change a message that is still held under its claim; False where it is not."""
    bound = {f"new_{name}": value for name, value in values.items()}
    statement = _change_of_held(states, tuple(values), is_leased=leased_after is not None)
    held = {"held_id": claim.id, "held_token": claim.token, "leased_after": leased_after}
    return connection.execute(statement, bound | held).rowcount == 1


@cache  # composing a statement costs more than running it
def _change_of_held(states: tuple[str, ...], columns: tuple[str, ...], *, is_leased: bool) -> Update:
    condition = (OUTBOX.c.id == bindparam("held_id")) & (OUTBOX.c.token == bindparam("held_token"))
    condition &= or_(*(OUTBOX.c.state == state for state in states))  # a list is spelt out at each execution
    if is_leased:
        condition &= OUTBOX.c.lease_until > bindparam("leased_after")
    return OUTBOX.update().where(condition).values({name: bindparam(f"new_{name}") for name in columns})


def _changed(connection: Connection, condition: ColumnElement[bool], values: Mapping[str, Any]) -> int:
    return connection.execute(OUTBOX.update().where(condition).values(**values)).rowcount
