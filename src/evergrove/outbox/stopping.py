"""The stop of everything, of a channel, or of a playbook: it takes effect with its commit, in every process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, literal, or_, select

from evergrove.core import InputError, _
from evergrove.ledger import insert_new
from evergrove.outbox.tables import OUTBOX, STOP

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

EVERYTHING = "everything"
STOPPED = "outbox.stopped"
"""Why a message went back to the queue: it leaves when people let it."""
LONGEST_REASON = 500
_SCOPE = re.compile(r"everything|(channel|playbook):[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


class NotAScope(InputError):
    """Nothing of that name can be stopped."""

    code = "outbox.not_a_scope"
    message = _("{scope} is nothing that can be stopped.")
    hint = _("Name everything, one channel as channel:email, or one playbook as playbook:L2.")


class NotStopped(InputError):
    """There is nothing to let go on."""

    code = "outbox.not_stopped"
    message = _("{scope} is not stopped.")
    hint = _("Stopped are: {stopped}.")


@dataclass(frozen=True)
class Stop:
    """
    One thing that people have stopped.

    Attributes:
        scope: "everything", "channel:<name>" or "playbook:<key>".
        stopped_by: Who, as the audit trail names them.
        reason: In their own words; may be empty.
        stopped_at: When.
    """

    scope: str
    stopped_by: str
    reason: str
    stopped_at: datetime


def stop(connection: Connection, scope: str, by: str, reason: str, now: datetime) -> bool:
    """
    Let nothing of a scope leave from this transaction's commit on; what is on the wire at that moment still does.

    Messages keep their place in the queue, and go when somebody says ``resume``, if they are still of use then.

    Args:
        connection: Of a ``writing`` block.
        scope: "everything", "channel:<name>" or "playbook:<key>".
        by: Who says so.
        reason: In their own words.
        now: When.

    Returns:
        False when it was stopped already; who stopped it first and why stays.

    Raises:
        NotAScope: There is no such scope.
    """
    row = {
        "scope": checked_scope(scope),
        "stopped_by": by,
        "reason": reason[:LONGEST_REASON],
        "stopped_at": now,
    }
    return insert_new(connection, STOP, [row]) == 1


def resume(connection: Connection, scope: str) -> Stop:
    """
    Let a scope go on; what else is stopped stays so.

    Args:
        connection: Of a ``writing`` block.
        scope: As it was stopped.

    Returns:
        What was stopped.

    Raises:
        NotAScope: There is no such scope.
        NotStopped: It is not stopped.
    """
    found = {each.scope: each for each in stopped(connection)}
    if checked_scope(scope) not in found:
        raise NotStopped(scope=scope, stopped=", ".join(found) or "-")
    connection.execute(delete(STOP).where(STOP.c.scope == scope))
    return found[scope]


def stopped(connection: Connection) -> tuple[Stop, ...]:
    """Everything that is stopped, by the name of its scope."""
    return tuple(Stop(**row) for row in connection.execute(_STOPS).mappings())


_STOPS = select(STOP).order_by(STOP.c.scope)


def is_stopped(stops: Collection[str], channel: str, playbook: str) -> bool:
    """
    Whether a message must not leave.

    Args:
        stops: Scopes that are stopped.
        channel: Of the message.
        playbook: The same.
    """
    return bool(stops) and not {EVERYTHING, f"channel:{channel}", f"playbook:{playbook}"}.isdisjoint(stops)


def held_back() -> ColumnElement[bool]:
    """The rule as part of a query over the outbox: true where a message must not leave."""
    scope = STOP.c.scope
    return exists().where(
        or_(
            scope == EVERYTHING,
            scope == literal("channel:") + OUTBOX.c.channel,
            scope == literal("playbook:") + OUTBOX.c.playbook,
        )
    )


def checked_scope(scope: str) -> str:
    """
    The scope itself.

    Raises:
        NotAScope: There is no such scope.
    """
    if not _SCOPE.fullmatch(scope):
        raise NotAScope(scope=scope[:80])
    return scope
