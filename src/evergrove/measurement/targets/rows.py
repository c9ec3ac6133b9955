"""Months as rows of the ledger: what a night counted is read back, and kept when its run no longer is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.ledger import upsert
from evergrove.measurement.tables import target_month
from evergrove.measurement.targets.kept import month_document, month_of
from evergrove.measurement.targets.rules import NOT_COUNTED_THEN
from evergrove.measurement.targets.types import Month, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.measurement.targets.types import Asked


def keep_month(
    connection: Connection, month: Month, own: Mapping[str, Asked], lineage: Mapping[str, Any], now: datetime
) -> None:
    """
    Keep a month, in the place of what was kept of it before.

    Args:
        connection: Of a ``writing`` block.
        month: With all its readings.
        own: What the shop's own targets asked, by key.
        lineage: What it rests on; ``snapshot`` is the run whose states these are.
        now: When.
    """
    row = {
        "month": month.month,
        "as_of": month.as_of,
        "run_id": lineage["snapshot"],
        "document": month_document(month, _asks(own), lineage),
        "recorded_at": now,
    }
    upsert(connection, target_month, [row], ("month",))


def kept_months(
    connection: Connection, until: date | None, own: Mapping[str, Asked], *, most: int
) -> Sequence[Month]:
    """
    Months that are kept, the newest first.

    Args:
        connection: Of the ledger.
        until: The first day of the last of them; None: no matter.
        own: What the shop's own targets ask today, by key.
        most: How many.

    Raises:
        UnknownMonth: One was kept by a later release.
    """
    query = select(target_month.c.document).order_by(target_month.c.month.desc()).limit(most)
    if until is not None:
        query = query.where(target_month.c.month <= until)
    return [_told(document, _asks(own)) for document in connection.execute(query).scalars()]


def runs_of_months(connection: Connection) -> dict[date, int]:
    """By which run each month that is kept was counted."""
    rows = connection.execute(select(target_month.c.month, target_month.c.run_id))
    return {row.month: row.run_id for row in rows}


def _told(document: Mapping[str, Any], asks: Mapping[str, Any]) -> Month:
    """A month, with a reason in place of each of the shop's own readings that answers another question than today's."""
    found, then = month_of(document), document["asks"]
    missing = {
        key: Reading(key, found.month, found.as_of, 0, reason=NOT_COUNTED_THEN)
        for key, asked in asks.items()
        if then.get(key) != asked or key not in found.readings
    }
    return replace(found, readings={**found.readings, **missing})


def _asks(own: Mapping[str, Asked]) -> dict[str, Any]:
    """What the shop's own targets ask, as a document keeps it."""
    told: dict[str, Any] = json.loads(json.dumps({key: asked.as_json() for key, asked in own.items()}))
    return told
