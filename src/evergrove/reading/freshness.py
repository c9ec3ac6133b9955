"""How fresh the data are, and which exchange rates are known: the newest of everything, without reading facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.ingest.events.tables import CONFLICT, EVENT
from evergrove.ingest.facts.imports import imports
from evergrove.ingest.facts.noted import facts_noted
from evergrove.ingest.facts.tables import show_rates
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from sqlalchemy import Connection

    from evergrove.warehouse import Snapshot, Warehouse

MOST_COUNTED = 100_000
"""Events are counted up to here: whoever has more waiting needs no exact number."""


@dataclass(frozen=True)
class Fresh:
    """
    The newest of everything.

    Attributes:
        first_order, last_order: Days of the first and the newest order in any file or event.
        import_seq, imported_at: The newest import.
        as_of, published_at: Day of the newest run, and when it was published.
        imports_since: Imports that the newest run does not know.
        events: Waiting, refused and contradicting ones; at most ``MOST_COUNTED`` of each are counted.
    """

    first_order: date | None
    last_order: date | None
    import_seq: int | None
    imported_at: datetime | None
    as_of: date | None
    published_at: datetime | None
    imports_since: int
    events: Mapping[str, int]


@dataclass(frozen=True)
class Pair:
    """Rates of one currency in another; None: in the workspace's."""

    currency: str
    base: str | None
    days: int
    first_date: date
    last_date: date
    newest_rate: Decimal


def freshness(connection: Connection, warehouse: Warehouse) -> Fresh:
    """The newest of everything."""
    noted, run = facts_noted(warehouse.newest()), warehouse.newest("run")
    newest = connection.execute(
        select(imports.c.seq, imports.c.recorded_at).order_by(imports.c.seq.desc()).limit(1)
    ).one_or_none()
    known = 0 if run is None else int(run.details.get("import_seq", 0))
    since = select(func.count()).select_from(imports).where(imports.c.seq > known)
    return Fresh(
        first_order=noted.first_date,
        last_order=noted.last_date,
        import_seq=newest.seq if newest else None,
        imported_at=newest.recorded_at if newest else None,
        as_of=run.as_of if run else None,
        published_at=run.recorded_at if run else None,
        imports_since=int(connection.execute(since).scalar_one()),
        events=_events(connection),
    )


def _events(connection: Connection) -> dict[str, int]:
    def counted(query: Any) -> int:
        return int(
            connection.execute(
                select(func.count()).select_from(query.limit(MOST_COUNTED).subquery())
            ).scalar_one()
        )

    told = {
        state: counted(select(EVENT.c.seq).where(EVENT.c.state == state)) for state in ("waiting", "refused")
    }
    return told | {"conflict": counted(select(CONFLICT.c.id))}


def pairs(warehouse: Warehouse) -> list[Pair]:
    """Which rates are known, by pair of currencies."""
    seen = warehouse.newest()
    if seen is None or "rates" not in seen.tables:
        return []
    with open_engine() as engine:
        show_rates(engine, warehouse, seen)
        rows = engine.run(
            "select currency, base, count(*), min(day), max(day), arg_max(rate, day) from rates"
            " group by currency, base order by currency, base"
        )
    return [Pair(*row) for row in rows]


def waiting_then(run: Snapshot | None) -> Sequence[Mapping[str, Any]]:
    """What waited for a rate when the newest run was made, as it was noted."""
    return () if run is None else tuple(run.details.get("waiting", ()))
