"""``/v1/runs``: the nights that were computed, what they went by, and new ones."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path
from pydantic import Field

from evergrove.api.values import Day, plain
from evergrove.app.asked import start
from evergrove.app.looking_back import REPLAY
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.reading import run_at, runs_page
from evergrove.reading.runs import RunLine

routes = Routes("/runs", tag="runs")

Snapshot = Annotated[int, Path(ge=1, le=2**53, description="Number of the run's snapshot.")]
NIGHT = "night"


class Run(Answer):
    """A run that is kept."""

    snapshot: int
    run: int = Field(description="Counts up from 1.")
    as_of: date = Field(description="The last day whose orders count.")
    published_at: Moment
    newest_import: int = Field(description="Number of the newest import that it knew.")
    models: int = Field(description="Number of its models' document; runs between two fits share it.")
    basis: str = Field(description="Digest of all that it depended on.")
    flaps: dict[str, Any] = Field(
        description="Moves between tiers, and how many went back; empty in the first run."
    )


class RunRead(Run):
    """One run, and what it went by."""

    tables: dict[str, int] = Field(description="Rows by table.")
    digests: dict[str, str] = Field(description="By table: a replay must come to the same.")
    placement: dict[str, Any] = Field(description="Policy and yardsticks by which customers were placed.")
    model_document: dict[str, Any] = Field(description="Parameters, to the last digit.")
    fitted_at: Moment | None


class NewRun(Body):
    """A run to be made."""

    as_of: Day | None = Field(default=None, description="The last day whose orders count; null: yesterday.")


class PastDay(Body):
    """A day to be computed anew."""

    as_of: Day = Field(examples=["2026-03-31"])


class Queued(Answer):
    """Work that the next free worker does."""

    job: int = Field(description="/v1/jobs/{number} tells how it goes.")


@routes.get("", right="figures.read")
def runs(call: ThisCall, page: ThisPage) -> Page[Run]:
    """Runs that are kept, the newest first."""
    before = None if page.after is None else int(page.after[0])
    with call.here.ledger.reading() as connection:
        found, last = runs_page(connection, limit=page.limit, before=before)
    items = [Run(**_fields(each)) for each in found]
    return Page(items=items, next_cursor=page.next(None if last is None else (last,)))


@routes.post("", right="runs.start", status_code=202)
def begin(call: ThisCall, day: NewRun) -> Queued:
    """Value everybody as of a day, as a job: scores, tiers, stages, moves, and whom to write to."""
    params = {"as_of": day.as_of.isoformat()} if day.as_of else {}
    return Queued(job=start(call.here, NIGHT, params))


@routes.post("/replay", right="runs.start", status_code=202)
def replay(call: ThisCall, day: PastDay) -> Queued:
    """Compute a past day anew from what was known then, as a job, and compare it with what was published."""
    return Queued(job=start(call.here, REPLAY, {"as_of": day.as_of.isoformat()}))


@routes.get("/{snapshot:int}", right="figures.read")
def run(call: ThisCall, snapshot: Snapshot) -> RunRead:
    """One run: tables, digests, policy and models."""
    with call.here.ledger.reading() as connection:
        found = run_at(connection, snapshot)
    return RunRead(
        **_fields(found.line),
        tables=dict(found.tables),
        digests=dict(found.digests),
        placement=plain(dict(found.placement)),
        model_document=plain(dict(found.models)),
        fitted_at=found.fitted_at,
    )


def _fields(line: RunLine) -> dict[str, Any]:
    return {
        "snapshot": line.id,
        "run": line.run_seq,
        "as_of": line.as_of,
        "published_at": line.recorded_at,
        "newest_import": line.import_seq,
        "models": line.model_run,
        "basis": line.basis,
        "flaps": plain(dict(line.flaps)),
    }
