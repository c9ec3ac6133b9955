"""Tasks for people of the shop, such as a call: opened once, taken by one, finished with an outcome."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import func, literal, select, tuple_

from evergrove.core import InputError, _, stable_id
from evergrove.ledger import insert_new
from evergrove.outbox.attempts import record_receipt
from evergrove.outbox.channel_tables import STAFF_TASK, TASK_OUTCOMES
from evergrove.outbox.tables import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.outbox.types import Learnt

TaskState = Literal["open", "taken", "done", "cancelled", "expired"]
TaskOutcome = Literal["reached", "not_reached", "wrong_number", "declined", "no_more"]
WAITING: tuple[TaskState, ...] = ("open", "taken")
CALL_BACK = "call_back"
OF_MESSAGE: Mapping[TaskOutcome, tuple[Learnt, str]] = {
    "reached": ("delivered", "outbox.task_reached"),
    "declined": ("delivered", "outbox.task_declined"),
    "no_more": ("complained", "outbox.task_no_more"),
    "not_reached": ("failed", "outbox.task_not_reached"),
    "wrong_number": ("failed", "outbox.task_wrong_number"),
}
"""What an outcome says of the message that the task was opened for."""
CANCELLED = "outbox.task_cancelled"
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
_row = STAFF_TASK.c


class UnknownTask(InputError):
    """There is no such task."""

    code = "outbox.unknown_task"
    message = _("There is no task {id}.")
    hint = _("evergrove task list shows those that wait.")


class TaskOver(InputError):
    """Nobody can do anything about the task any more."""

    code = "outbox.task_over"
    message = _("Task {id} waits no longer: {state}.")
    hint = _("What came of it stays as it was told first.")


class TaskTaken(InputError):
    """Somebody else is at it."""

    code = "outbox.task_taken"
    message = _("Task {id} was taken by {who}.")
    hint = _("Ask them, or take another one.")


class UnknownOutcome(InputError):
    """There is no such outcome."""

    code = "outbox.unknown_outcome"
    message = _("{outcome} is no outcome of a task.")
    hint = _("Outcomes are: {known}.")


class NotACode(InputError):
    """A note is not a code."""

    code = "outbox.not_a_code"
    message = _("A note is a code of small letters, digits, dots and strokes, such as moved_away.")
    hint = _("What customers say in their own words has no place here.")


@dataclass(frozen=True)
class StaffTask:
    """
    One task.

    Attributes:
        kind: Such as "call_back".
        outbox_id: The message that the outcome counts for; None: none.
        due_at: By when it should be done.
        assigned: Who has taken it, as the audit trail names them.
        note: Code of the cause.
    """

    id: str
    kind: str
    customer_id: str
    outbox_id: str | None
    created_at: datetime
    due_at: datetime
    state: TaskState
    assigned: str | None
    outcome: TaskOutcome | None
    note: str | None
    settled_at: datetime | None


def open_task(
    connection: Connection,
    kind: str,
    customer_id: str,
    due_at: datetime,
    now: datetime,
    *,
    outbox_id: str | None = None,
) -> str:
    """
    Have people do something for a customer; opening the same again changes nothing.

    Args:
        connection: Of a ``writing`` block.
        kind: Such as "call_back".
        customer_id: For whom.
        due_at: By when.
        now: When it is opened.
        outbox_id: The message that the outcome counts for; there is one task a message.

    Returns:
        Its id.
    """
    name = stable_id("task", outbox_id) if outbox_id else stable_id("task", kind, customer_id, due_at)
    row = {
        "id": name,
        "kind": kind,
        "customer_id": customer_id,
        "outbox_id": outbox_id,
        "created_at": now,
        "due_at": due_at,
        "state": "open",
    }
    insert_new(connection, STAFF_TASK, [row])
    return name


def task_of(connection: Connection, task_id: str) -> StaffTask:
    """
    One task.

    Raises:
        UnknownTask: There is none of this id.
    """
    found = connection.execute(select(STAFF_TASK).where(_row.id == task_id)).mappings().first()
    if found is None:
        raise UnknownTask(id=task_id)
    return StaffTask(**found)


def tasks(
    connection: Connection,
    *,
    state: TaskState | None = None,
    due_until: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[StaffTask]:
    """
    Tasks, what is due first coming first.

    Args:
        connection: Of any block.
        state: In this state; None: those that wait.
        due_until: Due at this moment or before; None: whenever.
        after: Due moment and id of the last one of the page before.
        limit: Most of them.
    """
    states = WAITING if state is None else (state,)
    query = select(STAFF_TASK).where(_row.state.in_(states)).order_by(_row.due_at, _row.id).limit(limit)
    if due_until is not None:
        query = query.where(_row.due_at <= due_until)
    if after is not None:
        query = query.where(tuple_(_row.due_at, _row.id) > _bound(after))
    return [StaffTask(**each) for each in connection.execute(query).mappings()]


def counts(connection: Connection, now: datetime) -> tuple[dict[str, int], int]:
    """How many tasks are in each state, and how many of those that wait should have been done before."""
    found = connection.execute(select(_row.state, func.count()).group_by(_row.state)).all()
    late = select(func.count()).where(_row.state.in_(WAITING), _row.due_at < now)
    return {state: int(count) for state, count in found}, int(connection.scalar(late) or 0)


def take(connection: Connection, task_id: str, who: str) -> StaffTask:
    """
    Say that one is at it.

    Raises:
        UnknownTask: There is none of this id.
        TaskOver: It waits no longer.
        TaskTaken: Somebody else is at it.
    """
    change = STAFF_TASK.update().where(_row.id == task_id, _row.state == "open")
    if connection.execute(change.values(state="taken", assigned=who)).rowcount == 0:
        found = task_of(connection, task_id)
        if found.state not in WAITING:
            raise TaskOver(id=task_id, state=found.state)
        if found.assigned != who:
            raise TaskTaken(id=task_id, who=found.assigned or "-")
    return task_of(connection, task_id)


def finish(
    connection: Connection, task_id: str, outcome: str, now: datetime, *, who: str, note: str = ""
) -> StaffTask:
    """
    Say what came of a task; it counts as the result of the message that it was opened for.

    Raises:
        UnknownTask: There is none of this id.
        UnknownOutcome, NotACode: It is told in words that nobody could count.
        TaskOver: What came of it was told before.
    """
    if outcome not in TASK_OUTCOMES:
        raise UnknownOutcome(outcome=outcome[:60], known=", ".join(TASK_OUTCOMES))
    if note and not _CODE.fullmatch(note):
        raise NotACode
    told = {"state": "done", "outcome": outcome, "note": note or None, "assigned": who}
    found = _settled(connection, task_id, told, now)
    state, reason = OF_MESSAGE[cast("TaskOutcome", outcome)]
    if found.outbox_id is not None:
        record_receipt(connection, found.outbox_id, state, now, reason=reason)
    return found


def cancel(connection: Connection, task_id: str, now: datetime) -> StaffTask:
    """
    Let a task go that nobody will do; its message has failed.

    Raises:
        UnknownTask: There is none of this id.
        TaskOver: It waits no longer.
    """
    found = _settled(connection, task_id, {"state": "cancelled"}, now)
    if found.outbox_id is not None:
        record_receipt(connection, found.outbox_id, "failed", now, reason=CANCELLED)
    return found


def expire_tasks(connection: Connection, now: datetime) -> int:
    """Let tasks go whose message has come to an end without them; how many."""
    over = select(OUTBOX.c.id).where(OUTBOX.c.state == "expired")
    late = STAFF_TASK.update().where(_row.state.in_(WAITING), _row.outbox_id.in_(over))
    return connection.execute(late.values(state="expired", settled_at=now)).rowcount


def _settled(connection: Connection, task_id: str, values: Mapping[str, Any], now: datetime) -> StaffTask:
    change = STAFF_TASK.update().where(_row.id == task_id, _row.state.in_(WAITING))
    if connection.execute(change.values(**values, settled_at=now)).rowcount == 0:
        raise TaskOver(id=task_id, state=task_of(connection, task_id).state)
    return task_of(connection, task_id)


def _bound(after: tuple[datetime, str]) -> Any:
    return tuple_(literal(after[0], _row.due_at.type), literal(after[1]))
