"""Is the workspace sound? Every rule that must always hold, looked up in what is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, not_, or_, select

from evergrove.audit import check_audit, check_trail_at_a_glance
from evergrove.campaigns import assignment
from evergrove.core import EvergroveWarning, _
from evergrove.decisions import decision
from evergrove.jobs import check_jobs
from evergrove.ledger import LedgerDamaged, check_at_a_glance, check_ledger
from evergrove.outbox import OUTBOX, check_instance, check_outbox
from evergrove.outbox.types import LEFT
from evergrove.people.consent.kinds import ANY
from evergrove.people.tables import consent_event, person
from evergrove.pipeline.doctor_due import moved_before_due
from evergrove.pipeline.doctor_persons import sent_without_consent, was_joined
from evergrove.programs.coupons.check import check_coupons
from evergrove.warehouse.tables import snapshot
from evergrove.warehouse.types import Generation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from evergrove.audit import Head
    from evergrove.core import Sentence
    from evergrove.ledger import Ledger
    from evergrove.warehouse import Snapshot, StoredFile, Warehouse


class NotDecided(EvergroveWarning):
    """Messages that no decision stands behind."""

    code = "pipeline.not_decided"
    message = _("{count} {count:message has|messages have} no decision behind them (first: {example}).")
    hint = _("They were not put there by evergrove run: pause all playbooks and look at them before sending.")


class NotAssigned(EvergroveWarning):
    """Decisions whose arm is not the one that was assigned."""

    code = "pipeline.not_assigned"
    message = _(
        "{count} {count:decision differs|decisions differ} from the arm that was assigned (first: {example})."
    )
    hint = _(
        "Effects are measured as assigned, these customers included, and are off by so much: find out who put them there."
    )


class WrittenTooEarly(EvergroveWarning):
    """Messages that were put into the outbox before their customer was assigned to an arm."""

    code = "pipeline.written_too_early"
    message = _(
        "{count} {count:message is|messages are} older than the assignment of their customer (first: {example})."
    )
    hint = _(
        "Effects are measured as assigned, these customers included, and are off by so much: find out who put them there."
    )


class WrittenWithoutConsent(EvergroveWarning):
    """Messages that left although their customer had not agreed, or no longer did."""

    code = "pipeline.written_without_consent"
    message = _(
        "{count} {count:message|messages} left without the customer's agreement at that moment (first: {example})."
    )
    hint = _("Guards let none through: find out who changed the ledger by hand, and tell the customers.")


class ErasedWrittenTo(EvergroveWarning):
    """Messages that still wait for customers who were erased."""

    code = "pipeline.erased_waiting"
    message = _(
        "{count} {count:message waits|messages wait} for customers who were erased (first: {example})."
    )
    hint = _("The guards will stop them; evergrove send settles them.")


class NoSuchRunBehind(EvergroveWarning):
    """Rows that name a run which never published."""

    code = "pipeline.run_not_published"
    message = _(
        "{count} {count:message names|messages name} a run that published nothing (first: {example})."
    )
    hint = _("A run stores all or nothing: restore the newest backup, and tell us.")


def examine(
    ledger: Ledger,
    warehouse: Warehouse,
    now: datetime,
    *,
    deep: bool = False,
    exported: Head | None = None,
) -> list[EvergroveWarning | Sentence]:
    """
    Look for what must never be.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        now: When.
        deep: Read every byte of every file that a kept snapshot names, and every index of the ledger; without it
            only presence and size of the newest snapshot's files are checked, and the ledger's pages.
        exported: A head of the audit trail that was kept outside of the ledger.

    Returns:
        Findings, the gravest first; nothing where all is well.
    """
    found: list[EvergroveWarning | Sentence] = [*check_ledger(ledger, deep=deep)]
    if any(isinstance(each, LedgerDamaged) for each in found):
        return found  # nothing that it says can be relied upon
    newest = warehouse.newest()
    if newest is not None:
        damaged = warehouse.verify(_all_of(warehouse, newest) if deep else newest, deep=deep)
        found += damaged or moved_before_due(warehouse)
    with ledger.reading() as connection:
        found += check_outbox(connection)
        found += check_instance(connection)
        found += check_jobs(connection)
        found += _rules(connection)
        found += check_coupons(connection)
        found += check_audit(connection, now, exported)
    return found


def glance(
    ledger: Ledger, warehouse: Warehouse, exported: Head | None = None
) -> list[EvergroveWarning | Sentence]:
    """
    The part of ``examine`` that takes well under a second whatever the size of the workspace, for a service's start.

    Left to ``examine``: what reads every row of a table that grows with the customers, or every byte of a file.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        exported: A head of the audit trail that was kept outside of the ledger.
    """
    found: list[EvergroveWarning | Sentence] = [*check_at_a_glance(ledger)]
    if any(isinstance(each, LedgerDamaged) for each in found):
        return found
    newest = warehouse.newest()
    if newest is not None:
        found += warehouse.verify(newest)
    with ledger.reading() as connection:
        found += check_instance(connection)
        found += check_jobs(connection)
        found += check_trail_at_a_glance(connection, exported)
    return found


def _all_of(warehouse: Warehouse, newest: Snapshot) -> Snapshot:
    """The files of all kept snapshots, each once: what a backup would save."""
    files: dict[str, dict[StoredFile, None]] = {}
    for kept in warehouse.snapshots():
        for name, made in kept.tables.items():
            files.setdefault(name, {}).update(dict.fromkeys(made.files))
    return replace(newest, tables={name: Generation(0, name, tuple(own)) for name, own in files.items()})


def _rules(connection: Connection) -> Iterator[EvergroveWarning]:
    """Each rule as a query of the rows that break it."""
    for kind, query in (
        (NotDecided, _undecided()),
        (NotAssigned, _misassigned()),
        (WrittenTooEarly, _too_early()),
        (NoSuchRunBehind, _of_no_run()),
        (WrittenWithoutConsent, _without_consent()),
        (ErasedWrittenTo, _of_erased()),
    ):
        count, example = connection.execute(query).one()
        if kind is WrittenWithoutConsent:
            joined = sent_without_consent(connection)
            count, example = count + len(joined), example or min(joined, default=None)
        if count:
            yield kind(count=count, example=example)


def _breaking(rule: ColumnElement[bool]) -> Select[int, Any]:
    rows = select(func.count(), func.min(OUTBOX.c.id))
    return rows.where(rule)


def _undecided() -> Select[int, Any]:
    same = and_(decision.c.id == OUTBOX.c.decision_id, decision.c.customer_id == OUTBOX.c.customer_id)
    sent = decision.c.outcome.in_(("send", "control"))
    return _breaking(not_(exists().where(same, sent)))


def _misassigned() -> Select[int, Any]:
    """Control, if the customer was in the global control group on that day; else the playbook's own arm."""
    theirs = assignment.c.customer_id == decision.c.customer_id
    newer = assignment.alias("newer")
    overtaken = exists().where(
        newer.c.customer_id == assignment.c.customer_id,
        newer.c.layer == "global",
        newer.c.as_of > assignment.c.as_of,
        newer.c.as_of <= decision.c.as_of,
    )
    by_all = exists().where(
        theirs,
        assignment.c.layer == "global",
        assignment.c.arm == "control",
        assignment.c.as_of <= decision.c.as_of,
        not_(overtaken),
    )
    by_playbook = exists().where(
        theirs,
        assignment.c.layer == "playbook",
        assignment.c.layer_key == decision.c.playbook,
        assignment.c.arm == decision.c.arm,
    )
    right = or_(and_(by_all, decision.c.arm == "control"), and_(not_(by_all), by_playbook))
    assigned = select(func.count(), func.min(decision.c.id))
    return assigned.where(decision.c.outcome.in_(("send", "control")), not_(right))


def _too_early() -> Select[int, Any]:
    """Put in before the playbook's arm was drawn, or before any of all playbooks' was: that is drawn anew later on."""
    theirs, late = (
        assignment.c.customer_id == OUTBOX.c.customer_id,
        assignment.c.assigned_at > OUTBOX.c.queued_at,
    )
    of_playbook = and_(theirs, assignment.c.layer == "playbook", assignment.c.layer_key == OUTBOX.c.playbook)
    of_all = and_(theirs, assignment.c.layer == "global")
    none_yet = and_(exists().where(of_all), not_(exists().where(of_all, not_(late))))
    return _breaking(or_(exists().where(of_playbook, late), none_yet))


def _of_no_run() -> Select[int, Any]:
    """Of the time from which snapshots are kept: what is older names runs that were let go of."""
    run = and_(snapshot.c.id == OUTBOX.c.run_id, snapshot.c.kind == "run")
    oldest = select(func.coalesce(func.min(snapshot.c.id), 0)).scalar_subquery()
    return _breaking(and_(OUTBOX.c.run_id >= oldest, not_(exists().where(run))))


def _without_consent() -> Select[int, Any]:
    """By what was known at the moment of the attempt, not since; joined customers are looked at one by one."""
    word = consent_event.c
    held = (
        select(word.status)
        .where(
            word.customer_id == OUTBOX.c.customer_id,
            word.purpose == OUTBOX.c.category,
            word.channel.in_((OUTBOX.c.channel, ANY)),
            word.status != "pending",
            word.recorded_at <= OUTBOX.c.attempting_at,
        )
        .order_by(word.given_at.desc(), word.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    alone = and_(OUTBOX.c.state.in_(LEFT), not_(was_joined(OUTBOX.c.customer_id)))
    return _breaking(and_(alone, func.coalesce(held, "") != "granted"))


def _of_erased() -> Select[int, Any]:
    gone = and_(person.c.customer_id == OUTBOX.c.customer_id, person.c.status == "erased")
    return _breaking(and_(OUTBOX.c.state.in_(("queued", "claimed")), exists().where(gone)))
