"""What can never be true of a row of the outbox; each finding says what it means for the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, not_, or_, select

from evergrove.core import EvergroveWarning, _
from evergrove.outbox.tables import OUTBOX
from evergrove.outbox.types import HELD, NEEDS_REASON, OPEN, STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection

ATTEMPTED = (
    "attempting",
    "accepted",
    "awaiting_staff",
    "failed",
    "unknown",
    "delivered",
    "bounced",
    "complained",
)


class OutboxProblem(EvergroveWarning):
    """Rows of the outbox break one of its rules."""

    code = "outbox.problem"


class StateUnknownToUs(OutboxProblem):
    """A state that this version does not know."""

    code = "outbox.no_such_state"
    message = _("{count} {count:message has|messages have} a state that does not exist (first: {example}).")
    hint = _("Somebody changed the ledger by hand, or a newer version wrote it.")


class ControlWrittenTo(OutboxProblem):
    """A control was treated: its playbook's measured effect is worth less."""

    code = "outbox.control_written_to"
    message = _("{count} {count:message|messages} to controls did not stay unsent (first: {example}).")
    hint = _(
        "They still count as controls, as assigned, and make the effect look smaller: find out who released them."
    )


class HeldByNobody(OutboxProblem):
    """A held message without a holder: nobody will settle it."""

    code = "outbox.held_by_nobody"
    message = _(
        "{count} {count:message is|messages are} held without a worker, a token or a lease (first: {example})."
    )
    hint = _("No worker will finish them. Restore a backup from before the damage, and send again.")


class LeaseLeftOver(OutboxProblem):
    """A lease on a message that nobody holds."""

    code = "outbox.lease_left_over"
    message = _(
        "{count} {count:message has|messages have} a lease although nobody holds them (first: {example})."
    )
    hint = _("Somebody changed the ledger by hand, or a newer version wrote it.")


class NeverAttempted(OutboxProblem):
    """A message that is said to have left, without an attempt."""

    code = "outbox.never_attempted"
    message = _(
        "{count} {count:message is|messages are} said to have left without an attempt (first: {example})."
    )
    hint = _("Compare them with the provider's log by their Message-ID.")


class SettledWrongly(OutboxProblem):
    """A settled message without its moment, or an open one with one."""

    code = "outbox.settled_wrongly"
    message = _(
        "{count} {count:message has|messages have} an end that does not fit the state (first: {example})."
    )
    hint = _("Somebody changed the ledger by hand, or a newer version wrote it.")


class WithoutReason(OutboxProblem):
    """A message that was not sent, and nobody can say why."""

    code = "outbox.without_reason"
    message = _("{count} {count:message was|messages were} not sent for no stored reason (first: {example}).")
    hint = _("Somebody changed the ledger by hand, or a newer version wrote it.")


_row = OUTBOX.c
RULES: tuple[tuple[type[OutboxProblem], ColumnElement[bool]], ...] = (
    (StateUnknownToUs, not_(_row.state.in_(STATES))),
    (ControlWrittenTo, and_(_row.arm == "control", _row.state != "skipped")),
    (
        HeldByNobody,
        and_(
            _row.state.in_(HELD),
            or_(_row.claimed_by.is_(None), _row.lease_until.is_(None), _row.token < 1),
        ),
    ),
    (LeaseLeftOver, and_(not_(_row.state.in_(HELD)), _row.lease_until.is_not(None))),
    (
        NeverAttempted,
        and_(_row.state.in_(ATTEMPTED), or_(_row.attempts < 1, _row.attempting_at.is_(None))),
    ),
    (SettledWrongly, _row.state.in_(OPEN) != _row.settled_at.is_(None)),
    (WithoutReason, and_(_row.state.in_(NEEDS_REASON), _row.reason.is_(None))),
)


def check_outbox(connection: Connection) -> list[OutboxProblem]:
    """Every rule that rows of the outbox break, with their number and an example; empty when all is well."""
    return list(_broken(connection))


def _broken(connection: Connection) -> Iterator[OutboxProblem]:
    for problem, condition in RULES:
        count, example = connection.execute(select(func.count(), func.min(_row.id)).where(condition)).one()
        if count:
            yield problem(count=count, example=example)
