"""Enrolments and assignments in the ledger: read as arrays, written so that a repeat changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import bindparam, func, select

from evergrove.campaigns.control import Assignment
from evergrove.campaigns.schedule import windows_document, windows_from
from evergrove.campaigns.tables import assignment, enrolment
from evergrove.campaigns.types import Active
from evergrove.ledger import insert_new
from evergrove.people.identity import members_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.control import Place
    from evergrove.campaigns.definition import Playbook
    from evergrove.campaigns.types import Ending, Enrolment, Passed, Proposal, Texts, Window

PART = 500
"""Names asked for in one query."""

_ASSIGNED = ("layer", "layer_key", "customer_id", "arm", "probability", "salt", "tier", "stage")


def parts(names: Collection[str]) -> Iterator[list[str]]:
    """Names in an order of their own, so many at a time as a query takes."""
    ordered = sorted(names)
    for start in range(0, len(ordered), PART):
        yield ordered[start : start + PART]


def active_versions(connection: Connection, key: str) -> tuple[int, ...]:
    """The versions of a playbook that somebody is in."""
    query = select(enrolment.c.version).where(enrolment.c.playbook == key, enrolment.c.state == "active")
    return tuple(sorted(connection.execute(query.distinct()).scalars()))


def active_in(connection: Connection, playbook: Playbook) -> Active:
    """Everybody who is in one version of a playbook, in the order of their enrolments."""
    column = enrolment.c
    query = (
        select(
            column.id,
            column.customer_id,
            column.occasion,
            column.next_step,
            column.next_due,
            column.orders,
            column.last_order,
            column.entered_on,
        )
        .where(column.playbook == playbook.key, column.version == playbook.version, column.state == "active")
        .order_by(column.id)
    )
    found = [tuple(row) for row in connection.execute(query)]
    columns: Sequence[Sequence[Any]] = list(zip(*found, strict=True)) if found else [()] * 8
    return Active(
        id=np.array(columns[0], dtype=object),
        customer_id=np.array(columns[1], dtype=object),
        occasion=np.array(columns[2], dtype=object),
        next_step=np.array(columns[3], dtype=np.int64),
        due=np.array(columns[4], dtype="datetime64[D]"),
        orders=np.array(columns[5], dtype=np.int64),
        last_order=np.array(columns[6], dtype="datetime64[D]"),
        entered_on=np.array(columns[7], dtype="datetime64[D]"),
    )


def windows_of(connection: Connection, ids: Collection[str]) -> dict[str, tuple[Window, ...]]:
    """The windows of some enrolments."""
    found: dict[str, tuple[Window, ...]] = {}
    for part in parts(ids):
        query = select(enrolment.c.id, enrolment.c.windows).where(enrolment.c.id.in_(part))
        found |= {row.id: windows_from(row.windows) for row in connection.execute(query)}
    return found


def barred(
    connection: Connection, playbook: Playbook, customers: Texts, as_of: date, known_until: date | None = None
) -> set[str]:
    """
    Those of some customers who may not enter a playbook on a day: they are in it, or were too lately.

    So is whoever is one person with somebody who is or was; and who has entered by a move that the last run did not
    know yet, as it may be met once more.

    Args:
        connection: Of any block.
        playbook: To be entered.
        customers: Who would.
        as_of: The last day whose orders are known.
        known_until: The last day that the run before knew; None: nobody enters between two runs.
    """
    column = enrolment.c
    asked = select(column.customer_id).where(column.playbook == playbook.key)
    members = members_of(connection, customers.tolist())
    if playbook.reentry_days is None:
        # Everybody who ever entered may be a large part of the shop; those who would today are few.
        everybody = {each for group in members.values() for each in group}
        entered = {
            customer
            for part in parts(everybody)
            for customer in connection.execute(asked.where(column.customer_id.in_(part))).scalars()
        }
    else:
        latest = as_of - timedelta(days=playbook.reentry_days)
        recent = (column.entered_on > latest) | (column.state == "active")
        if known_until is not None:
            recent |= column.moved_on > known_until
        entered = set(connection.execute(asked.where(recent)).scalars())
    return {customer for customer, group in members.items() if not entered.isdisjoint(group)}


def barred_from(
    connection: Connection, playbook: Playbook, customers: Texts, keys: Texts
) -> set[tuple[str, str]]:
    """
    Those of some customers who have entered a playbook for the same occasion, by customer and key.

    So has whoever is one person with somebody who has.
    """
    column = enrolment.c
    members = members_of(connection, customers.tolist())
    everybody = {each for group in members.values() for each in group}
    entered: set[tuple[str, str]] = set()
    for part in parts(everybody):
        asked = select(column.customer_id, column.occasion).where(
            column.playbook == playbook.key, column.customer_id.in_(part)
        )
        entered.update((customer, occasion) for customer, occasion in connection.execute(asked))
    return {
        (customer, key)
        for customer, key in zip(customers.tolist(), keys.tolist(), strict=True)
        if any((member, key) in entered for member in members[customer])
    }


def entered_on(connection: Connection, key: str, day: date) -> int:
    """How many have entered a playbook on a day."""
    row = enrolment.c
    query = select(func.count()).where(row.playbook == key, row.entered_on == day)
    return int(connection.execute(query).scalar_one())


def store_passed(connection: Connection, passed: Sequence[Passed], run_id: int) -> None:
    """
    Let enrolments go on after their wait.

    Args:
        connection: Of a ``writing`` block.
        passed: Whose wait is over.
        run_id: Of the run.
    """
    rows = []
    for each in passed:
        goes_on = each.next_step < len(each.windows)
        rows.append(
            {
                "which": each.enrolment_id,
                "next_step": each.next_step,
                "next_due": each.windows[each.next_step].due if goes_on else None,
                "windows": windows_document(each.windows),
                "state": "active" if goes_on else "finished",
                "updated_run": run_id,
            }
        )
    _update(connection, rows)


def store_entered(connection: Connection, entered: Sequence[Enrolment], run_id: int) -> int:
    """Store entries; one that is there already stays as it is. How many were new."""
    rows = [
        {
            "id": each.id,
            "playbook": each.playbook,
            "version": each.version,
            "customer_id": each.customer_id,
            "occasion": each.occasion,
            "entered_on": each.entered_on,
            "cause": each.cause,
            "tier": each.tier,
            "stage": each.stage,
            "orders": each.orders,
            "last_order": each.last_order,
            "windows": windows_document(each.windows),
            "next_step": 0,
            "next_due": each.windows[0].due,
            "state": "active",
            "updated_run": run_id,
            "moved_on": each.moved_on,
        }
        for each in entered
    ]
    return insert_new(connection, enrolment, rows)


def store_endings(connection: Connection, endings: Sequence[Ending], as_of: date, run_id: int) -> None:
    """End enrolments early, with the reason."""
    _update(
        connection,
        [
            {
                "which": each.enrolment_id,
                "state": "exited",
                "reason": each.reason.code,
                "params": dict(each.reason.params),
                "next_due": None,
                "ended_on": as_of,
                "updated_run": run_id,
            }
            for each in endings
        ],
    )


def store_steps(connection: Connection, taken: Iterable[Proposal], as_of: date, run_id: int) -> None:
    """Move enrolments behind the steps that were taken or missed; behind the last one they are finished."""
    last: dict[str, Proposal] = {}
    for proposal in sorted(taken, key=lambda each: each.step):
        last[proposal.enrolment_id] = proposal
    _update(
        connection,
        [
            {
                "which": which,
                "next_step": each.step + 1,
                "next_due": each.after.due if each.after else None,
                "state": "active" if each.after else "finished",
                "ended_on": None if each.after else as_of,
                "updated_run": run_id,
            }
            for which, each in last.items()
        ],
    )


def _update(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        which = (enrolment.c.id == bindparam("which")) & (enrolment.c.state == "active")
        values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "which"}
        connection.execute(enrolment.update().where(which).values(values), rows)


def assignments_of(connection: Connection, customers: Collection[str]) -> dict[Place, Assignment]:
    """Every arm that some customers are in already."""
    columns = [assignment.c[name] for name in _ASSIGNED]
    found: dict[Place, Assignment] = {}
    for part in parts(set(customers)):
        query = select(*columns).where(assignment.c.customer_id.in_(part))
        for row in connection.execute(query).mappings():
            stored = Assignment(**row)
            found[stored.place] = stored
    return found


def store_assignments(
    connection: Connection, new: Sequence[Assignment], as_of: date, run_id: int, now: datetime
) -> int:
    """Store arms for good, before anything is sent; one that is there already stays. How many were new."""
    shared = {"as_of": as_of, "run_id": run_id, "assigned_at": now}
    rows = [{"id": each.id, **{name: getattr(each, name) for name in _ASSIGNED}, **shared} for each in new]
    return insert_new(connection, assignment, rows)
