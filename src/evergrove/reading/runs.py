"""Runs as they are kept: their days, what they went by, what they came to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.core import stable_id
from evergrove.pipeline.tables import model_run
from evergrove.reading.errors import UnknownRun
from evergrove.warehouse.records import snapshot_at
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from evergrove.warehouse import Snapshot


@dataclass(frozen=True)
class RunLine:
    """
    A run in a list.

    Attributes:
        id: Of its snapshot.
        as_of: The last day whose orders count.
        recorded_at: When it was published.
        run_seq: Counts up from 1.
        import_seq: The newest import that it knew.
        model_run: Under which number its models stand.
        basis: A digest of all that it depended on, settings among them: runs of a day with equal ones are the same run.
        flaps: Moves between tiers, and how many of them went back; empty in the first run.
    """

    id: int
    as_of: date
    recorded_at: datetime
    run_seq: int
    import_seq: int
    model_run: int
    basis: str
    flaps: Mapping[str, Any]


@dataclass(frozen=True)
class RunFound:
    """
    One run.

    Attributes:
        line: As in a list.
        tables: Table to rows.
        digests: Table to the digest of what it says: a replay must come to the same.
        placement: Policy and yardsticks by which customers were placed.
        models: The document of its models.
        fitted_at: When these were fitted.
        details: What else it noted.
    """

    line: RunLine
    tables: Mapping[str, int]
    digests: Mapping[str, str]
    placement: Mapping[str, Any]
    models: Mapping[str, Any]
    fitted_at: datetime | None
    details: Mapping[str, Any]


_SHOWN = (
    "digests",
    "placement",
    "run_seq",
    "import_seq",
    "model_run",
    "flaps",
    "warnings",
    "format",
    "basis",
)


def runs_page(
    connection: Connection, *, limit: int = 50, before: int | None = None
) -> tuple[Sequence[RunLine], int | None]:
    """Runs that are kept, the newest first; and where the page ends, if there are more."""
    row = snapshot.c
    query = select(snapshot).where(row.kind == "run", row.retired_at.is_(None))
    if before is not None:
        query = query.where(row.id < before)
    rows = connection.execute(query.order_by(row.id.desc()).limit(limit + 1)).all()
    return [_line(each) for each in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None


def run_at(connection: Connection, run_id: int) -> RunFound:
    """
    One run by the number of its snapshot.

    Raises:
        UnknownRun: There is none of that number.
    """
    found = snapshot_at(connection, run_id)
    if found is None or found.kind != "run":
        raise UnknownRun(run=run_id)
    stored = connection.execute(
        select(model_run).where(model_run.c.id == found.details["model_run"])
    ).one_or_none()
    return RunFound(
        _line(found),
        {name: made.rows for name, made in sorted(found.tables.items())},
        found.details["digests"],
        found.details["placement"],
        {} if stored is None else stored.document,
        None if stored is None else stored.fitted_at,
        {name: value for name, value in found.details.items() if name not in _SHOWN},
    )


def _line(row: Row[Any] | Snapshot) -> RunLine:
    details: Mapping[str, Any] = row.details
    assert row.as_of is not None  # noqa: S101 - runs have a day
    return RunLine(
        row.id,
        row.as_of,
        row.recorded_at,
        details["run_seq"],
        details["import_seq"],
        details["model_run"],
        stable_id("basis", json.dumps(details.get("basis"), sort_keys=True)),
        details.get("flaps", {}),
    )
