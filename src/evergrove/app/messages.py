"""Messages, tasks, tokens and reports, as people and providers act on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, tuple_
from sqlalchemy.sql.expression import literal

from evergrove import audit
from evergrove.decisions.tables import decision
from evergrove.delivery import by_hand
from evergrove.delivery.channels.reports import Received, read_reports
from evergrove.outbox import DELIVERY_RECEIPT, OUTBOX, grant, take_report
from evergrove.outbox.by_hand import UnknownMessage
from evergrove.outbox.counts import standing, unindexed
from evergrove.outbox.tasks import cancel, finish, take, tasks
from evergrove.people.consent.recording import record_consent

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping

    from evergrove.app.workspace import Workspace
    from evergrove.outbox import Grant
    from evergrove.outbox.counts import Standing
    from evergrove.outbox.tasks import StaffTask, TaskState

SHOWN = (
    "id",
    "playbook",
    "version",
    "customer_id",
    "occasion",
    "step",
    "channel",
    "arm",
    "category",
    "cost",
    "template",
    "letter_version",
    "language",
    "state",
    "reason",
    "detail",
    "not_before",
    "valid_until",
    "queued_at",
    "attempts",
    "attempting_at",
    "settled_at",
    "message_id",
    "provider_id",
    "decision_id",
)
"""What of a message is shown: nothing of it is personal."""
_row = OUTBOX.c


def messages(
    here: Workspace,
    limit: int,
    *,
    states: Collection[str] = (),
    arm: str = "",
    channel: str = "",
    customer: str = "",
    playbook: str = "",
    after: tuple[datetime, str] | None = None,
) -> list[RowMapping]:
    """
    Messages of the outbox, the newest first.

    Args:
        here: The workspace.
        limit: Most of them.
        states: In these only; none: in any.
        arm: Of this arm only.
        channel: Of this channel only.
        customer: To this customer only.
        playbook: Of this playbook only.
        after: When it was queued, and the id, of the last one of the page before.
    """
    query = select(*(_row[name] for name in SHOWN)).order_by(_row.queued_at.desc(), _row.id.desc())
    if states:
        query = query.where(unindexed(_row.state).in_(states))
    asked = (
        (unindexed(_row.arm), arm),
        (unindexed(_row.channel), channel),
        (_row.customer_id, customer),
        (unindexed(_row.playbook), playbook),
    )
    for column, value in asked:
        if value:
            query = query.where(column == value)
    if after is not None:
        bound = tuple_(literal(after[0], _row.queued_at.type), literal(after[1]))
        query = query.where(tuple_(_row.queued_at, _row.id) < bound)
    with here.ledger.reading() as connection:
        return list(connection.execute(query.limit(limit)).mappings())


def message(here: Workspace, outbox_id: str) -> RowMapping:
    """
    One message.

    Raises:
        UnknownMessage: There is none.
    """
    query = select(*(_row[name] for name in SHOWN)).where(_row.id == outbox_id)
    with here.ledger.reading() as connection:
        found = connection.execute(query).mappings().first()
    if found is None:
        raise UnknownMessage(id=outbox_id)
    return found


def message_counts(here: Workspace) -> tuple[Standing, ...]:
    """How many messages stand in which state for which reason, by playbook and channel."""
    with here.ledger.reading() as connection:
        return standing(connection)


def message_past(here: Workspace, row: RowMapping) -> tuple[RowMapping | None, list[RowMapping]]:
    """
    What a message comes of, and what was reported of it.

    Args:
        here: The workspace.
        row: Of ``message``.

    Returns:
        The row of its decision, None where there is none any more; the provider's reports, the oldest first.
    """
    told = DELIVERY_RECEIPT.c
    made = select(decision).where(decision.c.id == row["decision_id"])
    heard = select(told.kind, told.means, told.effect, told.received_at).where(told.outbox_id == row["id"])
    with here.ledger.reading() as connection:
        found = connection.execute(made).mappings().first()
        return found, list(connection.execute(heard.order_by(told.received_at, told.kind)).mappings())


def settle_message(here: Workspace, outbox_id: str, *, did_leave: bool) -> str:
    """
    Say what became of a message that is unknown or waits for staff; the state that it has now.

    Raises:
        UnknownMessage, NothingToSettle: There is none, or it is known what became of it.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        state = by_hand.settle_message(connection, outbox_id, now, did_leave=did_leave)
        _note(here, connection, "outbox.settled", ("message", outbox_id), {"state": state})
    return state


def retry_message(here: Workspace, outbox_id: str, until: datetime | None = None) -> None:
    """
    Let a message that has failed leave once more, under the same key.

    Raises:
        UnknownMessage, NotRetryable, TooLateToRetry: It cannot.
        NoCodeAgain: It would leave without the code that it promises.
    """
    with here.ledger.writing() as connection:
        by_hand.retry_message(connection, outbox_id, here.clock.now(), until, by=here.by)
        _note(here, connection, "outbox.retried", ("message", outbox_id))


def staff_tasks(
    here: Workspace,
    limit: int,
    *,
    state: TaskState | None = None,
    due_until: datetime | None = None,
    after: tuple[datetime, str] | None = None,
) -> list[StaffTask]:
    """Tasks of staff, what is due first coming first."""
    with here.ledger.reading() as connection:
        return tasks(connection, state=state, due_until=due_until, after=after, limit=limit)


def take_task(here: Workspace, task_id: str) -> StaffTask:
    """
    Say that one is at it.

    Raises:
        UnknownTask, TaskOver, TaskTaken: It cannot be taken.
    """
    with here.ledger.writing() as connection:
        found = take(connection, task_id, here.by)
        _note(here, connection, "tasks.taken", ("task", task_id))
    return found


def finish_task(here: Workspace, task_id: str, outcome: str, note: str = "") -> StaffTask:
    """
    Say what came of a task; who wants no more calls gets none.

    Raises:
        UnknownTask, TaskOver, UnknownOutcome, NotACode: It cannot be finished so.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        found = finish(connection, task_id, outcome, now, who=here.by, note=note)
        if outcome == "no_more":
            record_consent(connection, found.customer_id, "revoked", "staff", now, channel="phone")
        _note(here, connection, "tasks.finished", ("task", task_id), {"outcome": outcome})
    return found


def cancel_task(here: Workspace, task_id: str) -> StaffTask:
    """
    Let a task go that nobody will do.

    Raises:
        UnknownTask, TaskOver: It cannot be let go.
    """
    with here.ledger.writing() as connection:
        found = cancel(connection, task_id, here.clock.now())
        _note(here, connection, "tasks.cancelled", ("task", task_id))
    return found


def grant_tokens(here: Workspace, grants: Sequence[Grant]) -> int:
    """Keep what customers agreed to on a platform, one message each; how many were new."""
    with here.ledger.writing() as connection:
        return grant(connection, grants)


def take_reports(here: Workspace, channel: str, received: Received) -> tuple[dict[str, int], str]:
    """
    Take delivery reports in; how many had which effect, and what the provider wants to hear.

    Raises:
        NoReports, ReportNotProven, ReportNotRead: They are not taken.
    """
    now, counts = here.clock.now(), dict[str, int]()
    reports, answer = read_reports(channel, here.settings, received, now)
    with here.ledger.writing() as connection:
        for each in reports:
            effect = take_report(connection, each, now)
            counts[effect] = counts.get(effect, 0) + 1
    return counts, answer


def _note(
    here: Workspace, connection: Any, act: str, what: tuple[str, str], params: dict[str, Any] | None = None
) -> None:
    audit.note(connection, act, here.by, audit.subject(*what), params, at=here.clock.now())
