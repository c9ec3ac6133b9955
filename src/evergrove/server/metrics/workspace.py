"""What the ledger knows of the whole workspace, at the moment in which somebody asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.audit.tables import AUDIT
from evergrove.ingest.events.tables import DIRTY, EVENT
from evergrove.jobs.tables import JOB
from evergrove.ledger.figures import read_figures
from evergrove.outbox.tables import OUTBOX
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from evergrove.ledger import Ledger
    from evergrove.ledger.figures import Figures

OPEN_JOBS = ("queued", "running", "dead")
OPEN_MESSAGES = ("queued", "claimed", "attempting", "unknown")
"""Settled ones are too many to be counted at each look, and the figures of playbooks tell of them."""


def workspace_figures(ledger: Ledger, now: datetime) -> Figures:
    """
    Figures of the workspace: those read from its rows, and those that its other processes have added up.

    All from one view of the ledger; each question is answered from an index or a few rows.
    """
    with ledger.reading() as connection:
        return read_figures(connection) | dict(_read(connection, now))


def labelled(**labels: str) -> str:
    """Labels as a figure's row has them."""
    return json.dumps(labels, sort_keys=True)


def _read(connection: Connection, now: datetime) -> Iterator[tuple[tuple[str, str], float]]:
    for kind, state, count in _grouped(connection, select(JOB.c.kind, JOB.c.state), OPEN_JOBS):
        yield ("evergrove_jobs", labelled(kind=kind, state=state)), count
    for state, count in _grouped(connection, select(OUTBOX.c.state), OPEN_MESSAGES):
        yield ("evergrove_outbox", labelled(state=state)), count
    single = {
        "evergrove_events_waiting": select(func.count()).where(EVENT.c.state == "waiting"),
        "evergrove_dirty_customers": select(func.count()).select_from(DIRTY),
        "evergrove_audit_unsealed": select(func.count()).where(AUDIT.c.seq.is_(None)),
    }
    for name, asked in single.items():
        yield (name, "{}"), float(connection.execute(asked).scalar_one())
    due = select(func.min(JOB.c.not_before)).where(JOB.c.state == "queued", JOB.c.not_before <= now)
    newest = select(func.max(snapshot.c.recorded_at)).where(
        snapshot.c.kind == "run", snapshot.c.retired_at.is_(None)
    )
    ages = {
        "evergrove_jobs_waiting_seconds": (due, 0.0),
        "evergrove_live_lag_seconds": (_oldest_unseen(), 0.0),
        "evergrove_snapshot_age_seconds": (newest, float("nan")),
    }
    for name, (moment, otherwise) in ages.items():
        since = connection.execute(moment).scalar()
        yield (name, "{}"), otherwise if since is None else max((now - since).total_seconds(), 0.0)


def _grouped(connection: Connection, columns: Select[Any], states: tuple[str, ...]) -> list[tuple[Any, ...]]:
    state = columns.selected_columns["state"]
    asked = columns.add_columns(func.count()).where(state.in_(states)).group_by(*columns.selected_columns)
    return [tuple(row) for row in connection.execute(asked)]


def _oldest_unseen() -> Select[tuple[datetime]]:
    """Of the customers with a mark, the newest event each; of these the oldest."""
    newest = (
        select(func.max(EVENT.c.received_at).label("at"))
        .join(DIRTY, DIRTY.c.customer_id == EVENT.c.customer_id)
        .where(EVENT.c.state == "waiting")
        .group_by(DIRTY.c.customer_id)
        .subquery()
    )
    return select(func.min(newest.c.at))
