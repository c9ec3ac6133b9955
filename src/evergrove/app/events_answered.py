"""Work on playbooks, as jobs: tried on the past, and what events start and end between two runs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove import audit, live
from evergrove.pipeline import outreach
from evergrove.pipeline.moved_since import Move

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from evergrove.app.workspace import Workspace
    from evergrove.jobs import Task

TRY, OUTREACH = "try", "outreach"
"""Kinds of jobs."""


def try_as_asked(here: Workspace, task: Task) -> dict[str, Any]:
    """Try a playbook on the nights that were published; what it came to is kept with the playbook."""
    asked = task.hold.params
    since, until = (
        date.fromisoformat(asked[name]) if asked.get(name) else None for name in ("since", "until")
    )
    tried = here.try_playbook(asked["key"], since, until, task.stage)
    return {"key": asked["key"], "nights": tried.nights, "people": tried.people, "cost": str(tried.cost)}


def answer_events(here: Workspace, _task: Task) -> dict[str, Any]:
    """Let events start and end what they are to, under the lock of a run."""
    found = take_events(here)
    queued = 0 if found.written is None else found.written.queued
    return {"entered": found.entered, "ended": found.ended, "queued": queued}


def take_events(here: Workspace) -> outreach.Started:
    """
    Let events and moves since the last run start and end in playbooks what they are to start and end.

    Raises:
        InUse: Another process changes facts or results.
    """
    with here.alone():
        found = outreach.answer_events(here, LiveNews())
    if found.entered or found.ended:
        with here.ledger.writing() as connection:
            about = {"entered": found.entered, "ended": found.ended}
            audit.note(
                connection, "campaigns.events_answered", here.by, "workspace", about, at=here.clock.now()
            )
    return found


class LiveNews:
    """What live value has heard since the last run."""

    def standing(self, connection: Connection, people: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """As ``News`` says."""
        rows = live.rows(connection, people)
        return {person: {**row.scores, **row.tiers} for person, row in rows.items()}

    def moves(self, connection: Connection, run_id: int) -> tuple[Move, ...]:
        """As ``News`` says."""
        return tuple(
            Move(each.customer_id, each.axis, each.before or "", each.after or "", each.cause, on)
            for each, on in live.moved_since(connection, run_id)
        )
